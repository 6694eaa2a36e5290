"""What a user works with, written once: sources, rasters and zones, in `lithoscope.toml` beside the data.

```toml
[[source]]
name = "anm_sigbm"
path = "barragens.csv"

[[source]]
name = "table"
path = "dams.xlsx"
mapping = "dams.yaml"

[rasters]
dem = "copernicus/"
flow_direction = "directions.tif"
population = "worldpop.tif"
population_unit = "persons"

[zones]
eez = "eez_v12.gpkg"
protected_areas = "wdpa.gpkg"

[surroundings]
rivers = "rivers.gpkg"
places = "places.gpkg"
complete = ["rivers"]
```
`links = "links.csv"` names decisions on which records are one site (`pipelines/linking.py`), the table
`[server]` settings of the server (`pipelines/settings.py`). Paths are relative to the file.
"""

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from lithoscope.domain.errors import BadInput

FILE_NAME = "lithoscope.toml"


class SourceEntry(BaseModel):
    """One source to build from: its name, its file or folder, and for `table` its mapping."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    path: Path | None = None
    mapping: Path | None = None

    @classmethod
    def parse(cls, text: str) -> "SourceEntry":
        """NAME=PATH[:MAPPING], as --source has it; NAME alone for a source that needs no file."""
        name, _, rest = text.partition("=")
        if not name or (not rest and name != "starter"):
            raise BadInput(
                "is not NAME=PATH", "write --source NAME=PATH[:MAPPING]", file="--source", value=text
            )
        if not rest:
            return cls(name=name)
        path, colon, mapping = rest.rpartition(":")
        is_mapping = Path(path).exists() or mapping.lower().endswith((".yaml", ".yml"))
        if colon and not Path(rest).exists() and is_mapping:
            return cls(name=name, path=Path(path), mapping=Path(mapping))
        return cls(name=name, path=Path(rest))


class Rasters(BaseModel):
    """Terrain, people and hazards that the user has; a file or a folder of tiles each."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dem: Path | None = None
    flow_direction: Path | None = None
    population: Path | None = None
    population_unit: str | None = None
    seismic_pga_g: Path | None = None
    flood_depth_m: Path | None = None
    extreme_rain_mm: Path | None = None
    extreme_rain_future_mm: Path | None = None
    bathymetry: Path | None = None


class Zones(BaseModel):
    """Polygons that the user has: maritime zones, protected areas."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    eez: Path | None = None
    protected_areas: Path | None = None


class Surroundings(BaseModel):
    """Lines, areas and points around the sites, for the pre-selection of abandoned mines.

    complete: of these layers (and `protected_areas`), those that leave nothing out. Only such a layer can
    say that nothing is near; any other says at most that something is.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    rivers: Path | None = None
    places: Path | None = None
    poor_waters: Path | None = None
    farmland: Path | None = None
    aquifers: Path | None = None
    complete: tuple[
        Literal["rivers", "places", "poor_waters", "farmland", "aquifers", "protected_areas"], ...
    ] = ()


class Project(BaseModel):
    """All that `lithoscope.toml` may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: tuple[SourceEntry, ...] = ()
    rasters: Rasters = Rasters()
    zones: Zones = Zones()
    surroundings: Surroundings = Surroundings()
    links: Path | None = None
    server: dict[str, Any] = {}


def load(config: Path | None, data: Path | None = None) -> Project:
    """The project of `config`, of lithoscope.toml in `data` or the working folder, or an empty one."""
    candidates = (
        [config] if config else [folder / FILE_NAME for folder in (data, Path()) if folder is not None]
    )
    path = next((path for path in candidates if path.is_file()), None)
    if path is None:
        if config:
            raise BadInput("does not exist", "name an existing lithoscope.toml", file=str(config))
        return Project()
    about = path.stat()
    return _read(path, about.st_mtime_ns, about.st_size)


@lru_cache(maxsize=8)
def _read(path: Path, _changed_ns: int, _size: int) -> Project:
    """The project of a file, read once as long as the file stays the same: pages ask for it at each run."""
    try:
        project = Project.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"is not TOML ({error})", "correct it", file=str(path)) from error
    except ValidationError as error:
        first = error.errors()[0]
        raise BadInput(
            first["msg"],
            "see the README for its keys",
            file=str(path),
            column=".".join(map(str, first["loc"])),
        ) from error
    return _beside(project, path.parent)


def _beside(project: Project, folder: Path) -> Project:
    """The project with its paths made relative to the folder of its file."""

    def moved(model: BaseModel) -> BaseModel:
        paths = {name: folder / value for name, value in model if isinstance(value, Path)}
        return model.model_copy(update=paths)

    return project.model_copy(
        update={
            "source": tuple(moved(entry) for entry in project.source),
            "rasters": moved(project.rasters),
            "zones": moved(project.zones),
            "surroundings": moved(project.surroundings),
            "links": folder / project.links if project.links else None,
        }
    )
