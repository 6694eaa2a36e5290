"""How the columns of an unknown table stand for fields: a small YAML file, validated, written by `propose`.

```yaml
layer: facilities
decimal: ","
key: No.
place: {easting: UTM Este, northing: UTM Norte, zone: 19S}
fields:
  name: Depósito
  dam_height_m: {column: Altura, unit: ft}
constants: {country_stated: Chile}
without: [Teléfono]
```
"""

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from lithoscope.domain.errors import BadInput
from lithoscope.domain.provenance import EVIDENCE
from lithoscope.sources import headings, units

MOST_BYTES = 1_000_000


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
            if name not in headings.mappable():
                raise ValueError(f"'{name}' is no field that a column can fill; see the data dictionary")
        return named

    def to_yaml(self) -> str:
        """The mapping as YAML that `load` reads back."""
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
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadInput(
            first["msg"].removeprefix("Value error, "),
            "correct the line, or start from lithoscope propose",
            file=file,
            column=place or None,
        ) from error


assert set(About.model_fields["evidence"].annotation.__args__) == set(EVIDENCE)  # noqa: S101
