"""Who is a dredger: declared type, name, size, a table of known ships and behaviour, weighed with reasons.

Evidence adds log-odds to a prior (data/reference/dredging_evidence.csv, our own weights). Type 33 is a hint:
with dredging behaviour it is enough for p >= 0.5, alone it is not, and neither is behaviour alone.
"""

import re
from functools import cache

import numpy as np
import pandas as pd

from lithoscope.domain import reference

JUDGED_FROM = 0.5
DREDGER_KINDS = ("TSHD", "CSD", "backhoe", "grab", "dredger")
HOPPER_KINDS = ("TSHD", "dredger")
FISHING, DREDGING_TYPE = 30, 33
TRADES = frozenset([31, 32, 34, 35, 36, 37, *range(40, 50), 50, 51, 52, 54, 55, 58, *range(60, 90)])
"""Ship types that name another trade. 53, 56, 57, 59 and 90 to 99 say nothing."""
KNOWN_COLUMNS = (
    "name",
    "former_names",
    "imo_number",
    "mmsi",
    "mmsi_from_year",
    "mmsi_to_year",
    "kind",
    "hopper_m3",
    "length_m",
)


def flag_of(mmsi: pd.Series) -> pd.Series:
    """Flag State (ISO 3166 alpha-3) by the MMSI's first three digits; None where they are not allocated."""
    table = reference.load("mmsi_flags").rows
    by_digits = dict(zip(table["mid"].astype(str), table["country_iso3"], strict=True))
    flags = mmsi.str[:3].map(by_digits).astype("object")
    return flags.where(flags.notna(), None)


def plain(name: object) -> str:
    """A ship's name as it is compared: capitals, letters and digits, one blank between words."""
    return " ".join(re.findall(r"[A-Z0-9]+", str(name).upper())) if isinstance(name, str) else ""


@cache
def _words() -> list[tuple[str, str]]:
    rows = reference.load("dredging_name_words").rows
    return [(str(word), str(evidence)) for word, evidence in zip(rows["word"], rows["evidence"], strict=True)]


def name_says(name: object) -> set[str]:
    """Evidence in a ship's name: name_dredger, name_research."""
    if not isinstance(name, str):
        return set()
    upper = " " + re.sub(r"[.,()\-]", " ", name.upper()) + " "
    return {
        evidence
        for word, evidence in _words()
        if f" {word.replace('-', ' ')} " in " ".join(["", *upper.split(), ""])
    }


def known_ships() -> pd.DataFrame:
    """The table of known dredgers, KNOWN_COLUMNS."""
    return reference.load("known_dredgers").rows[list(KNOWN_COLUMNS)].copy()


def matches(vessels: pd.DataFrame, known: pd.DataFrame) -> pd.DataFrame:
    """The row of a vessel table that each vessel is, and what it was recognised by.

    vessels: mmsi (text), imo_number, name, length_m, first_year, last_year. known: KNOWN_COLUMNS, the rows to
    prefer first. Returns known_row (-1 if none), by (registry_identity, registry_name_and_size, registry_name
    or '') on the same index.
    """
    known = known.reset_index(drop=True)
    mmsi = pd.to_numeric(known["mmsi"], errors="coerce")
    imo = pd.to_numeric(known["imo_number"], errors="coerce")
    since = pd.to_numeric(known["mmsi_from_year"], errors="coerce").fillna(0)
    until = pd.to_numeric(known["mmsi_to_year"], errors="coerce").fillna(9999)
    length = pd.to_numeric(known["length_m"], errors="coerce")
    names: dict[str, list[int]] = {}
    for row, (name, former) in enumerate(zip(known["name"], known["former_names"], strict=True)):
        for each in [name, *(former.split(";") if isinstance(former, str) else [])]:
            if plain(each):
                names.setdefault(plain(each), []).append(row)
    by_mmsi: dict[float, list[int]] = {}
    by_imo: dict[float, int] = {}
    for at, (identity, number) in enumerate(zip(mmsi, imo, strict=True)):
        by_mmsi.setdefault(identity, []).append(at)
        by_imo.setdefault(number, at)
    found = []
    columns = ["mmsi", "imo_number", "name", "length_m", "first_year", "last_year"]
    for identity, number, name, metres, first, last in zip(*(vessels[each] for each in columns), strict=True):
        rows = by_mmsi.get(float(identity), [])
        dated = [at for at in rows if since[at] <= last and until[at] >= first]
        if dated:
            found.append((dated[0], "registry_identity"))
        elif number in by_imo:
            found.append((by_imo[number], "registry_identity"))
        else:
            found.append(_by_name(name, metres, names, length))
    return pd.DataFrame(found, columns=["known_row", "by"], index=vessels.index)


def _by_name(name: object, metres: float, names: dict[str, list[int]], length: pd.Series) -> tuple[int, str]:
    rows = names.get(plain(name), [])
    sized = [row for row in rows if metres > 0 and abs(length[row] - metres) <= 0.1 * metres]
    if sized:
        return sized[0], "registry_name_and_size"
    return (rows[0], "registry_name") if rows else (-1, "")


def weights() -> dict[str, float]:
    """Evidence -> log-odds."""
    rows = reference.load("dredging_evidence").rows
    return dict(zip(rows["evidence"].astype(str), rows["log_odds"].astype(float), strict=True))


def evidence_of(vessels: pd.DataFrame) -> pd.DataFrame:
    """Which pieces of evidence hold for each vessel: one boolean column per row of dredging_evidence.csv.

    vessels: by ('' or a registry_ evidence), known_kind (of the table, or None), ship_type, name, length_m,
    fishing_share, episodes, dredging_hours, cycles, long_share (share of episodes over eight hours),
    observed_h, moving_h. Gap rule: a missing value is no evidence.
    """
    kind = vessels["known_kind"]
    is_other = kind.notna() & ~kind.isin(DREDGER_KINDS)
    said = vessels["name"].map(name_says)
    type_ = vessels["ship_type"]
    length = vessels["length_m"]
    held: dict[str, pd.Series] = {
        name: (vessels["by"] == name) & ~is_other
        for name in ("registry_identity", "registry_name_and_size", "registry_name")
    }
    held["registry_other"] = is_other & (vessels["by"] == "registry_identity")
    held["type_33"] = type_ == DREDGING_TYPE
    held["type_fishing"] = type_ == FISHING
    held["type_other_trade"] = type_.isin(TRADES)
    for word in ("name_dredger", "name_research"):
        held[word] = said.map(lambda found, word=word: word in found).astype(bool)
    held["size_dredger"] = length.between(50, 240)
    held["size_other"] = (length < 25) | (length > 250)
    held["status_fishing"] = vessels["fishing_share"] > 0.5
    has = vessels["episodes"] > 0
    held["behaviour_episode"] = has
    held["behaviour_cycles"] = vessels["cycles"] >= 2
    watched = vessels["observed_h"] >= 48
    held["behaviour_no_cycle"] = has & watched & (vessels["cycles"] == 0) & (vessels["episodes"] >= 3)
    held["behaviour_rare"] = has & watched & (vessels["dredging_hours"] < 0.03 * vessels["observed_h"])
    held["behaviour_long"] = has & (vessels["long_share"] > 0.5)
    held["behaviour_none"] = ~has & (vessels["moving_h"] >= 24)
    return pd.DataFrame(held).astype(bool)


def p_dredger(evidence: pd.DataFrame) -> pd.DataFrame:
    """Probability that each vessel is a dredger, with its reasons.

    evidence: of `evidence_of`. Returns p_dredger (0 to 1) and reasons (text: evidence and log-odds, the
    weightiest first) on the same index. Each true piece adds its weight, so p rises with every piece for and
    falls with every piece against.
    """
    table = weights()
    value = np.full(len(evidence), table["prior"])
    for name in evidence.columns:
        value += evidence[name].to_numpy(dtype=float) * table[name]
    names = sorted(evidence.columns, key=lambda each: -abs(table[each]))
    flags = evidence[names].to_numpy()
    reasons = ["; ".join(f"{names[i]} {table[names[i]]:+.1f}" for i in np.flatnonzero(row)) for row in flags]
    return pd.DataFrame({"p_dredger": 1 / (1 + np.exp(-value)), "reasons": reasons}, index=evidence.index)
