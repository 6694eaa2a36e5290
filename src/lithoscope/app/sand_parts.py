"""Parts that the observatory's views share: figures, downloads, published figures, where nobody can see."""

from collections.abc import Callable

import pandas as pd
import streamlit as st

from lithoscope.app import i18n, sand_words, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.pipelines import sand as observatory
from lithoscope.pipelines.sand import MASSES, VOLUMES, Period, Sand

AREAS = {"OSPAR": N_("North-East Atlantic (OSPAR)"), "WLD": N_("The world")}
_SUFFIXES = {"csv": "CSV", "parquet": "Parquet", "geojson": "GeoJSON"}


def figures(sand: Sand, period: Period, zone: str | None = None) -> None:
    """Hours, vessels, sand and dark gaps of a period."""
    total = sand.total(period, zone)
    vessels, gaps, episodes = (int(total[name]) for name in ("vessels", "gaps", "episodes"))
    low, high = total[VOLUMES[0]], total[VOLUMES[2]]
    mass = sand_words.amount(total[MASSES[0]], total[MASSES[2]], "t")
    widgets.figures(
        (i18n.number(total["hours"], 0), _("hours of dredging seen"), sand_words.status(sand)),
        (i18n.number(episodes), ngettext("time that a ship dredged", "times that a ship dredged", episodes)),
        (i18n.number(vessels), ngettext("dredger", "dredgers", vessels)),
        (
            sand_words.amount(low, high),
            _("of sand as it lay on the sea bed"),
            _("{mass} dry").format(mass=mass),
        ),
        (i18n.number(gaps), ngettext("dark gap", "dark gaps", gaps), _("what happened then is unknown")),
    )
    shown = i18n.date(period.first)
    shown = shown if period.first == period.last else f"{shown} – {i18n.date(period.last)}"
    widgets.note(i18n.colon(_("Period"), shown))


def blind(*, beside_map: bool = True) -> None:
    """Where we are blind, as a text; the map has it as a layer. beside_map: whether there is one."""
    widgets.heading(_("Where we are blind"))
    sand_words.paragraph(
        _("These pages show what signals tell. What they do not tell is unknown, and may be the larger part:")
    )
    sand_words.points(sand_words.BLIND + (sand_words.ON_MAP if beside_map else ()))


def published(sand: Sand, areas: list[str], *, key: str) -> None:
    """What others published, beside ours, for the order of magnitude."""
    known = observatory.published()
    areas = [area for area in areas if known["area"].eq(area).any()]
    if not areas:
        return
    sand_words.heading(sand, _("What others have published"))
    sand_words.paragraph(
        _(
            "For a check of the order of magnitude only: other years, other limits, other kinds of sand. "
            "Volumes and masses are not converted into each other."
        )
    )
    if sand.is_simulated:
        widgets.note(_("Our own figures on this page are simulated: the two must not be compared."))
    cells = []
    for area in areas:
        cells += [*_ours(sand, area), *_theirs(known[known["area"].eq(area)])]
    tables.plain(
        [_("Area"), _("Year"), _("Amount"), _("What it counts"), _("Source")],
        cells,
        caption=i18n.colon(_("Published figures beside ours"), sand_words.status(sand)),
        key=key,
        ends=(2,),
    )


def _ours(sand: Sand, area: str) -> list[list[object]]:
    found = []
    for year, row in sand.years(area).iterrows():
        text = ngettext("{n} month seen", "{n} months seen", int(row["months"]))
        amount = sand_words.amount(row[VOLUMES[0]], row[VOLUMES[2]])
        what = {"t": text, "sub": sand_words.status(sand)}
        found.append([_area(area), year, amount, what, "Lithoscope"])
    return found


def _theirs(rows: pd.DataFrame) -> list[list[object]]:
    found = []
    for row in rows.itertuples():
        year = i18n.year(row.year) + (f"–{i18n.year(row.year_to)}" if pd.notna(row.year_to) else "")
        is_volume = pd.notna(row.volume_m3)
        value, unit = (row.volume_m3, "m³") if is_volume else (row.mass_t, "t")
        text = _("{millions} {unit}") if value >= 1e6 else "{millions}\u00a0{unit}"
        amount = text.format(millions=i18n.short_number(value), unit=unit)
        found.append([_area(row.area), year, amount, _note(row), _source(row.source)])
    return found


def _area(area: str) -> str:
    return _(AREAS[area]) if area in AREAS else widgets.country(area)


def _note(row: object) -> dict[str, str] | str:
    kind, notes = getattr(row, "kind", None), getattr(row, "notes", None)
    what = _("extraction") if pd.isna(kind) else _(str(kind))
    return what if pd.isna(notes) else {"t": what, "sub": _(str(notes))}


def _source(source: object) -> dict[str, str] | str:
    text = str(source)
    if text.startswith(("https://", "http://")):
        address = text.split(" ")[0]
        return {"t": address.split("/")[2].removeprefix("www."), "href": address}
    return text


def downloads(sand: Sand, tables_of: dict[str, Callable[[], pd.DataFrame]], *, key: str) -> None:
    """Tables to take away. tables_of: label -> what makes the table; one with a geometry also as GeoJSON."""
    widgets.heading(_("Take the data away"))
    widgets.note(i18n.colon(_("Every row says what it is"), sand_words.status(sand)))
    for number, (label, make) in enumerate(tables_of.items()):
        name = ("months", "episodes", "vessels")[number % 3]
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            st.markdown(widgets.plain(label))
            for suffix, title in _SUFFIXES.items():
                if suffix == "geojson" and name != "episodes":
                    continue
                st.download_button(
                    title,
                    data=lambda make=make, suffix=suffix: observatory.as_file(make(), suffix),
                    file_name=sand_words.file_name(sand, f"sand-{name}-{key}", suffix),
                    mime="application/octet-stream",
                    key=f"sand:{key}:{name}:{suffix}",
                    on_click="ignore",
                )
