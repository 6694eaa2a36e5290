"""Where facts come from: the source record, and how sure a value is.

A value's *evidence* says how it was obtained. `disclosed` was said by the owner, `official` by an
authority, `measured` in the field or laboratory; `inferred` was concluded from something else,
`assumed` stands in for what is not known, `unverified` was stated without a source one can follow,
`simulated` is made up for a demonstration.
"""

from dataclasses import asdict, dataclass

EVIDENCE = ("measured", "official", "disclosed", "inferred", "assumed", "unverified", "simulated")
"""Kinds of evidence of a recorded value, the strongest first."""


@dataclass(frozen=True)
class SourceRecord:
    """One edition of one producer's data.

    retrieved, as_of: ISO 8601 dates, possibly partial ("2022-03"); as_of is the date the facts speak of.
    evidence: the kind of evidence of its values unless a record says otherwise.
    sha256: of the file that was read; None for facts typed in one by one.
    """

    source_id: str
    title: str
    producer: str
    citation: str
    licence: str
    evidence: str
    as_of: str = ""
    url: str = ""
    note: str = ""
    retrieved: str = ""
    file: str = ""
    sha256: str | None = None

    def as_dict(self) -> dict[str, str | None]:
        """The record as plain values, for the manifest and exports."""
        return asdict(self)
