"""The `lithoscope` command: parses, calls pipelines, prints. Nothing is computed here."""

import json
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import TyperException

from lithoscope import __version__
from lithoscope.domain.errors import BadInput, LithoscopeError

if TYPE_CHECKING:
    from lithoscope.pipelines.build import Progress
    from lithoscope.pipelines.query import Condition

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="A public, verifiable inventory of tailings facilities, abandoned mines and marine sand dredging.",
)

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output, nothing else.")]
Data = Annotated[
    Path | None, typer.Option("--data", envvar="LITHOSCOPE_DATA", help="Folder where releases live.")
]

Layer = Annotated[str, typer.Option("--layer", help="facilities, mines or dredging.")]
Country = Annotated[str | None, typer.Option("--country", help="ISO 3166 code or name.")]
Where = Annotated[str, typer.Option("--where", help="FIELD OP VALUE [and ...], OP one of = != < <= > >= ~")]

INTERRUPTED = "interrupted; what was finished before is untouched"


def conditions(where: str, country: str | None) -> "tuple[Condition, ...]":
    """The conditions of --where and --country together."""
    from lithoscope.pipelines import countries, query

    of_country = (query.condition("country_iso3", "=", countries.code_of(country)),) if country else ()
    return (*of_country, *query.parse(where))


@contextmanager
def progress_bar() -> "Iterator[Progress]":
    """Progress on standard error, drawn only on a terminal."""
    from rich.console import Console
    from rich.progress import Progress as Bar

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda *_: None
        return
    with Bar(console=console, transient=True) as bar:
        tasks: dict[str, Any] = {}

        def show(what: str, done: int, total: int | None) -> None:
            task = tasks.get(what)
            if task is None:
                task = tasks[what] = bar.add_task(what, total=total)
            bar.update(task, completed=done, total=total)

        yield show


def say(document: dict[str, Any], *, as_json: bool, text: str) -> None:
    """Print the document, or the text for people."""
    print(json.dumps(document, ensure_ascii=False, indent=None) if as_json else text)


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """A public, verifiable inventory of tailings facilities, abandoned mines and marine sand dredging."""
    if version:
        print(__version__)
        raise typer.Exit


@app.command()
def build(
    source: Annotated[
        list[str] | None,
        typer.Option(
            "--source", help="NAME=PATH[:MAPPING]; repeats. Without any: lithoscope.toml, or the starter."
        ),
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A lithoscope.toml that lists the sources.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Read sources, check every row, and write a new release."""
    from lithoscope.pipelines import build as pipeline
    from lithoscope.pipelines import report_of_build
    from lithoscope.pipelines.project import SourceEntry, load

    project = load(config, data)
    entries = [SourceEntry.parse(text) for text in source or ()]
    entries = entries or list(project.source) or [SourceEntry(name="starter")]
    with progress_bar() as progress:
        report = pipeline.build(
            entries,
            data,
            links=project.links,
            rasters=project.rasters,
            zones=project.zones,
            near=project.surroundings,
            progress=progress,
            notice=lambda text: print(text, file=sys.stderr),
        )
    if as_json:
        say(report_of_build.document(report, data), as_json=True, text="")
    else:
        print(report_of_build.plain_text(report, data))


@app.command()
def releases(
    use: Annotated[
        str | None, typer.Option("--use", help="Show this release from now on, as it was built.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The releases that are kept, the newest first, and which of them pages and commands show."""
    from lithoscope.pipelines import report_of_build, store

    if use is not None:
        store.make_current(store.open_release(data, use))
    document = report_of_build.listed(data)
    say(document, as_json=as_json, text=report_of_build.listed_text(document))


@app.command()
def check(data: Data = None, as_json: Json = False) -> None:
    """Compare every file of the current release with its checksum."""
    from lithoscope.pipelines import store

    release = store.open_release(data)
    problems = store.problems(release)
    document = {"ok": not problems, "files": len(release.manifest["files"]), "problems": problems}
    say(document, as_json=as_json, text="\n".join([*problems, f"{document['files']} files checked"]))
    if problems:
        raise typer.Exit(2)


@app.command()
def diff(before: str, after: str, data: Data = None, as_json: Json = False) -> None:
    """What changed from release BEFORE to release AFTER."""
    from lithoscope.pipelines import store
    from lithoscope.pipelines.diff import diff as compare

    document = compare(store.open_release(data, before), store.open_release(data, after))
    lines = [f"{len(document['added'])} added, {len(document['removed'])} removed"]
    lines += [
        f"{each['site_id']}: {each['method']}: {each['from']} -> {each['to']} ({each['why']})"
        for each in document["reclassified"]
    ]
    say(document, as_json=as_json, text="\n".join(lines))


@app.command()
def explain(site_id: str, data: Data = None, as_json: Json = False) -> None:
    """Why the site SITE_ID is classed as it is: every method, its inputs, gaps and what would change it."""
    from lithoscope.pipelines import explain as pipeline
    from lithoscope.pipelines import store

    document = pipeline.explain(store.open_release(data), site_id)
    say(document, as_json=as_json, text=pipeline.as_text(document))


@app.command()
def downstream(
    site_id: Annotated[str | None, typer.Argument(help="A facility of the current release, tsf:...")] = None,
    country: Annotated[
        str | None, typer.Option("--country", help="All facilities of a country, by code or name.")
    ] = None,
    lon: Annotated[float | None, typer.Option("--lon", help="Longitude, WGS 84.")] = None,
    lat: Annotated[float | None, typer.Option("--lat", help="Latitude, WGS 84.")] = None,
    height_m: Annotated[float | None, typer.Option("--height-m", help="Dam height, or a what-if.")] = None,
    volume_m3: Annotated[
        float | None, typer.Option("--volume-m3", help="Stored volume, or a what-if.")
    ] = None,
    precision_km: Annotated[
        float | None, typer.Option("--precision-km", help="How far the true place may be.")
    ] = None,
    dem: Annotated[str | None, typer.Option("--dem", help="Terrain: a GeoTIFF or a folder of tiles.")] = None,
    dem_unit: Annotated[str | None, typer.Option("--dem-unit", help="m or ft.")] = None,
    flow_direction: Annotated[
        str | None,
        typer.Option(
            "--flow-direction", help="Published D8 directions on the terrain's cells, to be followed."
        ),
    ] = None,
    population: Annotated[
        str | None, typer.Option("--population", help="Population grid: a GeoTIFF or a folder of tiles.")
    ] = None,
    population_unit: Annotated[
        str | None, typer.Option("--population-unit", help="persons or persons_per_km2.")
    ] = None,
    layer: Annotated[
        list[str] | None,
        typer.Option("--layer", help="KIND=FILE: places, hospitals, roads, rivers, lakes, protected_areas."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for the results.")] = None,
    config: Annotated[
        Path | None, typer.Option("--config", help="A lithoscope.toml that lists the rasters.")
    ] = None,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """What a failure would reach: release, path, people, borders. Screening, not a breach analysis."""
    from lithoscope.pipelines import countries
    from lithoscope.pipelines import downstream_run as pipeline

    asked = pipeline.Asked(
        site_id=site_id,
        country=None if country is None else countries.code_of(country),
        lon=lon,
        lat=lat,
        height_m=height_m,
        volume_m3=volume_m3,
        precision_km=precision_km,
        dem=dem,
        dem_unit=dem_unit,
        flow_direction=flow_direction,
        population=population,
        population_unit=population_unit,
        layers=layer,
        out=out,
        config=config,
        data=data,
    )
    with progress_bar() as progress:
        document = pipeline.run(asked, progress)
    say(document, as_json=as_json, text=pipeline.plain_text(document))


@app.command()
def dredging(
    ais: Annotated[
        list[str], typer.Argument(help="AIS files, patterns or folders: NMEA, CSV, zip, Parquet.")
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder for the results.")],
    engine: Annotated[str, typer.Option("--engine", help="polars, duckdb or spark.")] = "polars",
    memory_limit: Annotated[str | None, typer.Option("--memory-limit", help="For duckdb, e.g. 2GB.")] = None,
    zones: Annotated[
        Path | None, typer.Option("--zones", help="Zones as polygons, e.g. of Marine Regions.")
    ] = None,
    vessels: Annotated[Path | None, typer.Option("--vessels", help="A vessel table of your own.")] = None,
    mapping: Annotated[Path | None, typer.Option("--mapping", help="YAML: which column is what.")] = None,
    protected: Annotated[
        Path | None, typer.Option("--protected", help="Protected areas as polygons.")
    ] = None,
    bathymetry: Annotated[
        Path | None, typer.Option("--bathymetry", help="Elevations as GeoTIFF, negative below the sea.")
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Add the files to the feed in --out.")] = False,
    as_json: Json = False,
) -> None:
    """Find where, when and how much is dredged in raw AIS."""
    from lithoscope.pipelines import dredging as pipeline
    from lithoscope.pipelines import dredging_outputs as outputs

    given = (zones, vessels, mapping, protected, bathymetry)
    options = pipeline.Options(engine, memory_limit, *given, append=append)
    document = pipeline.run(ais, out, options, say=lambda notice: print(f"note: {notice}", file=sys.stderr))
    say(document, as_json=as_json, text=outputs.plain_text(document, out))


@app.command()
def export(
    out: Annotated[Path, typer.Option("--out", help="File to write; its suffix names the format.")],
    layer: Layer = "facilities",
    country: Country = None,
    where: Where = "",
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Take sites away with their sources inside: .gpkg .parquet .geojson .csv .xlsx."""
    from lithoscope.pipelines import export as pipeline
    from lithoscope.pipelines import listing, store

    file_format = pipeline.format_of(out)
    (chosen,) = listing.layers_of(layer)
    release = store.open_release(data)
    shown = listing.selected(release, chosen, conditions(where, country))
    rows = pipeline.export(release, shown, chosen, out)
    document = {"out": str(out), "rows": rows, "format": file_format}
    say(document, as_json=as_json, text=f"{rows} rows written to {out}")


@app.command()
def fetch(
    name: Annotated[str, typer.Argument(help="Source to fetch, for instance usgs_mrds.")],
    url: Annotated[str, typer.Option("--url", help="A mirror to fetch from instead.")] = "",
    sha256: Annotated[str, typer.Option("--sha256", help="Checksum that the file must have.")] = "",
    again: Annotated[bool, typer.Option("--again", help="Fetch anew although the file is there.")] = False,
    country: Annotated[
        str | None, typer.Option("--country", help="Rasters: around the facilities of this State.")
    ] = None,
    site: Annotated[str | None, typer.Option("--site", help="Rasters: around this facility.")] = None,
    box: Annotated[str | None, typer.Option("--box", help="Rasters: W,S,E,N in degrees.")] = None,
    around_km: Annotated[
        float, typer.Option("--around-km", help="Rasters: how far around each facility.")
    ] = 60.0,
    only_list: Annotated[
        bool, typer.Option("--list", help="Rasters: name the files and their addresses, fetch nothing.")
    ] = False,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """Fetch the file that a publisher offers, or say where to get it by hand.

    Terrain (copernicus_glo30, copernicus_glo90) and people (worldpop_100m, worldpop_1km) are fetched for a
    place: --country, --site or --box.
    """
    from lithoscope.pipelines import countries, downstream_rasters, intake

    if downstream_rasters.is_raster(name):
        state = None if country is None else countries.code_of(country)
        place = downstream_rasters.Place(state, site, box, around_km)
        with progress_bar() as progress:
            got = downstream_rasters.fetch(
                name, place, data, url=url, again=again, only_list=only_list, progress=progress
            )
        say(got, as_json=as_json, text=downstream_rasters.plain_text(got))
        return
    with progress_bar() as progress:
        found = intake.fetch(
            name,
            data,
            url=url,
            sha256=sha256,
            again=again,
            progress=lambda *now: progress(f"fetching {name}", *now),
        )
    say(found, as_json=as_json, text=f"{found['path']}\n{found['bytes']} bytes, sha256 {found['sha256']}")


@app.command()
def inventory(
    iso3: Annotated[str, typer.Argument(help="ISO 3166 code or name of the State.")],
    data: Data = None,
    as_json: Json = False,
) -> None:
    """The inventory of one State: counts by toxicity, consequence, status and evidence."""
    from lithoscope.pipelines import countries, store
    from lithoscope.pipelines.inventory import inventory as pipeline

    document = pipeline(store.open_release(data), countries.code_of(iso3))
    lines = [f"{document['name']} ({document['country']}), release {document['release']}"]
    for layer, counts in document["layers"].items():
        lines.append(f"  {layer}: {counts['count']}")
        for key in ("by_consequence", "by_toxicity", "by_status", "by_evidence"):
            if counts[key]:
                lines.append(
                    f"    {key.replace('_', ' ')}: " + ", ".join(f"{k} {n}" for k, n in counts[key].items())
                )
        if reached := counts.get("toxicity_at_or_above"):
            ranges = ", ".join(f"{name} {least} to {most}" for name, (least, most) in reached.items())
            lines.append(f"    toxicity at or above, at least to at most: {ranges}")
    lines.append(f"  without coordinates: {document['without_coordinates']}")
    say(document, as_json=as_json, text="\n".join(lines))


@app.command()
def propose(
    file: Annotated[
        Path, typer.Argument(help="CSV, XLSX, GeoPackage, GeoJSON, GeoParquet, zipped Shapefile.")
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the mapping here, to be edited.")] = None,
    as_json: Json = False,
) -> None:
    """Print the mapping from columns to fields that a build would use for an unknown table."""
    from lithoscope.pipelines import intake

    text, mapping = intake.propose(file, out)
    say({"file": file.name, "out": str(out) if out else None, "mapping": mapping}, as_json=as_json, text=text)


@app.command()
def sites(
    layer: Annotated[
        str | None, typer.Option("--layer", help="facilities, mines or dredging; without: all.")
    ] = None,
    country: Country = None,
    where: Where = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="How many at most; 0 for all.")] = 100,
    data: Data = None,
    as_json: Json = False,
) -> None:
    """List sites that satisfy a condition."""
    from lithoscope.pipelines import listing, store

    document = listing.listing(store.open_release(data), layer, conditions(where, country), limit)
    lines = [
        f"{each['site_id']}\t{each['country_iso3'] or '-'}\t{each['name'] or '-'}"
        for each in document["sites"]
    ]
    more = f" ({len(lines)} shown; --limit 0 for all)" if document["truncated"] else ""
    say(document, as_json=as_json, text="\n".join([*lines, f"{document['count']} sites{more}"]))


def _require_text(argument: str) -> None:
    """Raise BadInput for an argument that no file of ours could hold: its bytes are not UTF-8."""
    try:
        argument.encode()
    except UnicodeEncodeError as error:
        shown = argument.encode(errors="replace").decode()
        raise BadInput(
            "is not UTF-8", "rename the file, or type it in UTF-8", file="lithoscope", value=shown
        ) from error


def main() -> None:
    """Run the command line; the exit status is 0, 2 for bad input, 130 if interrupted, 1 for a defect."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # so that work folders are cleared away
    try:
        for text in sys.argv:
            _require_text(text)
        status = app(standalone_mode=False) or 0
        if status == 130:  # typer turns an interrupt into this status without a word
            print(INTERRUPTED, file=sys.stderr)
    except LithoscopeError as error:
        print(error, file=sys.stderr)
        status = error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        print(INTERRUPTED, file=sys.stderr)
        status = 130
    except TyperException as error:
        print(f"lithoscope: {error}; see lithoscope --help", file=sys.stderr)
        status = 2
    sys.exit(status)
