"""USA: mining sites on EPA's National Priorities List (Superfund); other sites are out of scope and counted.

Quirks: a second line of headings under the first, so that "NPL Status" over "Date" is the date of the
listing; two columns without a heading; the site's street is not read. Which names are mining sites says
data/harmonise/npl_scope.csv. A listing says nothing on whether a mine works, so the status is unknown.
"""

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pandas as pd

from lithoscope.domain.folders import DATA
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.reference import load_file
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_
from lithoscope.sources import assemble, files, values
from lithoscope.sources.assemble import Notes

RECORD = SourceRecord(
    source_id="epa_npl",
    title="USA: mining sites on the National Priorities List (Superfund)",
    producer="US Environmental Protection Agency",
    citation="US EPA: National Priorities List (NPL), current sites",
    licence="US public domain",
    evidence="official",
    url="https://www.epa.gov/superfund/superfund-national-priorities-list-npl",
    note="The file has no date of issue; its facts are as of the latest listing in it.",
)
PERSONAL = frozenset({"Address", "Zip"})
REQUIRED = ("Site Name", "EPA ID", "Latitude", "Longitude", "NPL Status")


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Mining sites as mines; every other site in out_of_scope."""
    chosen = files.tables_in(path, suffixes=(".csv",))[0]
    table = files.open_table(chosen, header_row=1, known_encoding="cp1252", progress=progress)
    assemble.require(table, REQUIRED)
    frame = _without_second_headings(assemble.filled(table))
    notes, outside = Notes(RECORD.source_id, "mines"), Notes(RECORD.source_id, "mines")
    is_mining = values.by_distinct(frame["Site Name"], is_mining_site).fillna(value=False).astype(bool)
    outside.add(
        frame.index[~is_mining],
        field="name",
        code="unknown_value",
        value=frame.loc[~is_mining, "Site Name"],
        reason=N_("the site's name does not speak of a mine, tailings or a smelter"),
        remedy=N_("name the site in data/harmonise/npl_scope.csv if it is one"),
    )
    records = _records(frame[is_mining], notes)
    notes.add_of_file(table.findings)
    listed, _ = values.dates(frame["NPL Status"], order="mdy")
    source = replace(RECORD, as_of=max(listed.dropna(), default=""))
    return assemble.reading(
        source, [chosen], {"mines": records}, rows_read=len(frame), notes=[notes], out_of_scope=[outside]
    )


@cache
def _scope() -> tuple[tuple[re.Pattern[str], bool], ...]:
    rows = load_file(DATA / "harmonise" / "npl_scope.csv").rows
    return tuple((re.compile(rf"\b{re.escape(row.words)}\b"), row.scope == "in") for row in rows.itertuples())


def is_mining_site(name: str) -> bool:
    """Whether the first row of the scope table that stands in the name says "in"."""
    words = re.sub(r"[^a-z0-9]+", " ", values.fold(name))
    return next((is_in for pattern, is_in in _scope() if pattern.search(words)), False)


def _without_second_headings(frame: pd.DataFrame) -> pd.DataFrame:
    first = frame.iloc[0]
    return frame.iloc[1:] if pd.isna(first["EPA ID"]) and first["NPL Status"] == "Date" else frame


def _records(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    raw = assemble.raw_json(frame, without=PERSONAL)
    frame = assemble.with_columns(frame, ["State", "County"])
    lon, lat = assemble.place(frame, "Longitude", "Latitude", notes=notes)
    listed = assemble.date(frame, "NPL Status", field="contamination_listing", notes=notes, order="mdy")
    columns: dict[str, object] = {
        "source_key": assemble.unique_keys(assemble.text(frame, "EPA ID"), notes),
        "name": assemble.text(frame, "Site Name"),
        "country_stated": "United States",
        "country_stated_iso3": "USA",
        "admin1": assemble.text(frame, "State"),
        "admin2": assemble.text(frame, "County"),
        "lon": lon,
        "lat": lat,
        "contamination_listing": ("National Priorities List since " + listed).fillna(
            "National Priorities List"
        ),
        "raw": raw,
    }
    return assemble.records_frame(frame.index, columns)
