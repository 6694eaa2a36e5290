"""Ordered classes from low to grave, with label and colour. Missing is NaN, shown "unrated".

"Unrated" is not a level: it stands outside every order and has its own grey.
Colours are of one sequential, colour-blind-safe ramp per scale (after ColorBrewer YlOrRd and
Crameri's lajolla, darkened so that the lowest level still reads on a pale map).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from lithoscope.domain.errors import UnknownName

UNRATED = "unrated"
UNRATED_COLOUR = "#8a8f98"


@dataclass(frozen=True)
class Level:
    """One class: code used in data, English label (a translation key), colour as #rrggbb."""

    code: str
    label: str
    colour: str


@dataclass(frozen=True)
class Scale:
    """Levels in order, the lowest first."""

    name: str
    levels: tuple[Level, ...]

    @property
    def codes(self) -> list[str]:
        """Codes from the lowest to the gravest."""
        return [level.code for level in self.levels]

    @property
    def dtype(self) -> pd.CategoricalDtype:
        """Ordered categorical dtype; NaN is unrated."""
        return pd.CategoricalDtype(self.codes, ordered=True)

    def rank(self, code: str) -> int:
        """Position of a code, 0 the lowest; UnknownName if it is not of this scale."""
        if code not in self.codes:
            raise UnknownName(
                f"is not a class of {self.name}", f"use one of {', '.join(self.codes)}", value=code
            )
        return self.codes.index(code)

    def classes(self, codes: Sequence[str | None] | pd.Series) -> pd.Series:
        """Codes as an ordered categorical Series; None and NaN stay unrated."""
        return pd.Series(codes, dtype=self.dtype)

    def colour(self, code: str | None) -> str:
        """Colour of a code, or the grey of unrated."""
        return next((level.colour for level in self.levels if level.code == code), UNRATED_COLOUR)

    def label(self, code: str | None) -> str:
        """English label of a code, or "unrated"."""
        return next((level.label for level in self.levels if level.code == code), UNRATED)


CONSEQUENCE = Scale(
    "consequence",
    (
        Level("low", "Low", "#e3c35c"),
        Level("significant", "Significant", "#eb9a3c"),
        Level("high", "High", "#dc6331"),
        Level("very_high", "Very high", "#b02c3a"),
        Level("extreme", "Extreme", "#650f3c"),
    ),
)
TOXICITY = Scale(
    "toxicity",
    (
        Level("minimal", "Minimal", "#d9cf6b"),
        Level("low", "Low", "#9cc069"),
        Level("moderate", "Moderate", "#4aa186"),
        Level("high", "High", "#2b6f93"),
        Level("very_high", "Very high", "#352c6e"),
    ),
)
SCALES = {scale.name: scale for scale in (CONSEQUENCE, TOXICITY)}

STATUS_COLOURS = (
    Level("active", "active", "#2f6fb0"),
    Level("inactive", "inactive", "#7fb0dd"),
    Level("closed", "closed", "#b08d57"),
    Level("abandoned", "abandoned", "#8c3b2a"),
    Level("reclaimed", "reclaimed", "#3f8f5b"),
    Level("reprocessing", "reprocessing", "#7a5aa6"),
    Level("planned", "planned", "#d7a6c8"),
    Level("unknown", "unknown", UNRATED_COLOUR),
)
"""Colours of the stages of a site's life, in the order of fields.STATUS; they are no ranking."""
LAYER_COLOURS = (
    Level("facilities", "Tailings facilities", "#c8632f"),
    Level("mines", "Mines", "#3d6f8e"),
    Level("events", "Documented failures", "#1d1d24"),
)
"""Colours of the layers of the map, in the order of the legend."""
