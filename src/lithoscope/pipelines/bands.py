"""Bands of numbers and words by which a map is coloured: for showing, not classes of the published methods.

A band never hides what is open: THI and TRI are shown at their worst (unknown components at their gravest),
screening priority at its least (what is certain).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from lithoscope.domain.scales import CONSEQUENCE, UNRATED, Level
from lithoscope.domain.text import N_

_RAMP = ("#d9cf6b", "#9cc069", "#4aa186", "#2b6f93", "#352c6e")


@dataclass(frozen=True)
class Bands:
    """Ascending limits of a field and their levels; a value equal to a limit belongs to the band above it.

    Without limits the levels' codes are the field's own words.
    """

    field: str
    label: str
    limits: tuple[float, ...]
    levels: tuple[Level, ...]

    def codes(self, frame: pd.DataFrame) -> npt.NDArray[np.int16]:
        """Position of each row's band, -1 where the field is missing or not in the frame."""
        if self.field not in frame.columns:
            return np.full(len(frame), -1, np.int16)
        if not self.limits:
            names = [level.code for level in self.levels]
            return np.asarray(pd.Categorical(frame[self.field], categories=names).codes, np.int16)
        values = frame[self.field].to_numpy("float64", na_value=np.nan)
        found = np.searchsorted(np.array(self.limits), values, side="right")
        return np.where(np.isnan(values), -1, found).astype(np.int16)

    def count(self, frame: pd.DataFrame) -> dict[str, int]:
        """Rows of each band that occurs, from low to grave; unrated last."""
        codes = self.codes(frame)
        found = {level.code: int((codes == position).sum()) for position, level in enumerate(self.levels)}
        return {code: n for code, n in found.items() if n} | (
            {UNRATED: int((codes < 0).sum())} if (codes < 0).any() else {}
        )


def _of(field: str, label: str, *limits: float) -> Bands:
    ends = (None, *limits, None)
    labels = []
    for low, high in pairwise(ends):
        labels.append(
            f"< {high:g}" if low is None else f"≥ {low:g}" if high is None else f"{low:g} – {high:g}"
        )
    levels = [
        Level(f"band_{position}", text, colour)
        for position, (text, colour) in enumerate(zip(labels, _RAMP, strict=True))
    ]
    return Bands(field, label, limits, tuple(levels))


BANDS: Mapping[str, Bands] = {
    each.field: each
    for each in (
        _of("thi_high", N_("THI-style index, at most"), 6, 8, 10, 12),
        _of("tri_high", N_("TRI-style index, at most"), 10, 14, 18, 22),
        _of("priority_low", N_("Screening priority, at least"), 0.2, 0.3, 0.4, 0.6),
        Bands("consequence_at_least", N_("Consequence class, computed, at least"), (), CONSEQUENCE.levels),
        Bands(
            "preselection",
            N_("Pre-selection"),
            (),
            (
                Level("not needed", N_("not needed"), _RAMP[0]),
                Level("possible", N_("possible"), _RAMP[2]),
                Level("certain", N_("certain"), _RAMP[4]),
            ),
        ),
    )
}
"""Fields that a map can be coloured by beside the classes, each with its bands."""
