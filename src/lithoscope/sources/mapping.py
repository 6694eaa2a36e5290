"""How the columns of an unknown table stand for fields: a small YAML file, validated, written by `propose`.

```yaml
layer: facilities
decimal: ","
key: No.
place: {easting: UTM Este, northing: UTM Norte, zone: 19S}
fields:
  name: Depósito
  dam_height_m: {column: Altura, unit: ft}
constants: {country_stated: Chile, classification_system: CDA}
without: [Teléfono]
```
What holds for every row stands under `constants`: a field and its text.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.sources import headings, units

MOST_BYTES = 1_000_000
SYSTEM = "classification_system"


_OTHER_UNITS = {"length": "ft", "area": "acre", "volume": "acre-feet", "concentration": "%"}
"""Dimension -> a unit that tables also use, as the example of one that is stated."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Column(_Strict):
    """One column for one field. unit: of its numbers, if it is not the field's own."""

    column: str
    unit: str | None = None
    unknown_unit: str | None = None

    @field_validator("unit")
    @classmethod
    def _known(cls, unit: str | None) -> str | None:
        if unit is not None and not units.known(unit):
            raise ValueError(f"'{unit}' is no unit of data/reference/units.csv")
        return unit


def _column(value: object) -> object:
    return {"column": value} if isinstance(value, str) else value


class Place(_Strict):
    """Where the place stands: `lon` and `lat`, or `pair` ("lat, lon"), or `easting`, `northing` and `zone`
    (`19S`, or `zone_column`), or `wkt`, or nothing for a format with geometry of its own."""

    lon: str | None = None
    lat: str | None = None
    pair: str | None = None
    easting: str | None = None
    northing: str | None = None
    zone: str | None = Field(None, pattern=r"^\s*\d{1,2}\s*[A-Za-z]?\s*$")
    zone_column: str | None = None
    wkt: str | None = None

    @model_validator(mode="after")
    def _is_whole(self) -> "Place":
        for one, other in (("lon", "lat"), ("easting", "northing")):
            if (getattr(self, one) is None) != (getattr(self, other) is None):
                raise ValueError(f"{one} and {other} stand together")
        return self

    def columns(self) -> list[str]:
        """The columns that it names."""
        named = (self.lon, self.lat, self.pair, self.easting, self.northing, self.zone_column, self.wkt)
        return [name for name in named if name is not None]


class About(_Strict):
    """What is known of the table as a source; it goes into the source record."""

    title: str = ""
    producer: str = ""
    citation: str = ""
    licence: str = ""
    url: str = ""
    as_of: str = ""
    evidence: Literal[
        "measured", "official", "disclosed", "inferred", "assumed", "unverified", "simulated"
    ] = "unverified"


class Mapping(_Strict):
    """The whole mapping. layer_guessed: the layer was not certain; remove the line once it is.

    unused: columns that no field was found for; they stay in the record as written.
    without: columns with personal data, which are not read into the register.
    """

    layer: Literal["facilities", "mines"]
    layer_guessed: bool = False
    sheet: str | None = None
    header_row: int | None = Field(None, ge=1)
    decimal: Literal[".", ","] = "."
    date_order: Literal["dmy", "mdy"] = "dmy"
    key: str | None = None
    place: Place = Place()
    fields: dict[str, Annotated[Column, BeforeValidator(_column)]] = {}
    constants: dict[str, str] = {}
    without: list[str] = []
    unused: list[str] = []
    source: About = About()

    @field_validator("fields", "constants")
    @classmethod
    def _are_fields(cls, named: dict[str, Any]) -> dict[str, Any]:
        for name in named:
            if name in ("lon", "lat"):
                raise ValueError("lon and lat stand under place: {lon: HEADING, lat: HEADING}")
            if name not in headings.mappable():
                near = headings.near(name)
                known = f"did you mean {near}?" if near else "see the data dictionary"
                raise ValueError(f"'{name}' is no field that a column can fill; {known}")
        return named

    def to_yaml(self) -> str:
        """The mapping as YAML that `load` reads back, with what is left to say as comments."""
        return self._plain_yaml() + self._units_to_state() + self._system_to_state()

    def _units_to_state(self) -> str:
        """Lines that name the columns of quantities whose heading says no unit; "" where all do."""
        silent = {
            name: column.column
            for name, column in self.fields.items()
            if column.unit is None and column.unknown_unit is None and headings.dimension_of(name) is not None
        }
        if not silent:
            return ""
        read = ", ".join(f"'{column}' ({fields.field(name).unit})" for name, column in silent.items())
        name, column = next(iter(silent.items()))
        other = _OTHER_UNITS[headings.dimension_of(name)]
        return (
            f"# No heading says the unit of {read}: numbers are read as in the brackets.\n"
            f"# Where that is wrong, write it: {name}: {{column: {json.dumps(column)}, unit: {other}}}\n"
        )

    def _system_to_state(self) -> str:
        """Lines that state the system of a declared class, to be uncommented; "" where none is missing."""
        column = self.fields.get("consequence_class_raw")
        if column is None or SYSTEM in self.fields or SYSTEM in self.constants:
            return ""
        likely = headings.system_of_heading(column.column)
        known = headings.systems()
        head = [
            f"# '{column.column}' holds classes. The file does not say of which system, and the same word",
            "# differs in meaning between systems: without it they stay unrated. If you know the system,",
            "# remove the # of the last line and keep one of: " + "; ".join(known),
        ]
        if likely:
            head.append(f"# The heading is that of {likely}.")
        if self.constants:
            line = f"#   {SYSTEM}: {likely or known[0]}   (under constants, above)"
        else:
            line = f"# constants: {{{SYSTEM}: {likely or known[0]}}}"
        return "\n".join([*head, line]) + "\n"

    def _plain_yaml(self) -> str:
        plain = self.model_dump(exclude_defaults=True)
        plain["fields"] = {
            name: column.column if column.unit is None and column.unknown_unit is None
            else column.model_dump(exclude_none=True)
            for name, column in self.fields.items()
        }  # fmt: skip
        return yaml.safe_dump(plain, allow_unicode=True, sort_keys=False, width=110)


class _NoAliases(yaml.SafeLoader):
    """A YAML loader that refuses aliases: a mapping needs none, and they can grow without end."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not allowed in a mapping")
        return super().compose_node(parent, index)


def load(path: Path) -> Mapping:
    """The mapping of a YAML file; BadInput naming the place that is wrong."""
    if not path.is_file():
        raise BadInput(
            "no such mapping", "write one with lithoscope propose FILE --out MAP.yaml", file=path.name
        )
    if path.stat().st_size > MOST_BYTES:
        raise BadInput("the mapping is too large", "a mapping has some dozen lines", file=path.name)
    try:
        return parse(path.read_text(encoding="utf-8"), file=path.name)
    except UnicodeDecodeError as error:
        raise BadInput("the mapping is not UTF-8", "save it as UTF-8", file=path.name) from error


def parse(text: str, *, file: str = "mapping") -> Mapping:
    """The mapping that a YAML text writes; BadInput naming the place that is wrong."""
    try:
        plain = yaml.load(text, Loader=_NoAliases)  # noqa: S506  a SafeLoader without aliases
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        said = " ".join(str(getattr(error, "problem", None) or error).split())[:120]
        mark = getattr(error, "problem_mark", None)
        raise BadInput(
            f"is no YAML: {said}",
            "see the example in the documentation",
            file=file,
            row=mark.line + 1 if mark else None,
        ) from error
    if not isinstance(plain, dict):
        raise BadInput(
            "a mapping has named parts such as layer and fields", "see lithoscope propose", file=file
        )
    try:
        return Mapping.model_validate(plain)
    except ValidationError as error:
        raise _explained(error, file) from error


def _explained(error: ValidationError, file: str) -> BadInput:
    """The first fault of a mapping, in words for people."""
    first = error.errors()[0]
    *parents, last = [str(part) for part in first["loc"]] or [""]
    remedy = "correct the line, or start from lithoscope propose"
    what = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        model = {"place": Place, "source": About, "fields": Column}.get(
            parents[0] if parents else "", Mapping
        )
        what = f"is no key here; known are {', '.join(model.model_fields)}"
        if model is Mapping and last in headings.mappable():
            remedy = f"a field with one text for all rows stands under constants: {{{last}: ...}}"
            remedy += f"; one with a column of its own under fields: {{{last}: HEADING}}"
    elif first["type"] == "missing":
        what = "is missing"
    return BadInput(what, remedy, file=file, column=".".join([*parents, last]) or None)


assert set(About.model_fields["evidence"].annotation.__args__) == set(EVIDENCE)  # noqa: S101
