"""Which missing answers matter most: how much knowing each could narrow the classes of many sites at once.

For every input that the headline methods ask for, each plausible answer (data/reference/input_ranges.csv) is
put into the gaps in turn; the gain is the widest narrowing, as a share of the method's full range.
"""

from collections.abc import Mapping
from typing import Any

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
AT_ONCE = 40_000
"""Sites of several groups that are asked about together, so that many small groups cost little."""


def wanted(sites: pd.DataFrame, layer: Layer) -> pd.DataFrame:
    """Inputs by what knowing them would gain, the most first.

    sites: one row per site. Returns columns field, label, unit, lacking (sites without it), gain (sum over
    sites and headline methods of the share of the full range that the best answer would take away; of a
    sample, scaled up) and empty if nothing is lacking.
    """
    return next(iter(wanted_by(sites, layer, pd.Series(0, index=sites.index)).values()), _table([], {}))


def wanted_by(sites: pd.DataFrame, layer: Layer, group: pd.Series) -> dict[Any, pd.DataFrame]:
    """`wanted` of the sites of each group. group: on the index of the sites; missing is no group."""
    found: dict[Any, pd.DataFrame] = {}
    waiting: dict[Any, tuple[np.ndarray, float]] = {}
    for name, rows in pd.Series(np.arange(len(sites))).groupby(group.to_numpy()):
        drawn = rows.sample(SAMPLE, random_state=SEED) if len(rows) > SAMPLE else rows
        waiting[name] = (drawn.to_numpy(), len(rows) / len(drawn))
        if sum(len(each) for each, _ in waiting.values()) >= AT_ONCE:
            found |= _asked(sites, layer, waiting)
            waiting = {}
    return found | _asked(sites, layer, waiting)


def _asked(
    sites: pd.DataFrame, layer: Layer, groups: Mapping[Any, tuple[np.ndarray, float]]
) -> dict[Any, pd.DataFrame]:
    """The table of each group. groups: name -> positions of its sites, and how many sites each stands for."""
    if not groups:
        return {}
    ends = np.cumsum([len(rows) for rows, _ in groups.values()])
    runs = [slice(end - len(rows), end) for end, (rows, _) in zip(ends, groups.values(), strict=True)]
    inputs = Inputs(sites.iloc[np.concatenate([rows for rows, _ in groups.values()])])
    gains: list[dict[str, float]] = [{} for _ in runs]
    lacking: list[dict[str, int]] = [{} for _ in runs]
    for method in (catalogue.method(method_id) for method_id in HEADLINE.get(layer, ())):
        before = method.assess(inputs).width()
        for name in method.asked:
            if layer not in fields.field(name).layers:
                continue
            gap = ~inputs.known(name)
            gain = np.zeros(len(gap))
            for answer in plausible_answers(name) if (gap & (before > 0)).any() else []:
                gain = np.maximum(gain, before - method.assess(inputs.filled(name, answer)).width())
            for place, (run, (_, scale)) in enumerate(zip(runs, groups.values(), strict=True)):
                lacking[place][name] = round(float(gap[run].sum()) * scale)
                more = float(gain[run][gap[run]].sum()) / method.full_width * scale
                gains[place][name] = gains[place].get(name, 0.0) + more
    return {
        group: _table(list(gained.items()), lacked)
        for group, gained, lacked in zip(groups, gains, lacking, strict=True)
    }


def _table(gains: list[tuple[str, float]], lacking: Mapping[str, int]) -> pd.DataFrame:
    rows = [
        (name, fields.field(name).label, fields.field(name).unit, lacking[name], round(gain, 3))
        for name, gain in gains
        if gain > 1e-9
    ]
    table = pd.DataFrame(rows, columns=["field", "label", "unit", "lacking", "gain"])
    return table.sort_values(["gain", "field"], ascending=[False, True], ignore_index=True)


def first_of(table: pd.DataFrame, count: int) -> list[str]:
    """The first inputs of a table of `wanted`; of the metals only the first (see `once_per_assay`)."""
    return [str(name) for name in once_per_assay(table)["field"]][:count]


def once_per_assay(table: pd.DataFrame) -> pd.DataFrame:
    """The table of `wanted` with the first metal only, since one assay answers them all."""
    is_metal = table["field"].isin(ASSAYS)
    return table[~(is_metal & (is_metal.cumsum() > 1))].reset_index(drop=True)
