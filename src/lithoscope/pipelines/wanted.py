"""Which missing answers matter most: how much knowing each could narrow the classes of many sites at once.

For every input that the headline methods ask for, each plausible answer (data/reference/input_ranges.csv) is
put into the gaps in turn; the gain is the widest narrowing, as a share of the method's full range.
"""

import numpy as np
import pandas as pd

from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.domain.inputs import Inputs
from lithoscope.methods import catalogue
from lithoscope.methods.toxicity import ASSAYS
from lithoscope.pipelines.explain import plausible_answers

HEADLINE: dict[Layer, tuple[str, ...]] = {
    "facilities": ("toxicity_class", "gistm_par_class", "tri_uba2020"),
    "mines": ("toxicity_class", "eu_preselection_2011"),
}
"""Methods whose classes filters and maps show; the others would count the same gap again."""
SAMPLE = 2000
SEED = 20190405
"""Of more sites than SAMPLE, so many are drawn with this seed: the ranking of inputs needs no more."""


def wanted(sites: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Inputs by what knowing them would gain, the most first.

    sites: one row per site. Returns columns field, label, unit, lacking (sites without it), gain (sum over
    sites and headline methods of the share of the full range that the best answer would take away; of a
    sample, scaled up) and empty if nothing is lacking.
    """
    scale = 1.0
    if len(sites) > SAMPLE:
        scale = len(sites) / SAMPLE
        sites = sites.sample(SAMPLE, random_state=SEED)
    inputs = Inputs(sites)
    methods = [catalogue.method(method_id) for method_id in HEADLINE.get(layer, ())]
    gains: dict[str, float] = {}
    lacking: dict[str, int] = {}
    for method in methods:
        before = method.assess(inputs).width()
        for name in method.asked:
            if layer not in fields.field(name).layers:
                continue
            gap = ~inputs.known(name)
            lacking[name] = round(float(gap.sum()) * scale)
            gain = np.zeros(len(sites))
            for answer in plausible_answers(name) if (gap & (before > 0)).any() else []:
                gain = np.maximum(gain, before - method.assess(inputs.filled(name, answer)).width())
            gains[name] = gains.get(name, 0.0) + float(gain[gap].sum()) / method.full_width * scale
    rows = [
        {
            "field": name,
            "label": fields.field(name).label,
            "unit": fields.field(name).unit,
            "lacking": lacking[name],
            "gain": round(gain, 3),
        }
        for name, gain in gains.items()
        if gain > 1e-9
    ]
    table = pd.DataFrame(rows, columns=["field", "label", "unit", "lacking", "gain"])
    return table.sort_values(["gain", "field"], ascending=[False, True], ignore_index=True)


def most_wanted(sites: pd.DataFrame, layer: Layer, count: int) -> list[str]:
    """The inputs wanted most, at most `count`; of the metals only the first (see `once_per_assay`)."""
    return [str(name) for name in once_per_assay(wanted(sites, layer))["field"]][:count]


def once_per_assay(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `wanted` with the first metal only, since one assay answers them all."""
    is_metal = table["field"].isin(ASSAYS)
    return table[~(is_metal & (is_metal.cumsum() > 1))].reset_index(drop=True)
