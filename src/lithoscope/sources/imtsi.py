"""World: answers to the 20 questions of the Investor Mining and Tailings Safety Initiative (2019).

Read from the published questions alone: no file was at hand. Companies type the headings in many ways,
short, numbered or misspelled (`current_maximum`, `9. Current tailings`, `longditude`), and volumes in m3 or
million m3. One answer often holds two: question 17 the date of the analysis, question 18 the closure plan
and the long-term monitoring, question 15 its story. The labels of hazard come from hundreds of schemes:
label and scheme are kept, and mapped later only where a crosswalk exists.
"""

import re
from pathlib import Path

import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_
from lithoscope.sources import disclosures, files, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.mapping import Mapping

RECORD = SourceRecord(
    source_id="imtsi",
    title="World: disclosures to the Investor Mining and Tailings Safety Initiative",
    producer="the companies that answered; Church of England Pensions Board, Swedish AP funds",
    citation="Investor Mining and Tailings Safety Initiative (2019): disclosure of tailings facilities",
    licence=N_("as stated by each company"),
    evidence="disclosed",
    as_of="2019",
)
HEADINGS = {
    "Tailings dam name/identifier": "name",
    "Tailings Dam Name/Identifier": "name",
    "Ownership": "ownership",
    "Status": "status_raw",
    "Date of initial operation": "year_start",
    "current_maximum": "dam_height_m",
    "current_tailings": "stored_volume_m3",
    "planned_tailings": "planned_volume_m3",
    "hazard": "consequence_class_raw",
    "guideline": "classification_system",
    "stability": "has_stability_concern",
    "closure": "has_closure_plan",
    "climate": "has_climate_assessment",
    "records": "has_engineering_records",
    "independent_review": "review_date",
    "raising": "raising_method_raw",
}
NEEDED = (
    *("dam_height_m", "stored_volume_m3", "raising_method_raw", "consequence_class_raw", "review_date"),
    *("has_engineering_records", "has_stability_concern", "planned_volume_m3"),
)
PHRASES = (
    ("approved design", "is_built_as_designed"),
    ("initial operation", "year_start"),
    ("5 years", "planned_volume_m3"),
    ("five years", "planned_volume_m3"),
    ("current maximum", "dam_height_m"),
    ("current tailings", "stored_volume_m3"),
    ("expert review", "review_date"),
    ("engineering records", "has_engineering_records"),
    ("hazard categori", "consequence_class_raw"),
    ("guideline", "classification_system"),
    ("certified as stable", "has_stability_concern"),
    ("stability concerns", "has_stability_concern"),
    ("specialist oversight", "oversight"),
    ("engineering support", "oversight"),
    ("downstream impact", "has_impact_analysis"),
    ("assessment take place", "impact_analysis_date"),
    ("closure plan", "has_closure_plan"),
    ("long term monitoring", "has_long_term_monitoring"),
    ("extreme weather", "has_climate_assessment"),
    ("climate change", "has_climate_assessment"),
    ("relevant information", "remarks"),
)
"""Words of the questions -> field, for headings that write a question out in words of their own."""
_PART_B = re.compile(r"\b(?:b\s*[).:]|and|y|et|e|/|;|,)\s*(yes|no|si|sim|nao|oui|non)\b")


def read(path: Path, *, progress: files.Progress | None = None) -> Reading | list[Reading]:
    """Every facility of a form, CSV or XLSX; one reading for each file of a folder."""
    return disclosures.read(
        path, RECORD, HEADINGS, phrases=PHRASES, needed=NEEDED, finish=_Split(), progress=progress
    )


class _Split(disclosures.Finish):
    """Takes the second answer out of cells that hold two."""

    def __call__(
        self, records: pd.DataFrame, frame: pd.DataFrame, plan: Mapping, notes: Notes
    ) -> pd.DataFrame:
        def cells(field: str) -> pd.Series | None:
            return frame[plan.fields[field].column] if field in plan.fields else None

        stability, impact, closure = map(
            cells, ("has_stability_concern", "has_impact_analysis", "has_closure_plan")
        )
        if stability is not None and "stability_note" not in records:
            records["stability_note"] = values.by_distinct(stability, _story).astype("str")
        if impact is not None and "impact_analysis_date" not in records:
            records["impact_analysis_date"] = values.by_distinct(impact, _date).astype("str")
        if closure is not None and "has_long_term_monitoring" not in records:
            records["has_long_term_monitoring"] = values.by_distinct(closure, _second).astype("boolean")
        return records


def _story(text: str) -> str | None:
    """The answer itself where it is more than yes or no."""
    return " ".join(text.split()) if len(text.split()) > 1 else None


def _date(text: str) -> str | None:
    """The date that stands in an answer such as `Yes, 2018` or `Yes - 12/03/2018`."""
    for part in re.findall(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}|\d{4}-\d{2}-\d{2}", text):
        if (found := values.parse_date(part, "dmy")) is not None:
            return found
    year = values.parse_year(text)
    return str(year) if year is not None and 1500 <= year < 2100 else None


def _second(text: str) -> bool | None:
    """The second yes or no of an answer such as `a) Yes b) No` or `Yes and yes`."""
    found = _PART_B.search(values.fold(text))
    return None if found is None else values.parse_boolean(found[1])
