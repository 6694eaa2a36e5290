"""Forms that companies fill in: one row per facility, headings typed in many ways, units as typed.

The columns are recognised as those of an unknown table are, but the layer is certain, the values are
disclosed by the owner, and a form's own headings go before the general ones.
"""

import re
from collections.abc import Mapping as Dict
from dataclasses import replace
from pathlib import Path

import pandas as pd

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, headings, proposal, table
from lithoscope.sources.assemble import Notes
from lithoscope.sources.headings import Match
from lithoscope.sources.mapping import Column, Mapping
from lithoscope.sources.values import fold

Phrases = tuple[tuple[str, str], ...]
SUFFIXES = (".csv", ".xlsx", ".tsv")


def read(
    path: Path,
    record: SourceRecord,
    own_headings: Dict[str, str],
    *,
    needed: tuple[str, ...],
    finish: "Finish",
    progress: files.Progress | None,
    phrases: Phrases = (),
) -> Reading | list[Reading]:
    """A reading of the form, or one for each file of a folder.

    own_headings: heading -> field. phrases: words in a heading -> field, for what is left. needed: fields of
    which at least one must be recognised, besides a name.
    finish: given records, the chunk as read, the mapping and the notes; returns the records to keep.
    """
    chosen = files.tables_in(path, suffixes=SUFFIXES)
    readings = [
        _one(each, record, mapping_of(each, own_headings, needed=needed, phrases=phrases), finish, progress)
        for each in chosen
    ]
    return readings if path.is_dir() and len(readings) > 1 else readings[0]


class Finish:
    """What a form does with the records of a chunk; the default keeps them as they are."""

    def __call__(
        self, records: pd.DataFrame, frame: pd.DataFrame, plan: Mapping, notes: Notes
    ) -> pd.DataFrame:
        """The records to keep."""
        return records


def mapping_of(
    path: Path, own_headings: Dict[str, str], *, needed: tuple[str, ...], phrases: Phrases = ()
) -> Mapping:
    """The mapping of a form's columns; BadInput if it has no name or none of the needed fields."""
    general = proposal.propose(path)
    form = files.open_table(path)
    own = {headings.key(heading): field for heading, field in own_headings.items()}
    found: dict[str, Match] = {}
    for name in form.columns:
        for base, unit, unknown in headings.readings(name):
            field = own.get(headings.key(base))
            if field is not None and field not in found:
                found[field] = Match(name, field, 100.0, unit, unknown)
                break
    taken = {match.column for match in found.values()} | set(general.place.columns())
    fields_ = {name: column for name, column in general.fields.items() if column.column not in taken}
    fields_ |= {
        name: Column(column=match.column, unit=match.unit, unknown_unit=match.unknown_unit)
        for name, match in found.items()
        if name != "source_key" and match.column not in general.place.columns()
    }
    used = (
        {column.column for column in fields_.values()} | set(general.place.columns()) | set(general.without)
    )
    for name in form.columns:
        words = re.sub(r"[\W_]+", " ", fold(name))
        field = next((each for part, each in phrases if part in words and each not in fields_), None)
        if name not in used and field is not None:
            fields_[field] = Column(column=name)
    if "name" not in fields_ or not set(needed) & set(fields_):
        raise BadInput(
            f"the headings are not those of the form: {', '.join(form.columns[:5])}",
            "check the sheet, or read it with the source 'table' and a mapping",
            file=path.name,
            row=form.header_row,
        )
    key = found["source_key"].column if "source_key" in found else general.key
    return general.model_copy(
        update={"layer": "facilities", "layer_guessed": False, "fields": fields_, "key": key}
    )


def _one(
    path: Path, record: SourceRecord, plan: Mapping, finish: Finish, progress: files.Progress | None
) -> Reading:
    form = files.open_table(path, sheet=plan.sheet, header_row=plan.header_row, progress=progress)
    notes = Notes(record.source_id, "facilities")
    parts = []
    for frame in form.chunks():
        records = table.rows_to_records(frame, plan, notes)
        parts.append(finish(records, frame, plan, notes))
    whole = pd.concat(parts)
    whole["source_key"] = assemble.unique_keys(whole["source_key"], notes)
    records = assemble.records_frame(whole.index, {name: whole[name] for name in whole.columns})
    notes.add_of_file(form.findings)
    return assemble.reading(
        replace(record), [path], {"facilities": records}, rows_read=len(records), notes=[notes]
    )
