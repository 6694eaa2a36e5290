"""Known upstream errors, repaired in the open: one entry each in data/corrections/*.yaml.

An entry names source and record, the field, what the publisher's value must still look like (`expect`),
the value that we set, the code of the finding and the reason. Once the publisher has repaired the value
the expectation fails: nothing is changed then and a finding asks to remove the entry.

    - row: {source: example_portal, record: XX-0042}
      field: stored_volume_m3
      expect: {gt: 1.0e+9}
      set: null
      code: volume_implausible
      reason: Volume would fill the whole site 200 m deep; likely litres.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from lithoscope.domain import fields
from lithoscope.domain.errors import BadReference
from lithoscope.domain.fields import Layer
from lithoscope.domain.folders import DATA
from lithoscope.domain.registers import FINDING_COLUMNS
from lithoscope.domain.text import N_
from lithoscope.pipelines import quality

REPAIRED = N_("repaired by an entry of data/corrections; the publisher's value stays in the raw record")
STALE = N_("an entry of data/corrections expects another value, so the publisher has repaired or changed it")
REMOVE = N_("remove the entry from data/corrections, or renew its expectation")


class Row(BaseModel):
    """The row that an entry speaks of: the source's id and the key that the source uses."""

    model_config = ConfigDict(extra="forbid")
    source: str
    record: str


class Expectation(BaseModel):
    """What the publisher's value must look like; all conditions given must hold."""

    model_config = ConfigDict(extra="forbid")
    gt: float | None = None
    lt: float | None = None
    eq: float | str | None = None
    near: float | None = None
    missing: bool | None = None

    TOLERANCE: ClassVar[float] = 1e-4

    def holds(self, value: object) -> bool:
        """Whether the value is still as it was when the entry was written."""
        is_missing = bool(pd.isna(value))  # type: ignore[call-overload]
        if self.missing is not None and is_missing != self.missing:
            return False
        if is_missing:
            return self.gt is None and self.lt is None and self.eq is None and self.near is None
        number = pd.to_numeric(pd.Series([value]), errors="coerce").iloc[0]
        return (
            (self.gt is None or number > self.gt)
            and (self.lt is None or number < self.lt)
            and (self.near is None or abs(number - self.near) <= self.TOLERANCE)
            and (self.eq is None or value == self.eq or number == self.eq)
        )


class Entry(BaseModel):
    """One known error of one value."""

    model_config = ConfigDict(extra="forbid")
    row: Row
    field: str
    expect: Expectation
    set: float | str | bool | None
    code: str
    reason: str = Field(min_length=10)


def load(folder: Path) -> list[Entry]:
    """All entries of a folder; BadReference naming file and entry if one cannot be read."""
    entries: list[Entry] = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            listed = yaml.safe_load(path.read_text(encoding="utf-8")) or []
        except yaml.YAMLError as error:
            raise BadReference(f"{path.name}: is not YAML: {' '.join(str(error).split())}") from error
        for number, item in enumerate(listed, start=1):
            entries.append(_entry(item, f"{path.name}: entry {number}"))
    return entries


def _entry(item: Any, where: str) -> Entry:
    try:
        entry = Entry.model_validate(item)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadReference(f"{where}: {place}: {first['msg']}") from error
    if not fields.is_field(entry.field):
        raise BadReference(f"{where}: '{entry.field}' is not a field")
    if entry.code not in quality.codes().index:
        raise BadReference(f"{where}: '{entry.code}' is not a code of findings")
    if not entry.expect.model_fields_set:
        raise BadReference(f"{where}: expect is empty; say what the publisher's value looks like")
    return entry


@cache
def entries() -> tuple[Entry, ...]:
    """The entries of the checkout's data/corrections."""
    return tuple(load(DATA / "corrections"))


def correct(records: pd.DataFrame, layer: Layer, source_id: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Records with our repairs, and a finding for each repair and each entry that no longer holds.

    records: as read, with source_key. A repaired value is marked `inferred` in evidence_by_field; a
    value set missing is not. Entries on records that the file does not hold are passed over.
    """
    mine = [entry for entry in entries() if entry.row.source == source_id]
    return apply(records, mine, layer, source_id)


def apply(
    records: pd.DataFrame, repairs: list[Entry], layer: Layer, source_id: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The same for given entries of one source."""
    records = records.copy()
    found: list[dict[str, object]] = []
    keys = records["source_key"].astype("str") if "source_key" in records else pd.Series(dtype="str")
    judged = [(entry, row) for entry in repairs for row in keys.index[keys == entry.row.record]]
    before = [records.loc[row, entry.field] if entry.field in records else None for entry, row in judged]
    for (entry, row), value in zip(judged, before, strict=True):
        holds = entry.expect.holds(value)
        if holds:
            _set(records, row, entry)
        found.append(
            {
                "source": source_id,
                "row": records.loc[row, "source_row"] if "source_row" in records else pd.NA,
                "layer": layer,
                "field": entry.field,
                "code": entry.code if holds else "unknown_value",
                "value": None if pd.isna(value) else str(value),
                "reason": entry.reason if holds else f"{STALE}: {entry.row.record}, {entry.field}",
                "remedy": REPAIRED if holds else REMOVE,
            }
        )
    kinds = {name: "Int64" if name == "row" else "str" for name in FINDING_COLUMNS}
    return records, pd.DataFrame(found, columns=list(FINDING_COLUMNS)).astype(kinds)


def _set(records: pd.DataFrame, row: Any, entry: Entry) -> None:
    if entry.field not in records:
        records[entry.field] = pd.Series(pd.NA, index=records.index, dtype="object").astype(
            fields.dtype_of(entry.field)
        )
    records.loc[row, entry.field] = pd.NA if entry.set is None else entry.set
    if entry.set is None:
        return
    if "evidence_by_field" not in records:
        records["evidence_by_field"] = pd.Series(None, index=records.index, dtype="str")
    known = records.loc[row, "evidence_by_field"]
    evidence = {} if pd.isna(known) else json.loads(known)
    records.loc[row, "evidence_by_field"] = json.dumps(evidence | {entry.field: "inferred"})
