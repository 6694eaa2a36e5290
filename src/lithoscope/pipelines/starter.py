"""Regenerates data/starter from the publishers' own files.

    python -m lithoscope.pipelines.starter anm_sigbm=PATH sernageomin=PATH ... [--out FOLDER]

Each publisher's file is read by its own source module and the facts worth a place in the starter
register are kept, in our own columns, without the copy of the raw row. Rows of sources that are not
named stay as they are: among them the facts that were typed in one by one (see data/starter/README.md).
"""

import argparse
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from lithoscope import sources
from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.fields import SITES, Layer
from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading

OMITTED = frozenset(
    [
        *("raw", "site_id", "record_id", "evidence", "remarks", "stability_note"),
        *("inspection_date", "embankments_count", "planned_height_m"),
    ]
)
"""Copies of rows, sentences, and what goes stale soonest or is of least use without the full source."""
DECIMALS = {"lon": 5, "lat": 5}
EXPLANATION = r"\s*\([^()]{40,}\)$"
"""A sentence that a form puts in brackets behind a label; the label alone is the fact."""
LEAST_FOOTPRINT_M2 = 20_000
LEAST_COMMODITIES = 3
COMPANY = (
    r"\b(?:s\.?\s?a\.?|s/a|s\.?c\.?m\.?|s\.?l\.?m\.?|spa|ltda|limitada|cia|compa[nñ][ií]a|companhia|soc|sociedade?"
    r"|empresa|minera[cç][aã]o|minera|mining|corp|inc|codelco|enami|grupo|cooperativa|sindicato|copper|cemin"
    r"|altonorte)\b"
)
"""Words of a company's name; an owner without one may be a natural person and is left out."""
MAY_NAME_PERSONS = ("anm_sigbm", "sernageomin")
"""Registers in which an owner may be a natural person."""

Choice = Callable[[pd.DataFrame], pd.DataFrame]


def _all(table: pd.DataFrame) -> pd.DataFrame:
    return table


def _large(table: pd.DataFrame) -> pd.DataFrame:
    """Tailings of two hectares and more."""
    is_tailings = table["structure_kind_raw"].str.startswith("Tailings")
    return table[is_tailings & (table["footprint_m2"] >= LEAST_FOOTPRINT_M2)]


def _past_producers(table: pd.DataFrame) -> pd.DataFrame:
    """Past producers of three commodities and more."""
    count = table["commodities_raw"].str.split().str.len()
    return table[(table["status_raw"] == "Past Producer") & (count >= LEAST_COMMODITIES)]


def _closed(table: pd.DataFrame) -> pd.DataFrame:
    """Named mines of the sheet of closed mines."""
    is_running = table["status_raw"].isin(["Operating", "Proposed", "Mothballed", "Shelved", "Cancelled"])
    return table[table["name"].notna() & ~is_running]


CHOICES: dict[str, tuple[Layer, Choice]] = {
    "anm_sigbm": ("facilities", _all),
    "sernageomin": ("facilities", _all),
    "us_nid": ("facilities", _all),
    "usgs_usmin": ("facilities", _large),
    "usgs_mrds": ("mines", _past_producers),
    "epa_npl": ("mines", _all),
    "gem_coal": ("mines", _closed),
}
"""Source -> its layer and which of its records enter."""


def regenerate(publishers: dict[str, Path], folder: Path) -> dict[str, int]:
    """Write the tables of `folder` anew with the records of these publishers; returns records by source.

    Tables that exist keep the rows of other sources. Raises BadInput for a source that has no place in
    the starter register.
    """
    if unknown := set(publishers) - set(CHOICES):
        raise BadInput(
            "has no place in the starter register", f"use {', '.join(CHOICES)}", value=min(unknown)
        )
    former = _existing(folder / "sources.csv", set())
    tables = {name: _existing(folder / f"{name}.csv", set(publishers)) for name in ("sources", *SITES)}
    counts = {}
    for name, path in publishers.items():
        reading = _read(name, path)
        layer, choose = CHOICES[name]
        records = _compact(choose(reading.records[layer]), name)
        tables[layer] = pd.concat([tables[layer], records], ignore_index=True)
        dated = replace(reading.source, retrieved=_retrieved(reading.source, path, former))
        source = {key: value for key, value in dated.as_dict().items() if value}
        tables["sources"] = pd.concat([tables["sources"], pd.DataFrame([source])], ignore_index=True)
        counts[name] = len(records)
    for name, table in tables.items():
        _write(table, name, folder / f"{name}.csv")
    return counts


def _read(name: str, path: Path) -> Reading:
    """What a publisher's module reads: of a publisher's several files, the one that was named."""
    readings = sources.module(name).read(path)
    (reading,) = readings if isinstance(readings, list) else [readings]
    source = reading.source
    if source.sha256 is None and path.is_file():
        source = replace(source, file=path.name, sha256=hashlib.sha256(path.read_bytes()).hexdigest())
    return replace(reading, source=source)


def _retrieved(source: SourceRecord, path: Path, former: pd.DataFrame) -> str:
    """When the file was retrieved: as the former table says of the same bytes, else the file's own date."""
    if {"source_id", "sha256", "retrieved"} <= set(former):
        same = former[former["source_id"].eq(source.source_id) & former["sha256"].eq(source.sha256)]
        if same["retrieved"].notna().any():
            return str(same["retrieved"].iloc[0])
    files = [path] if path.is_file() else sorted(path.iterdir())
    newest = max((each.stat().st_mtime for each in files), default=0.0)
    return datetime.fromtimestamp(newest, UTC).date().isoformat() if newest else ""


def _existing(path: Path, renewed: set[str]) -> pd.DataFrame:
    if not path.exists():
        return pd.DataFrame({"source_id": pd.Series(dtype="str"), "source_key": pd.Series(dtype="str")})
    table = pd.read_csv(path, dtype="str", keep_default_na=False, na_values=[""])
    return table[~table["source_id"].isin(renewed)]


def _compact(records: pd.DataFrame, source_id: str) -> pd.DataFrame:
    """The records as text, without omitted and empty columns and without owners that may be persons."""
    table = records.drop(columns=[name for name in records.columns if name in OMITTED])
    if "country_stated_iso3" in table and table["country_stated_iso3"].notna().all():
        table = table.drop(columns="country_stated", errors="ignore")
    if "owner" in table and source_id in MAY_NAME_PERSONS:
        bare = table["owner"].str.replace(r"\s*\([^)]*\)", "", regex=True)  # "(ex ...)" names persons too
        is_company = bare.str.contains(COMPANY, case=False, regex=True, na=False)
        table["owner"] = bare.where(is_company)
    table = table.dropna(axis="columns", how="all")
    texts = {name: _text(table[name], name) for name in table.columns}
    return pd.DataFrame({"source_id": source_id} | texts, index=table.index)


def _text(column: pd.Series, name: str) -> pd.Series:
    kind = fields.field(name).dtype
    if kind in ("number", "integer"):
        numbers = pd.to_numeric(column)
        digits = DECIMALS.get(name, 2)
        return numbers.map(lambda value: f"{value:.{digits}f}".rstrip("0").rstrip("."), na_action="ignore")
    if kind == "boolean":
        return column.astype("object").map({True: "true", False: "false"})
    plain = column.astype("str").str.split().str.join(" ")
    return plain.str.replace(EXPLANATION, "", regex=True) if name.endswith("_raw") else plain


def _write(table: pd.DataFrame, name: str, path: Path) -> None:
    """The table as CSV, columns and rows in a fixed order, so that a change shows as a change."""
    if name == "sources":
        order = [name for name in table.columns if name != "source_key"]
        table = table.sort_values("source_id")
    else:
        known = [each.name for each in fields.FIELDS if each.name in table.columns]
        order = ["source_id", *(column for column in known if column != "source_id")]
        table = table.sort_values(["source_id", "source_key"], kind="stable")
    path.write_text(table[order].to_csv(index=False, lineterminator="\n"), encoding="utf-8")


def main() -> None:
    """Parse the command line of this module."""
    parser = argparse.ArgumentParser(description="Regenerate the starter register from publishers' files.")
    parser.add_argument("publishers", nargs="+", metavar="SOURCE=PATH")
    parser.add_argument("--out", type=Path, default=DATA / "starter")
    chosen = parser.parse_args()
    pairs = [text.partition("=") for text in chosen.publishers]
    regenerate({name: Path(path) for name, _, path in pairs}, chosen.out)


if __name__ == "__main__":
    main()
