"""Ordered classes of published indices other than consequence and toxicity, from mild to grave."""

from lithoscope.domain.scales import Level, Scale

_RAMP = ("#d9cf6b", "#9cc069", "#4aa186", "#2b6f93", "#3d4f88", "#352c6e", "#1f1547")
"""Light to dark, colour-blind safe: the ramp of the toxicity scale, drawn out to seven."""
_STEPS = {2: (0, 5), 3: (0, 2, 5), 4: (0, 2, 3, 5), 5: (0, 1, 2, 3, 5), 6: (0, 1, 2, 3, 4, 5), 7: range(7)}


def _scale(name: str, *levels: tuple[str, str]) -> Scale:
    colours = [_RAMP[step] for step in _STEPS[len(levels)]]
    return Scale(
        name, tuple(Level(code, label, colour) for (code, label), colour in zip(levels, colours, strict=True))
    )


ACID = _scale(
    "acid generation",
    ("naf", "Non-acid forming"),
    ("uncertain", "Uncertain"),
    ("paf", "Potentially acid forming"),
)
ACID_PRICE = _scale(
    "acid generation, four steps",
    ("none", "None"),
    ("low", "Low"),
    ("possible", "Possible"),
    ("likely", "Likely"),
)
INERT = _scale("inert by sulphur", ("met", "Criterion met"), ("not_met", "Criterion not met"))
CONTAMINATION = _scale(
    "contamination factor",
    ("low", "Low"),
    ("moderate", "Moderate"),
    ("considerable", "Considerable"),
    ("very_high", "Very high"),
)
POLLUTION = _scale("pollution load", ("not_polluted", "Not polluted"), ("polluted", "Polluted"))
IGEO = _scale("geoaccumulation", *((f"class_{step}", f"Class {step}") for step in range(7)))
ECOLOGICAL_FACTOR = _scale(
    "ecological risk factor",
    ("low", "Low"),
    ("moderate", "Moderate"),
    ("considerable", "Considerable"),
    ("high", "High"),
    ("very_high", "Very high"),
)
ECOLOGICAL_INDEX = _scale(
    "ecological risk index",
    ("low", "Low"),
    ("moderate", "Moderate"),
    ("considerable", "Considerable"),
    ("very_high", "Very high"),
)
SOIL_STEPS = _scale(
    "soil screening, three steps",
    ("below_threshold", "Below the threshold value"),
    ("above_threshold", "Above the threshold value"),
    ("above_lower", "Above the lower guideline value"),
    ("above_upper", "Above the upper guideline value"),
)
SCREENING = _scale(
    "screening value", ("below", "Below the screening value"), ("above", "Above the screening value")
)
LIMIT = _scale("limit", ("within", "Within the limit"), ("above", "Above the limit"))
MERCURY_WASTE = _scale(
    "mercury waste", ("outside", "Outside the threshold"), ("mercury_waste", "Mercury waste")
)
WATER_HAZARD = _scale(
    "water hazard class",
    ("whc_0", "Not hazardous to water"),
    ("whc_1", "Class 1, slightly hazardous"),
    ("whc_2", "Class 2, hazardous"),
    ("whc_3", "Class 3, severely hazardous"),
)
CATEGORY_A = _scale("category A", ("not_a", "Not category A"), ("a", "Category A"))
EXAMINE = _scale(
    "pre-selection", ("no_examination", "No further examination"), ("examine", "Examine further")
)
SIZE_GRADE = _scale(
    "size grade",
    ("grade_5", "Grade V"),
    ("grade_4", "Grade IV"),
    ("grade_3", "Grade III"),
    ("grade_2", "Grade II"),
    ("grade_1", "Grade I"),
)

INDEX_SCALES = {
    scale.name: scale
    for scale in (
        ACID, ACID_PRICE, INERT, CONTAMINATION, POLLUTION, IGEO, ECOLOGICAL_FACTOR, ECOLOGICAL_INDEX,
        SOIL_STEPS, SCREENING, LIMIT, MERCURY_WASTE, WATER_HAZARD, CATEGORY_A, EXAMINE, SIZE_GRADE,
    )
}  # fmt: skip
