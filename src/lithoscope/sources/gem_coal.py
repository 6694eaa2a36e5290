"""World: coal mines of the Global Coal Mine Tracker, with every status; two files that share one sheet.

Quirks: `non_closed_mines.csv` has the sheet of closed mines appended by position, so that its columns are
shifted (such rows have no ISO Code); the same sheet stands in `closed_mines.csv`, where the country is under
a second "MSHA ID". A row that stands in both files is read once. Decimal commas; swapped and sign-flipped
coordinates are left as they are for the quality control; several rows with one id are phases of one mine.
A mine of the sheet of closed mines whose site has no status of its own is closed, which its label says.
Years of closing of mines that work are plans and stay in `raw`; so does the size of the mine, which is no
footprint of waste. The files do not say when they were issued: their facts are as of the latest year that
they report a production of.
"""

import json
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, values
from lithoscope.sources.assemble import Notes

RECORD = SourceRecord(
    source_id="gem_coal",
    title="World: Global Coal Mine Tracker",
    producer="Global Energy Monitor",
    citation="Global Energy Monitor: Global Coal Mine Tracker",
    licence="CC BY 4.0",
    evidence="inferred",
    url="https://globalenergymonitor.org/projects/global-coal-mine-tracker/",
    note="Compiled by Global Energy Monitor from public sources; each mine's page names them. The files have "
    "no date of issue; their facts are as of the latest year that a production is reported of.",
)
CLOSED_COUNTRY = "MSHA ID (2)"
OPEN_COUNTRY = "Country / Area"
ISO = "ISO Code"
CLOSED_COLUMNS = (
    "GEM Mine ID",
    "MSHA ID",
    CLOSED_COUNTRY,
    "Mine Name",
    "Mine Name AKAs",
    "Mine Name (Non-ENG)",
    "Owners",
    "Owners (Non-ENG)",
    "Parent Company",
    "Company HQs",
    "Capacity (Mtpa)",
    "Production (Mtpa)",
    "Year of Production",
    "Mine Type",
    "Mining Method",
    "Mine Size (Km2)",
    "Mine Depth (m)",
    "Depth Accuracy",
    "Workforce Size",
    "Workforce Accuracy",
    "Coal Type",
    "Coal Grade",
    "Opening Year",
    "Closing Year",
    "Reason for Closure",
    "Mine Site Status",
    "Coalfield",
    "Location",
    "Prefecture, District",
    "State, Province",
    "Subregion",
    "Region",
    "Latitude",
    "Longitude",
    "Location Accuracy",
)
"""Headings of the closed sheet, by position; those behind are not needed and keep the other sheet's names."""
REQUIRED = ("GEM Mine ID", "Mine Name", "Latitude", "Longitude", "Location Accuracy")
REHABILITATED = frozenset(
    ["rehabilitation", "reclamation", "renewable energy site", "repurpose", "demolished"]
)
SHEET = "in the publisher's list of closed mines"
"""Said behind the label of a site that is closed only because it stands in that list."""


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Every mine of the files, closed or not, once."""
    chosen = files.tables_in(path, suffixes=(".csv", ".xlsx"))
    notes = Notes(RECORD.source_id, "mines")
    closed: list[pd.DataFrame] = []
    working: list[pd.DataFrame] = []
    for number, each in enumerate(chosen):
        table = files.open_table(each, progress=progress)
        assemble.require(table, REQUIRED)
        frame = assemble.of_file(assemble.filled(table), number).assign(_file=each.name)
        notes.add_of_file(table.findings, number)
        if ISO not in frame:
            closed.append(_named(frame, each.name))
            continue
        is_shifted = frame[ISO].isna()
        working.append(frame[~is_shifted])
        if is_shifted.any():
            closed.append(_unshifted(frame[is_shifted]))
    parts = [_records(frame, notes, is_closed=False) for frame in working]
    if closed:
        parts.append(_records(_once(closed), notes, is_closed=True))
    records = pd.concat(parts, ignore_index=True)
    keys = pd.Series(records["source_key"].to_numpy(), index=records["source_row"].to_numpy())
    records["source_key"] = assemble.unique_keys(keys, notes).to_numpy()
    source = replace(RECORD, as_of=_latest([*closed, *working]))
    return assemble.reading(source, chosen, {"mines": records}, rows_read=len(records), notes=[notes])


def _latest(sheets: list[pd.DataFrame]) -> str:
    """The latest year of production that the sheets report; "" if they report none."""
    cells = [sheet["Year of Production"].dropna() for sheet in sheets if "Year of Production" in sheet]
    years = [year for each in cells for year in each.astype("str") if len(year) == 4 and year.isdigit()]
    return max(years, default="")


def _named(frame: pd.DataFrame, file: str) -> pd.DataFrame:
    """The sheet of closed mines under its own headings."""
    if CLOSED_COUNTRY not in frame:
        raise BadInput(
            "is neither the sheet of working nor that of closed coal mines",
            "give closed_mines.csv and non_closed_mines.csv",
            file=file,
            column=ISO,
        )
    return frame


def _unshifted(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows of the closed sheet that were appended by position, under the headings of their own sheet."""
    columns = [name for name in frame.columns if name != "_file"]
    names = [
        *CLOSED_COLUMNS,
        *(f"column {place}" for place in range(len(CLOSED_COLUMNS) + 1, len(columns) + 1)),
    ]
    return frame.rename(columns=dict(zip(columns, names, strict=True)))


def _once(sheets: list[pd.DataFrame]) -> pd.DataFrame:
    """Rows of the closed sheet, each id once per sheet: the sheet under its own headings goes first."""
    ordered = sorted(sheets, key=lambda sheet: "Reference Type" not in sheet)
    seen: set[str] = set()
    kept = []
    for sheet in ordered:
        new = sheet[~sheet["GEM Mine ID"].isin(seen)]
        seen |= set(new["GEM Mine ID"].dropna())
        kept.append(new)
    return pd.concat(kept)


def _records(frame: pd.DataFrame, notes: Notes, *, is_closed: bool) -> pd.DataFrame:
    raw = assemble.raw_json(frame)
    frame = assemble.with_columns(frame, [*CLOSED_COLUMNS, OPEN_COUNTRY, "Status"])
    lon, lat = assemble.place(frame, "Longitude", "Latitude", notes=notes)
    approximate = (frame["Location Accuracy"] == "Approximate") & lon.notna()
    status = _closed(frame, notes) if is_closed else _working(frame)
    concluded = pd.Series(status.get("status"), index=frame.index, dtype="str").notna()
    grade = assemble.label(frame, "Coal Type")
    columns: dict[str, object] = {
        "source_key": assemble.text(frame, "GEM Mine ID"),
        "name": assemble.text(frame, "Mine Name"),
        "other_names": assemble.joined(
            [assemble.text(frame, name) for name in ("Mine Name AKAs", "Mine Name (Non-ENG)")]
        ),
        "owner": assemble.text(frame, "Owners"),
        "country_stated": assemble.text(frame, CLOSED_COUNTRY if is_closed else OPEN_COUNTRY),
        "admin1": assemble.text(frame, "State, Province"),
        "admin2": assemble.text(frame, "Prefecture, District"),
        "lon": lon,
        "lat": lat,
        "commodities": "coal",
        "commodities_raw": grade,
        "mine_kind_raw": assemble.joined(
            [assemble.label(frame, name) for name in ("Mine Type", "Mining Method")]
        ),
        "year_start": assemble.year(frame, "Opening Year", field="year_start", notes=notes),
        "evidence_by_field": pd.Series(
            [_inferred(*row) for row in zip(approximate, concluded, strict=True)],
            index=frame.index,
            dtype="str",
        ),
        "raw": raw,
    }
    return assemble.records_frame(frame.index, columns | status)


def _inferred(is_approximate: bool, is_concluded: bool) -> str | None:
    """The fields that were concluded, as `evidence_by_field` holds them; None if none was."""
    names = (["lat", "lon"] if is_approximate else []) + (["status"] if is_concluded else [])
    return json.dumps(dict.fromkeys(names, "inferred"), separators=(",", ":")) if names else None


def _working(frame: pd.DataFrame) -> dict[str, object]:
    return {"status_raw": assemble.label(frame, "Status")}


def _closed(frame: pd.DataFrame, notes: Notes) -> dict[str, object]:
    """Status of the site; where it says nothing, the sheet says that the mine is closed, and so the label."""
    state = assemble.label(frame, "Mine Site Status")
    says_nothing = state.isna() | state.isin(["Unknown", "Other"])
    is_reworked = values.by_distinct(state, lambda text: values.fold(text) in REHABILITATED).fillna(
        value=False
    )
    return {
        "status": pd.Series("closed", index=frame.index, dtype="str").where(says_nothing),
        "status_raw": state.mask(says_nothing, state.fillna("not stated") + f" ({SHEET})"),
        "year_end": assemble.year(frame, "Closing Year", field="year_end", notes=notes),
        "rehabilitation_state": state.where(is_reworked.astype(bool)),
        "remarks": assemble.text(frame, "Reason for Closure").radd("Reason for closure: "),
    }
