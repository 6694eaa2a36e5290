"""Sources become a release: read -> correct -> harmonise -> examine -> group -> classify -> write.

Every row that a source holds is accounted for: accepted, refused or out of scope. A release appears only
when all of it has succeeded, so that an interrupted or failed build leaves the former one as it was.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path, PurePath
from typing import Any

import pandas as pd

from lithoscope import sources
from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, LithoscopeError
from lithoscope.domain.fields import LAYERS, Layer
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import EVENT_COLUMNS, FINDING_COLUMNS, Reading
from lithoscope.pipelines import (
    classes,
    corrections,
    downstream_release,
    dredging_release,
    inventory,
    layers,
    linking,
    quality,
    report_of_build,
    sites,
    store,
    surroundings,
)
from lithoscope.pipelines.findings import rows_of
from lithoscope.pipelines.harmonise import standardise
from lithoscope.pipelines.project import Rasters, SourceEntry, Surroundings, Zones
from lithoscope.pipelines.store import Release

FOUND_COLUMNS = (*FINDING_COLUMNS, "record_id")
"""Findings as a release holds them: with the record that they speak of, where a row is one record's."""
BLOCK = 100_000
"""Rows of a source that are examined at once."""
Progress = Callable[[str, int, int | None], None]
"""Called with what is being done, how much of it is done, and of how much, if that is known."""


@dataclass
class _Draft:
    """What has been read so far."""

    records: dict[Layer, list[pd.DataFrame]] = field(default_factory=lambda: {layer: [] for layer in LAYERS})
    events: list[pd.DataFrame] = field(default_factory=list)
    found: dict[str, list[pd.DataFrame]] = field(
        default_factory=lambda: {"flagged": [], "refused": [], "out_of_scope": []}
    )
    sources: dict[str, SourceRecord] = field(default_factory=dict)
    mappings: dict[str, bytes] = field(default_factory=dict)
    proposed: list[str] = field(default_factory=list)
    rows_read: int = 0
    downstream: downstream_release.Results | None = None


def build(
    entries: Sequence[SourceEntry],
    data: Path | None = None,
    *,
    links: Path | None = None,
    rasters: Rasters = Rasters(),  # noqa: B008  frozen
    zones: Zones = Zones(),  # noqa: B008  frozen
    near: Surroundings = Surroundings(),  # noqa: B008  frozen
    progress: Progress = lambda *_: None,
    notice: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Build a release from exactly these sources and return the build's report: release, counts by layer,
    folder, and what it replaced. What was found stands in the release (see `report_of_build.document`).

    links: the user's decisions on which records are one site, see `pipelines/linking.py`.
    rasters, zones, near: the user's own, see `pipelines/surroundings.py`.
    progress and notice are told what happens; proposed mappings are given to notice in the end, so that
    nothing but the error is said of a build that fails.
    Raises BadInput for a source that cannot be read; the former release then stays.
    """
    draft = _Draft()
    dredged = _dredging(entries, draft, progress)
    draft.downstream = downstream_release.read(downstream_release.folders(entries))
    readings = [
        (entry.name, reading)
        for entry in entries
        if entry.name not in ("dredging", downstream_release.SOURCE)
        for reading in _read(entry, draft, progress)
    ]
    waiting = _once(readings)
    del readings
    former = report_of_build.current(data)
    while waiting:  # each is let go once it is added, so that a large one is not held twice
        _add(draft, waiting.pop(0))
    around = layers.Around(linking.decisions(links), rasters, zones, near, draft.downstream, notice)
    with store.draft(data) as new:
        accepted = _write_layers(new, draft, around, dredged, progress)
        found = {outcome: _findings(draft.found.pop(outcome)) for outcome in list(draft.found)}
        new.write("findings", _with_outcome(found))
        report = _report(draft.rows_read, found, accepted)
        if draft.downstream is not None:
            draft.sources[downstream_release.SOURCE] = draft.downstream.source
            report |= {downstream_release.SOURCE: draft.downstream.report}
        report |= {"surroundings": surroundings.supplied(rasters, zones, near)}
        progress("writing the release", 0, None)
        release = new.publish(list(draft.sources.values()), report)
    for text in draft.proposed:
        notice(text)
    return {"release": release.release_id, **report, "folder": str(release.path), "replaced": former}


def _dredging(
    entries: Sequence[SourceEntry], draft: _Draft, progress: Progress
) -> list[dredging_release.Results]:
    """Results of dredging that the sources name; with the starter its simulated fleet if they name none."""
    dredged = []
    for entry in entries:
        if entry.name == "dredging":
            if entry.path is None:
                raise BadInput("names no folder", "give dredging=FOLDER", value="dredging")
            progress("reading dredging", 0, None)
            dredged.append(dredging_release.read(entry.path))
    if not dredged and any(entry.name == "starter" and entry.path is None for entry in entries):
        dredged.append(dredging_release.simulated())
    dredged = dredging_release.numbered(dredged)
    for each in dredged:
        draft.sources[each.source.source_id] = each.source
        draft.rows_read += each.rows_read
    return dredged


def _once(readings: list[tuple[str, Reading]]) -> list[Reading]:
    """The readings without those of the starter register whose publisher's own file is read as well.

    Their events go to the publisher's own reading, to the facilities that it still holds.
    """
    own = {reading.source.source_id: reading for name, reading in readings if name != "starter"}
    kept = []
    for name, reading in readings:
        publisher = own.get(reading.source.source_id) if name == "starter" else None
        if publisher is None:
            kept.append(reading)
        elif len(reading.events) and "facilities" in publisher.records:
            held = reading.events["source_key"].isin(publisher.records["facilities"]["source_key"])
            publisher.events = pd.concat([publisher.events, reading.events[held]], ignore_index=True)
    return kept


def build_starter(data: Path | None = None, *, progress: Progress = lambda *_: None) -> Release:
    """A release of the embedded starter register and, labelled as such, of a simulated fleet of dredgers."""
    build([SourceEntry(name="starter")], data, progress=progress)
    return store.open_release(data)


def _read(entry: SourceEntry, draft: _Draft, progress: Progress) -> list[Reading]:
    module = sources.module(entry.name)
    if entry.path is not None and not entry.path.exists():
        raise BadInput("does not exist", "name an existing file or folder", file=str(entry.path))

    def rows(done: int, total: int | None) -> None:
        progress(f"reading {entry.name}", done, total)

    if entry.name == "table":
        mapping = module.load(entry.mapping) if entry.mapping else module.propose(entry.path)
        text = mapping.to_yaml()
        draft.proposed += [] if entry.mapping else [text]
        readings = module.read(entry.path, mapping, progress=rows)
        copies = sum(PurePath(name).stem.split("~")[0] == entry.path.stem for name in draft.mappings)
        stem = entry.path.stem + (f"~{copies + 1}" if copies else "")
        draft.mappings[f"mappings/{stem}.yaml"] = text.encode()
    else:
        readings = module.read(entry.path, progress=rows)
    readings = readings if isinstance(readings, list) else [readings]
    return [_dated(reading, entry.path) for reading in readings]


def _dated(reading: Reading, path: Path | None) -> Reading:
    """The reading with the file's name, checksum and date of retrieval in its source record."""
    if path is None or reading.source.sha256 is not None:
        return reading
    source = replace(reading.source, file=path.name, retrieved=reading.source.retrieved or _modified(path))
    if path.is_file():
        source = replace(source, sha256=store.sha256(path))
    return replace(reading, source=source)


def _modified(path: Path) -> str:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC).date().isoformat()


def _add(draft: _Draft, reading: Reading) -> None:
    source = reading.source
    if source.source_id in draft.sources:
        again = sum(known.split("~")[0] == source.source_id for known in draft.sources) + 1
        source = replace(source, source_id=f"{source.source_id}~{again}")
    draft.sources[source.source_id] = source
    draft.rows_read += reading.rows_read
    for outcome, rows in (
        ("flagged", reading.findings),
        ("refused", reading.refused),
        ("out_of_scope", reading.out_of_scope),
    ):
        draft.found[outcome].append(rows.assign(source=source.source_id))
    noticed = draft.found["flagged"].pop().reindex(columns=[*FINDING_COLUMNS, "source_key"])
    for layer, records in reading.records.items():
        if records.empty:
            continue
        ready, findings = _ready(records, layer, source)
        draft.records[layer].append(ready)
        draft.found["flagged"] += [findings, _of_records(noticed[noticed["layer"].eq(layer)], ready)]
        noticed = noticed[noticed["layer"].ne(layer)]
        if layer == "facilities" and len(reading.events):
            draft.events.append(_events(reading.events, ready, source))
    draft.found["flagged"].append(noticed.drop(columns="source_key"))


def _ready(records: pd.DataFrame, layer: Layer, source: SourceRecord) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records corrected, harmonised, examined and keyed, and what was found, in the order of the steps.

    While they are examined, rows are numbered through: two files of one source share row numbers.
    """
    steps = (corrections.correct, standardise, quality.examine)
    found: list[list[pd.DataFrame]] = [[] for _ in steps]
    rows = pd.Series(records["source_row"].to_numpy(), dtype="Int64")
    records = records.assign(source_row=range(len(records)))
    of_record = records.get("as_of", pd.Series(None, index=records.index))
    records["as_of"] = of_record.astype("str").fillna(source.as_of or None)
    blocks = []
    for at in range(0, len(records), BLOCK):
        block = records.iloc[at : at + BLOCK]
        for step, findings_of_step in zip(steps, found, strict=True):
            block, findings = step(block, layer, source.source_id)
            findings_of_step.append(findings)
        blocks.append(layers.narrow(block.assign(source_row=rows[at : at + BLOCK].to_numpy()), layer))
    records = pd.concat(blocks, ignore_index=True)
    records["source_id"] = pd.Series(source.source_id, index=records.index, dtype="str")
    records["evidence"] = records["evidence"].fillna(source.evidence)
    records["record_id"] = sites.record_ids(records, source.source_id)
    findings = pd.concat([each for parts in found for each in parts], ignore_index=True)
    position = findings["row"].to_numpy(dtype="int64")
    return records, findings.assign(
        row=rows.to_numpy()[position], record_id=records["record_id"].to_numpy()[position]
    )


def _of_records(findings: pd.DataFrame, records: pd.DataFrame) -> pd.DataFrame:
    """What was noticed while reading, with `record_id` where its key or row number is one record's alone."""

    def of(name: str, values: pd.Series) -> pd.Series:
        alone = records[records[name].notna() & ~records[name].duplicated(keep=False)]
        known = pd.Series(alone["record_id"].to_numpy(), index=alone[name].to_numpy())
        return values.map(known).astype("str")

    record_id = of("source_key", findings["source_key"].astype("str"))
    record_id = record_id.fillna(of("source_row", findings["row"].astype("Int64")))
    return findings.drop(columns="source_key").assign(record_id=record_id)


def _events(events: pd.DataFrame, records: pd.DataFrame, source: SourceRecord) -> pd.DataFrame:
    """Events with the record that they happened to; an event of no record of this source is a defect."""
    first = records.drop_duplicates("source_key").set_index("source_key")["record_id"]
    record_id = events["source_key"].map(first)
    if record_id.isna().any():
        raise LithoscopeError(f"{source.source_id}: an event names no facility of its source")
    events = events.reset_index(drop=True).reindex(columns=list(EVENT_COLUMNS))
    numbers = (events.index + 1).astype(str)
    return events.assign(
        record_id=record_id.to_numpy(),
        source_id=events["source_id"].astype("str").fillna(source.source_id),
        event_id=source.source_id + ":event" + numbers,
    )


def _write_layers(
    new: store.Draft,
    draft: _Draft,
    around: layers.Around,
    dredged: list[dredging_release.Results],
    progress: Progress,
) -> dict[Layer, int]:
    """Write all but the findings; returns how many records each layer accepted."""
    events = pd.concat([pd.DataFrame(columns=EVENT_COLUMNS), *draft.events], ignore_index=True)
    written: dict[Layer, layers.Written] = {}
    for layer in fields.SITES:
        progress(f"classifying {layer}", 0, None)
        failures = events if layer == "facilities" else events.iloc[:0]
        written[layer] = layers.write(new, layer, draft.records.pop(layer), failures, around)
    facilities, mines = written["facilities"], written["mines"]
    named = [layers.widened(each.sites, ("name", "mine_name")) for each in (facilities, mines)]
    new.write("belongs_to", linking.belongs_to(*named, facilities.footprints))
    new.write("events", _typed_events(events))
    new.write("methods", classes.methods_table())
    others = dredging_release.products(dredged)
    others |= {} if draft.downstream is None else draft.downstream.products
    for name, product in (draft.mappings | others).items():
        new.write(name, product)
    progress("counting by country", 0, None)
    counted = {layer: each.sites for layer, each in written.items()}
    counted |= {"dredging": others["dredging"]} if "dredging" in others else {}
    new.write(inventory.PRODUCT, inventory.of_all(counted))
    accepted: dict[Layer, int] = {layer: each.records for layer, each in written.items()}
    return accepted | {"dredging": sum(each.rows_read for each in dredged)}


def _typed_events(events: pd.DataFrame) -> pd.DataFrame:
    numbers = {"released_volume_m3": "float64", "runout_km": "float64", "year": "Int64", "deaths": "Int64"}
    return events.astype({name: numbers.get(name, "str") for name in EVENT_COLUMNS})


def _findings(frames: list[pd.DataFrame]) -> pd.DataFrame:
    rows = [frame for frame in frames if len(frame)]
    found = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame(columns=FINDING_COLUMNS)
    found = found.reindex(columns=list(FOUND_COLUMNS))
    return found.astype({name: "Int64" if name == "row" else "str" for name in FOUND_COLUMNS})


def _with_outcome(found: dict[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([frame.assign(outcome=outcome) for outcome, frame in found.items()], ignore_index=True)


def _report(rows_read: int, found: dict[str, pd.DataFrame], accepted: dict[Layer, int]) -> dict[str, Any]:
    """Counts of the document that the command `build` prints; see the contract of the command line."""
    layers = {}
    for layer in LAYERS:
        rows = {outcome: frame[frame["layer"] == layer] for outcome, frame in found.items()}
        layers[layer] = {
            "accepted": accepted[layer],
            "flagged": rows_of(rows["flagged"]),
            "refused": len(rows["refused"][["source", "row"]].drop_duplicates()),
            "out_of_scope": len(rows["out_of_scope"][["source", "row"]].drop_duplicates()),
        }
    counted = sum(
        sum(layers[layer][key] for key in ("accepted", "refused", "out_of_scope")) for layer in LAYERS
    )
    if counted != rows_read:
        raise LithoscopeError(f"{rows_read} rows were read but {counted} are accounted for: a defect of ours")
    return {"rows_read": rows_read, "layers": layers}
