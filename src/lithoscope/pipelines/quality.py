"""Quality control of records: nothing is repaired or dropped in silence.

A finding names source, row, field, code, value, reason and remedy. A value that cannot be true (latitude
95, a dam of 2018 m) becomes missing and stays in `raw`; a doubtful one stays and is flagged. A place that
would fit the stated country after an exchange or a change of sign keeps its coordinates; the repair is
proposed in the remedy. Where no country is stated, the one in which nearly all other rows lie takes its
part. Limits: data/reference/plausibility.csv; texts: data/reference/finding_codes.csv.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import pandas as pd

from lithoscope.domain import fields, reference
from lithoscope.domain.fields import Layer
from lithoscope.domain.registers import FINDING_COLUMNS
from lithoscope.domain.text import N_
from lithoscope.pipelines import countries

REPAIRS = (
    ("swapped", True, 1, 1),
    ("sign_flipped", False, -1, 1),
    ("sign_flipped", False, 1, -1),
    ("sign_flipped", False, -1, -1),
    ("swapped", True, -1, 1),
    ("swapped", True, 1, -1),
    ("swapped", True, -1, -1),
)
"""Code, exchanged or not, sign of longitude, sign of latitude: tried in this order."""
LEAST_MOVE_DEGREES = 1.0
"""A repair that moves a point by less is chance: near the equator, near Greenwich, a little off the coast."""
LEAST_ROWS = 5
"""Fewer rows with a place do not show in which country a table lies."""
ENDED = ("closed", "abandoned", "reclaimed")
"""Statuses of a site whose last year is past."""
NEGATIVE = (
    N_("a size cannot be negative; the value is missing, the text is kept as written"),
    N_("give the size without the sign, if that is what is meant"),
)
ENDS_LATER = (
    N_("the site no longer works, but its last year lies after the date of the facts; both are kept"),
    N_("check the status and the last year with the publisher"),
)
BY_OTHER_ROWS = {
    "swapped": N_(
        "no country is stated; the point lies apart from nearly all others, but would lie in their country "
        "with latitude and longitude exchanged; the coordinates are kept as they are"
    ),
    "sign_flipped": N_(
        "no country is stated; the point lies apart from nearly all others, but would lie in their country "
        "with the sign changed; the coordinates are kept as they are"
    ),
}


class _Findings:
    """Findings on one layer of one source, collected."""

    def __init__(self, records: pd.DataFrame, layer: Layer, source_id: str) -> None:
        self._row = (
            records["source_row"] if "source_row" in records else pd.Series(pd.NA, index=records.index)
        )
        self._layer, self._source = layer, source_id
        self._parts: list[pd.DataFrame] = []

    def add(
        self,
        where: pd.Series,
        code: str,
        *,
        field: str,
        value: pd.Series | str | None = None,
        reason: str | None = None,
        remedy: pd.Series | str | None = None,
    ) -> None:
        """One finding per row where `where` is true; reason and remedy replace the texts of the code."""
        index = where.index[where.to_numpy(dtype=bool)]
        if index.empty:
            return
        texts = codes().loc[code]
        self._parts.append(
            pd.DataFrame(
                {
                    "source": self._source,
                    "row": self._row.loc[index].astype("Int64"),
                    "layer": self._layer,
                    "field": field,
                    "code": code,
                    "value": value.loc[index].astype("str") if isinstance(value, pd.Series) else value,
                    "reason": texts["reason"] if reason is None else reason,
                    "remedy": remedy.loc[index]
                    if isinstance(remedy, pd.Series)
                    else (remedy or texts["remedy"]),
                },
                index=index,
            )
        )

    def frame(self) -> pd.DataFrame:
        """All findings by row, in FINDING_COLUMNS."""
        kinds = {name: "Int64" if name == "row" else "str" for name in FINDING_COLUMNS}
        whole = pd.concat(self._parts) if self._parts else pd.DataFrame(columns=list(FINDING_COLUMNS))
        return whole[list(FINDING_COLUMNS)].astype(kinds).sort_values("row", kind="stable", ignore_index=True)


@cache
def codes() -> pd.DataFrame:
    """The closed list of codes: label, reason and remedy (English, translation keys), by code."""
    return reference.load("finding_codes").rows.set_index("code")


def examine(
    records: pd.DataFrame, layer: Layer, source_id: str, *, today: date | None = None
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records with country and dispute filled and impossible values missing, and the findings.

    records: harmonised columns of `fields`, any subset. Fills country_iso3, country_basis,
    country_stated_iso3 and dispute. Findings have FINDING_COLUMNS. No row is dropped.
    today: the day that facts without a date speak of; None for the present one (UTC).
    """
    records = records.copy()
    found = _Findings(records, layer, source_id)
    claimed = _coordinates(records, found)
    _countries(records, claimed, found)
    _limits(records, layer, found)
    _doubts(records, found)
    _ended(records, found, today or datetime.now(UTC).date())
    return records, found.frame()


def _number(records: pd.DataFrame, name: str) -> pd.Series:
    """A column as float64; all missing if the records lack it."""
    if name not in records:
        return pd.Series(np.nan, index=records.index)
    return pd.to_numeric(records[name], errors="coerce").astype("float64")


def _text(records: pd.DataFrame, name: str) -> pd.Series:
    if name not in records:
        return pd.Series(None, index=records.index, dtype="str")
    return records[name].astype("str")


def _place(lon: pd.Series, lat: pd.Series) -> pd.Series:
    """Coordinates as a text for people."""
    texts = [f"lon={x:.6g}, lat={y:.6g}" for x, y in zip(lon, lat, strict=True)]
    return pd.Series(texts, index=lon.index, dtype="str")


def _coordinates(records: pd.DataFrame, found: _Findings) -> pd.DataFrame:
    """Coordinates that cannot be are made missing; returns the coordinates as they were claimed."""
    lon, lat = _number(records, "lon"), _number(records, "lat")
    given = lon.notna() & lat.notna()
    bad_lat = given & ~(lat.abs() <= 90)
    bad_lon = given & ~bad_lat & ~(lon.abs() <= 180)
    zero = given & (lon.abs() < 1e-6) & (lat.abs() < 1e-6)
    for where, name in ((bad_lat | zero, "lat"), (bad_lon, "lon")):
        found.add(where, "bad_coordinates", field=name, value=_place(lon[where], lat[where]))
    found.add(~given, "no_coordinates", field="lat")
    usable = given & ~bad_lat & ~bad_lon & ~zero
    records["lon"], records["lat"] = lon.where(usable), lat.where(usable)
    return pd.DataFrame({"lon": lon, "lat": lat})[given & ~zero & np.isfinite(lon) & np.isfinite(lat)]


def _countries(records: pd.DataFrame, claimed: pd.DataFrame, found: _Findings) -> None:
    """Fill country_iso3, country_basis, country_stated_iso3 and dispute; flag what does not agree."""
    stated_text = _text(records, "country_stated")
    stated = _text(records, "country_stated_iso3")
    stated = stated.fillna(countries.recognise(stated_text).astype("str"))
    found.add(stated_text.notna() & stated.isna(), "unknown_value", field="country_stated", value=stated_text)
    here = countries.locate(records["lon"], records["lat"])
    has_place = records["lon"].notna()
    at_sea = has_place & here["coast_distance_km"].isna()
    in_dispute = here["dispute"].notna() & stated.notna()
    named = zip(stated[in_dispute], here["dispute"][in_dispute], strict=True)
    parties = pd.Series([code in label for code, label in named], index=stated.index[in_dispute], dtype=bool)
    is_party = parties.reindex(records.index, fill_value=False)
    agrees = _state(here["country_iso3"]).eq(_state(stated)) | is_party
    mismatch = has_place & here["country_iso3"].notna() & stated.notna() & ~agrees

    lost = claimed.index[
        (mismatch | at_sea | ~has_place).loc[claimed.index] & stated.loc[claimed.index].notna()
    ]
    repair = _repairs(claimed.loc[lost], stated.loc[lost]).reindex(records.index)
    is_slip = repair["code"].notna()
    is_apart = _apart(here["country_iso3"], stated_text.notna() | stated.notna(), claimed, found)
    at_sea &= ~is_apart
    near_shore = (here["coast_distance_km"] > 0) & ~is_slip & ~is_apart
    told = claimed[(is_slip | at_sea | near_shore).loc[claimed.index]]
    claims = _place(told["lon"], told["lat"])
    for code in ("swapped", "sign_flipped"):
        found.add(repair["code"] == code, code, field="lon", value=claims, remedy=repair["remedy"])
    found.add(at_sea & ~is_slip, "at_sea", field="lon", value=claims)
    found.add(near_shore, "near_shore", field="lon", value=claims)
    both = "stated " + stated + ", found " + here["country_iso3"]
    found.add(mismatch & ~is_slip, "country_mismatch", field="country_iso3", value=both)

    use_stated = stated.notna() & (here["country_iso3"].isna() | is_slip)
    records["country_iso3"] = here["country_iso3"].mask(use_stated, stated)
    records["country_basis"] = here["country_basis"].mask(use_stated, "stated")
    records["country_stated_iso3"] = stated
    records["dispute"] = here["dispute"].mask(is_slip, None)


def _apart(here: pd.Series, is_stated: pd.Series, claimed: pd.DataFrame, found: _Findings) -> pd.Series:
    """Flag places without a stated country that a repair would bring to where nearly all rows lie.

    Returns which rows were flagged, bool on the index of here.
    """
    among = _state(here.dropna()).value_counts()
    least = reference.load("plausibility").rows.set_index("rule").loc["one_country", "low"]
    if among.empty or among.iloc[0] < max(LEAST_ROWS, least * among.sum()):
        return pd.Series(False, index=here.index)
    apart = claimed[(~is_stated & _state(here).ne(among.index[0])).loc[claimed.index]]
    repair = _repairs(apart, pd.Series(among.index[0], index=apart.index, dtype="str"))
    repair = repair.reindex(here.index)
    places = _place(apart["lon"], apart["lat"])
    for code, reason in BY_OTHER_ROWS.items():
        found.add(
            repair["code"] == code, code, field="lon", value=places, reason=reason, remedy=repair["remedy"]
        )
    return repair["code"].notna()


def _state(codes_: pd.Series) -> pd.Series:
    """Codes with territories counted as the State that a source may state for them."""
    return codes_.map({code: countries.belongs_to(code) for code in codes_.dropna().unique()})


def _repairs(claimed: pd.DataFrame, stated: pd.Series) -> pd.DataFrame:
    """For each place the first exchange or change of sign that brings it into the stated country.

    Returns code and remedy on the index of claimed; missing where no repair fits.
    """
    result = pd.DataFrame({"code": None, "remedy": None}, index=claimed.index, dtype="str")
    boxes = countries.bounds().reindex(_state(stated).to_numpy()).set_axis(claimed.index)
    for code, is_exchanged, sign_lon, sign_lat in REPAIRS:
        left = claimed[result["code"].isna()]
        if left.empty:
            break
        lon = sign_lon * left["lat" if is_exchanged else "lon"]
        lat = sign_lat * left["lon" if is_exchanged else "lat"]
        possible = (lon.abs() <= 180) & (lat.abs() <= 90)
        moved = (lon - left["lon"]).abs() + (lat - left["lat"]).abs()
        box = boxes.loc[left.index]
        possible &= lon.between(box["west"], box["east"]) & lat.between(box["south"], box["north"])
        possible &= moved >= LEAST_MOVE_DEGREES
        there = countries.locate(lon[possible], lat[possible])["country_iso3"]
        fits = there.index[_state(there).eq(_state(stated.loc[there.index]))]
        result.loc[fits, "code"] = code
        remedy = str(codes().loc[code, "remedy"]) + ": "
        result.loc[fits, "remedy"] = remedy + _place(lon.loc[fits], lat.loc[fits])
    return result


def _rules(layer: Layer) -> Iterator[pd.Series]:
    """The rules that bound one column each."""
    rules = reference.load("plausibility").rows.set_index("rule", drop=False)
    here = {each.name for each in fields.of_layer(layer)}
    other = {"first_year_facility": "mines", "first_year_mine": "facilities"}
    for _, rule in rules[rules["kind"].isin(["limit", "doubt"])].iterrows():
        if rule["field"] in here and other.get(rule["rule"]) != layer:
            yield rule


def _limits(records: pd.DataFrame, layer: Layer, found: _Findings) -> None:
    """Values outside the limits of their field are flagged; impossible ones become missing."""
    for rule in _rules(layer):
        name = rule["field"]
        values = _number(records, name)
        low = -np.inf if pd.isna(rule["low"]) else rule["low"]
        high = np.inf if pd.isna(rule["high"]) else rule["high"]
        outside = values.notna() & ~values.between(low, high)
        if outside.any():
            shown = values[outside].map(_shown)
            negative = outside & (values < 0) & (low == 0)
            found.add(negative, rule["code"], field=name, value=shown, reason=NEGATIVE[0], remedy=NEGATIVE[1])
            found.add(outside & ~negative, rule["code"], field=name, value=shown)
            records[name] = records[name].mask(outside if rule["kind"] == "limit" else negative)


def _shown(number: float) -> str:
    return str(int(number)) if number.is_integer() else f"{number:.6g}"


def _doubts(records: pd.DataFrame, found: _Findings) -> None:
    """Flag values that are possible alone but not beside another; they are kept."""
    rules = reference.load("plausibility").rows.set_index("rule")
    stored, capacity = _number(records, "stored_volume_m3"), _number(records, "capacity_m3")
    footprint, height = _number(records, "footprint_m2"), _number(records, "dam_height_m")
    first, last = _number(records, "year_start"), _number(records, "year_end")
    thick = stored / footprint.where(footprint > 0) > rules.loc["mean_thickness", "high"]
    small = stored.gt(0) & stored.lt(rules.loc["small_volume", "low"])
    small &= height.ge(rules.loc["small_volume_dam", "low"])
    overfull = stored / capacity.where(capacity > 0) > rules.loc["overfull", "high"]
    shown = stored[thick | small | overfull].map(_shown)
    found.add(thick, "volume_implausible", field="stored_volume_m3", value=shown)
    found.add((small | overfull) & ~thick, "unit_suspected", field="stored_volume_m3", value=shown)
    reverse = last < first
    found.add(reverse, "year_implausible", field="year_end", value=last[reverse].map(_shown))


def _ended(records: pd.DataFrame, found: _Findings, today: date) -> None:
    """Flag sites that no longer work but whose last year is still to come; both values are kept."""
    last = _number(records, "year_end")
    facts_of = pd.to_numeric(_text(records, "as_of").str.slice(0, 4), errors="coerce").fillna(today.year)
    late = _text(records, "status").isin(ENDED) & last.gt(facts_of)
    shown = last[late].map(_shown)
    found.add(
        late, "year_implausible", field="year_end", value=shown, reason=ENDS_LATER[0], remedy=ENDS_LATER[1]
    )
