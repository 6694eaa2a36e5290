"""Assesses a register of sites with every method of its layer.

Headline results become columns of the sites, for filters and maps; all results go into one wide, compact
table of the release (`facilities_classes`, `mines_classes`): per method `ID.best`, `.low`, `.high`,
`.evidence`, `.flag` (bits of `domain.method.FLAGS`) and `.missing` (bits of the method's inputs).
"""

from typing import TypeVar, cast

import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import Inputs
from lithoscope.domain.method import Assessment
from lithoscope.methods import catalogue

Table = TypeVar("Table", bound=pd.DataFrame)

ASSESSED: tuple[str, ...] = (
    "toxicity_class", "toxicity_class_low", "toxicity_class_high", "toxicity_evidence",
    "consequence_at_least", "thi_low", "thi_high", "tri_low", "tri_high", "preselection",
    "priority_low", "priority_high", "disclosure_share",
)  # fmt: skip
"""Columns of a site that this pipeline writes; a source's own values in them would be overwritten."""


HEADLINE = (
    *("toxicity_class", "gistm_consequence", "thi_uba2020", "tri_uba2020", "eu_preselection_2011"),
    *("screening_priority", "screening_priority_mines", "disclosure_20_questions"),
)
"""Methods whose results are columns of the sites."""


def assess_sites(sites: Table, layer: Layer) -> tuple[Table, pd.DataFrame]:
    """The sites with their class columns filled, and the results of every method of the layer.

    sites: one row per site with columns of `domain/fields.py`; not changed. Returns the same rows in the
    same order with the columns ASSESSED that the layer has, and a table with `site_id` and the results.
    """
    inputs = Inputs(sites)
    headline: dict[str, pd.Series] = {}
    results: list[pd.DataFrame] = []
    for method in catalogue.of_layer(layer):
        assessment = method.assess(inputs)
        headline |= _headline(assessment)
        results.append(assessment.frame())
    known = {each.name for each in fields.of_layer(layer)}
    columns = {
        name: column.astype(fields.dtype_of(name)) for name, column in headline.items() if name in known
    }
    table = pd.concat(results, axis=1) if results else pd.DataFrame(index=sites.index)
    if "site_id" in sites.columns:
        table.insert(0, "site_id", sites["site_id"].to_numpy())
    return cast(Table, sites.assign(**columns)), table


def methods_table() -> pd.DataFrame:
    """Every method as it was applied: id, title, version, citation, formula, unit, layers, inputs, note.

    Written into each release, so that a result in a table or export can be followed to its source.
    """
    rows = [
        {
            "method": each.id,
            "title": each.title,
            "version": each.version,
            "citation": each.citation,
            "formula": each.formula,
            "unit": each.unit,
            "is_published": each.is_published,
            "layers": "; ".join(each.layers),
            "inputs": "; ".join(each.asked),
            "stand_ins": "; ".join(each.stand_ins),
            "tables": "; ".join(each.tables),
            "note": each.note,
        }
        for each in catalogue.all_methods()
    ]
    return pd.DataFrame(rows)


def _headline(assessment: Assessment) -> dict[str, pd.Series]:
    """What one method contributes to the columns of the sites."""
    match assessment.method.id:
        case "toxicity_class":
            return {
                "toxicity_class": assessment.best,
                "toxicity_class_low": assessment.low,
                "toxicity_class_high": assessment.high,
                "toxicity_evidence": assessment.evidence.astype("str"),
            }
        case "gistm_consequence":
            is_trivial = assessment.width() == assessment.method.full_width
            return {"consequence_at_least": assessment.low.mask(is_trivial)}
        case "thi_uba2020":
            return {"thi_low": assessment.low, "thi_high": assessment.high}
        case "tri_uba2020":
            return {"tri_low": assessment.low, "tri_high": assessment.high}
        case "eu_preselection_2011":
            words = np.array(["not needed", "possible", "certain", None], dtype=object)
            step = np.where(
                np.isnan(assessment.low_values), 3, assessment.low_values + assessment.high_values
            )
            return {"preselection": pd.Series(words[step.astype(int)], index=assessment.index)}
        case "screening_priority" | "screening_priority_mines":
            return {"priority_low": assessment.low, "priority_high": assessment.high}
        case "disclosure_20_questions":
            return {"disclosure_share": assessment.best}
        case _:
            return {}
