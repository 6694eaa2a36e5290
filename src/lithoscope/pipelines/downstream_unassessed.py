"""Facilities that no failure is assessed for: the formulas do not hold for them, or a value is missing.

Their answer has the keys that every answer is sure to have, null where nothing is known, and says why.
"""

from typing import Any

import pandas as pd


def unsuited(site: pd.Series) -> str:
    """Why the release formulas do not hold for a facility; empty if they do."""
    kind, deposition, content, status = (
        value if isinstance(value := site.get(name), str) else ""
        for name in ("structure_kind", "deposition", "content", "status")
    )
    if kind in ("stack", "heap", "pit", "underground", "dredge field"):
        return f"structure: {kind}"
    if deposition in ("filtered", "in-pit", "river", "sea"):
        return f"deposition: {deposition}"
    if content == "waste rock":
        return f"content: {content}"
    return f"status: {status}" if status == "reclaimed" else ""


def without_release(site: pd.Series) -> dict[str, Any] | None:
    """The answer for a facility that the formulas do not hold for, and why; None where they do hold."""
    if not (why := unsuited(site)):
        return None
    answer = unassessed(site, f"the formulas do not hold for this facility ({why})")
    return answer | {"flags": ["not_a_confined_dam", *answer["flags"]]}


def unassessed(site: pd.Series, reason: str) -> dict[str, Any]:
    """The answer for a facility that is not assessed: nothing is known, and the reason."""
    nothing = {"low": None, "best": None, "high": None}
    return {
        "site": {
            "site_id": str(site["site_id"]),
            "name": site["name"] if isinstance(site.get("name"), str) else None,
            "lon": _number(site.get("lon")),
            "lat": _number(site.get("lat")),
            "height_m": _number(site.get("dam_height_m")),
            "volume_m3": _number(site.get("stored_volume_m3")),
        },
        "released_volume_m3": nothing,
        "runout_km": nothing,
        "inundation_km2": nothing,
        "population": nothing,
        "countries": [],
        "first_border_km": None,
        "first_border_interval_km": {"low": None, "high": None},
        "consequence_at_least": "unrated",
        "flags": ["not_assessed"],
        "outputs": {},
        "notes": [reason],
    }


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
