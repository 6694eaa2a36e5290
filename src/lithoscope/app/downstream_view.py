"""One downstream answer in full: words, map, long profile, tables, flags, downloads.

The same for what a release holds, for what a reader asks, and for the demonstration.
"""

import csv
import html
import io
import json
import re
from collections.abc import Mapping
from typing import Any

import altair as alt
import streamlit as st

from lithoscope.app import downstream_maps, i18n, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain.scales import CONSEQUENCE, UNRATED
from lithoscope.pipelines.downstream import FLAGS
from lithoscope.pipelines.downstream_page import words

CASES = ("low", "best", "high")
QUANTITIES = {
    "released_volume_m3": (N_("Volume released"), "m³", 0),
    "runout_km": (N_("How far the deposit comes, along the valley"), "km", None),
    "inundation_km2": (N_("Area covered"), "km²", None),
    "population": (N_("People living there"), "", 0),
    "plume_km": (N_("How far water and fines may be carried"), "km", None),
}
CONVENTIONS = {
    "industrial_accidents": N_("Industrial Accidents"),
    "espoo": N_("Espoo"),
    "water": N_("Water"),
}
"""The three UNECE conventions, as short as a table needs them."""
LAYERS = {
    "places": N_("Places"),
    "hospitals": N_("Hospitals"),
    "roads": N_("Roads"),
    "rivers": N_("Rivers"),
    "lakes": N_("Lakes"),
    "protected_areas": N_("Protected areas"),
    "facilities": N_("Other facilities"),
}
REASONS = (
    N_("the site lies outside the terrain model"),
    N_("the terrain model has no value under the dam"),
    N_("the flow directions have no value under the dam"),
    N_("the flow directions run in a circle there"),
)
"""Why an assessment may fail, as `downstream_terrain` says it."""
UNSUITED = re.compile(r"the formulas do not hold for this facility \((\w+): (.+)\)")
NEGATIVE = re.compile(r"a cell of (.+) holds (-\S+) people")
_UNSUITED_FIELDS = {"structure": "structure_kind"}
_HEIGHT, _LINE, _TURN = 240, 15, 0.6
"""Of the long profile: its height and that of a line of names, px; from where on names stand to the left."""
_MISSING = re.compile(r"(\w+(?: and \w+)*) not recorded")


def show(shown: Mapping[str, Any], *, key: str, name: str) -> None:
    """The answer: see `downstream_page.page` for what it holds. name: begins the names of files."""
    answer = shown["answer"]
    st.markdown(widgets.plain(in_words(answer)))
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        downstream_maps.of_answer(
            shown, key=f"{key}:map", alt=_("Map of the areas and the path that a failure would reach.")
        )
    with right:
        _ranges(answer, f"{key}:ranges")
        _class(answer)
        _flags(answer)
    if shown.get("profile"):
        _profile(shown, f"{key}:profile")
    countries(answer, f"{key}:countries")
    _exposed(answer, f"{key}:exposed")
    _downloads(shown, key, name)


def in_words(answer: Mapping[str, Any]) -> str:
    """The answer in plain words, numbers as the language writes them."""
    said = []
    for sentence, values in words(dict(answer)):
        shown = {
            key: i18n.number(value) if isinstance(value, int | float) else value
            for key, value in values.items()
        }
        if "country" in shown:
            shown["country"] = widgets.country(shown["country"])
        said.append(_(sentence) % shown)
    return " ".join(said).replace("km2", "km²")


def not_assessed(answer: Mapping[str, Any]) -> str:
    """Why there is no answer for a facility."""
    reason = "; ".join(map(_note, answer["notes"]))
    found = _MISSING.fullmatch(reason)
    if found:
        names = ", ".join(
            _("Coordinates") if name == "coordinates" else widgets.field_label(name)
            for name in found[1].split(" and ")
        )
        reason = i18n.colon(_("not recorded"), names)
    return _("This facility was not assessed: %(reason)s.") % {"reason": reason}


def _note(note: str) -> str:
    """A note of an answer in the reader's language."""
    unsuited, negative = UNSUITED.fullmatch(note), NEGATIVE.fullmatch(note)
    if negative:
        return _("a cell of {file} holds {n} people").format(file=negative[1], n=negative[2])
    if unsuited:
        label = widgets.field_label(_UNSUITED_FIELDS.get(unsuited[1], unsuited[1]))
        return f"{_(FLAGS['not_a_confined_dam'])} ({i18n.colon(label, _(unsuited[2]))})"
    return _(note)


def _ranges(answer: Mapping[str, Any], key: str) -> None:
    rows = []
    for field, (label, unit, digits) in QUANTITIES.items():
        values = answer.get(field)
        if values is None:
            continue
        cells = [
            _("unknown") if values[case] is None else i18n.number(_two_digits(values[case]), digits)
            for case in CASES
        ]
        rows.append([{"t": _(label), "sub": unit}, *cells])
    tables.plain(
        ["", *map(_, CASES)],
        rows,
        caption=_("What a failure would reach, with its 90 % interval"),
        key=key,
        ends=(1, 2, 3),
        hide_caption=False,
        widths=(34, 20, 24, 22),
    )


def _two_digits(value: float) -> float:
    """As many digits as a screening answer is worth; downloads hold all."""
    return float(f"{value:.2g}")


def km(value: float) -> str:
    """A distance along the path, as a screening answer can say it."""
    return f"{i18n.number(_two_digits(value))} km"


def _class(answer: Mapping[str, Any]) -> None:
    code = answer["consequence_at_least"]
    text = _(UNRATED)
    if code != UNRATED:
        text = _("at least {low}").format(low=_(CONSEQUENCE.label(code)))
    widgets.legend(
        _("Consequence class by people and area, best estimate"), [(text, CONSEQUENCE.colour(code), None)]
    )


def _flags(answer: Mapping[str, Any]) -> None:
    """Doubts in words: the notes of the answer, the screening sentence first."""
    said = []
    for note in answer["notes"]:
        note = _note(note)
        said.append(note[:1].upper() + note[1:])
    if answer.get("other_ways"):
        said.append(
            _("Other starts that were followed: {n}. Low and high include them.").format(
                n=i18n.number(len(answer["other_ways"]))
            )
        )
    directions = answer.get("inputs", {}).get("flow_direction")
    if directions:
        said.append(
            i18n.colon(_("The path follows the flow directions of a file that was given"), directions)
        )
    head = html.escape(_("What to keep in mind"))
    st.html(f'<p class="ls-head">{head}</p>')
    for text in said:
        widgets.note(text)


def _profile(shown: Mapping[str, Any], key: str) -> None:
    """The long profile: ground along the path, and how far the deposit comes."""
    answer, profile = shown["answer"], shown["profile"]
    site, run = answer["site"], answer["runout_km"]
    far = max(1.25 * run["high"], 1.0)
    ground = [
        {"km": round(km, 3), "m": round(m, 1)}
        for km, m in zip(profile["chainage_km"], profile["terrain_m"], strict=True)
        if km <= far
    ]
    names = {"low": _("low"), "best": _("best"), "high": _("high")}
    ends = [
        {"km": run[case], "what": names[case], "colour": downstream_maps.CASE_COLOURS[case]} for case in CASES
    ]
    borders = [
        {"km": each["at_km"], "what": widgets.country(each["country_iso3"])}
        for each in answer.get("reached", [])[1:]
        if each["at_km"] <= far
    ]
    widgets.heading(_("Along the valley"))
    spec = _profile_spec(ground, ends, borders)
    first, last = ground[0]["m"], ground[-1]["m"]
    words = _("The ground falls from {first} m to {last} m over {length} km; the dam is {height} m high.")
    st.vega_lite_chart(
        None,
        spec,
        key=key,
        width="stretch",
        alt=words.format(
            first=i18n.number(first, 0),
            last=i18n.number(last, 0),
            length=i18n.number(ground[-1]["km"]),
            height=i18n.number(site["height_m"]),
        ),
    )
    widgets.note(
        _(
            "Grey: the ground along the path. Coloured lines: where the deposit ends, by the low, best and "
            "high estimate. Dashed lines: where another State is first reached."
        )
    )


def _profile_spec(ground: list[dict], ends: list[dict], borders: list[dict]) -> dict[str, Any]:
    """The chart as Vega-Lite. Numbers of the axes have no separators: they are the same in each language."""
    ink = "#e7ecec" if st.context.theme.type == "dark" else "#1c2529"
    low, high = min(each["m"] for each in ground), max(each["m"] for each in ground)
    far = max(each["km"] for each in ground)
    labels = [*ends, *borders]
    for row, each in enumerate(labels):  # a line of its own for each name, above the ground
        each |= {"y": 2 + _LINE * row, "side": "right" if each["km"] > _TURN * far else "left"}
    free = min((_LINE * len(labels) + 6) / _HEIGHT, 0.6)
    top = high + (high - low + 1) * free / (1 - free)
    x = alt.X(
        "km:Q",
        title=_("Distance along the path, km"),
        axis=alt.Axis(labelExpr="datum.value", grid=False, labelFlush=True),
        scale=alt.Scale(domain=[0, far], nice=False),
    )
    y = alt.Y(
        "m:Q",
        title=_("Height, m"),
        axis=alt.Axis(labelExpr="datum.value", tickCount=5),
        scale=alt.Scale(domain=[low - 0.05 * (high - low + 1), top], nice=False),
    )
    area = alt.Chart(alt.NamedData("ground")).mark_area(
        color="#8a8f98", opacity=0.55, clip=True, line={"color": "#5d626a"}
    )
    rules = alt.Chart(alt.NamedData("ends")).mark_rule(strokeWidth=3)
    rules = rules.encode(x="km:Q", color=alt.Color("colour:N", scale=None))
    across = alt.Chart(alt.NamedData("borders")).mark_rule(strokeDash=[5, 4], color=ink)
    place = alt.Y("y:Q", scale=None, axis=None)
    named = [
        alt.Chart(alt.NamedData("labels"))
        .transform_filter(alt.datum.side == side)
        .mark_text(align=side, dx=dx, baseline="top", color=ink, fontSize=12)
        .encode(x="km:Q", y=place, text="what:N")
        for side, dx in (("left", 5), ("right", -5))
    ]
    chart = alt.layer(
        area.encode(x=x, y=y),
        rules,
        across.encode(x="km:Q"),
        *named,
    )
    spec = json.loads(chart.configure_view(stroke=None).to_json(indent=None))
    return {
        **spec,
        "datasets": {"ground": ground, "ends": ends, "borders": borders, "labels": labels},
        "height": _HEIGHT,
        "autosize": {"type": "fit-x", "contains": "padding"},
    }


def countries(answer: Mapping[str, Any], key: str) -> None:
    """States that the path or the areas reach, and the conventions that bind both sides."""
    reached = answer.get("reached", [])
    if not reached:
        return
    widgets.heading(_("States in the path"))
    notices = {each["country_iso3"]: each for each in answer.get("to_notify", [])}
    rows: list[list[Any]] = [[widgets.country_cell(reached[0]["country_iso3"]), _("its own State"), "", ""]]
    for number, each in enumerate(reached[1:]):
        remark = _("the area alone, beside the path") if each.get("beside_path") else ""
        after = {"t": km(each["at_km"]), "sub": remark or (first_border(answer) if number == 0 else "")}
        rows.append(_state(each, after, notices.get(each["country_iso3"], {})))
    for each in answer.get("may_reach", []):
        after = {"t": km(each["at_km"]), "sub": _("so near that the path may cross")}
        rows.append(_state(each, after, each))
    for each in answer.get("farther", []):
        after = {"t": km(each["at_km"]), "sub": _("beyond the deposit: water and fines only")}
        rows.append(_state(each, after, each))
    tables.plain(
        [_("State"), _("First reached after"), _("UNECE conventions both are party to"), _("Not known")],
        rows,
        caption=_("States in the path"),
        key=key,
        widths=(27, 25, 30, 18),
    )
    for each in answer.get("disputed", []):
        what = _("Disputed area in the path, after {km}").format(km=km(each["at_km"]))
        widgets.note(i18n.colon(what, each["area"]))
    if len(rows) > 1:
        widgets.note(
            _(
                "Borders are generalised; where a river is the border, the path crosses it early or late. "
                "A convention is listed where both States are known to be party; see the methods for dates."
            )
        )


def _state(each: Mapping[str, Any], after: dict[str, str], notice: Mapping[str, Any]) -> list[Any]:
    """A row of the States in the path; results of older versions hold no conventions of States farther on."""
    bound = conventions(notice) if notice.get("conventions") else ("", "")
    return [widgets.country_cell(each["country_iso3"]), after, *bound]


def border_bounds(answer: Mapping[str, Any]) -> tuple[float | None, float | None, float | None]:
    """Distance to the first border, and its interval; results of older versions have none. [km]"""
    span = answer.get("first_border_interval_km") or {"low": None, "high": None}
    return answer["first_border_km"], span["low"], span["high"]


def first_border(answer: Mapping[str, Any]) -> str:
    """The interval of the distance to the first border, as the terrain leaves it open."""
    _found, low, high = border_bounds(answer)
    if low is None:
        return ""
    nearest = i18n.number(_two_digits(low))
    if high is None:
        return _("from {low} km on, or not at all").format(low=nearest)
    return _("between {low} and {high} km").format(low=nearest, high=i18n.number(_two_digits(high)))


def conventions(notice: Mapping[str, Any]) -> tuple[str, str]:
    """Conventions that both States are party to, and those of which that is not known."""
    both = [_(CONVENTIONS[name]) for name in notice.get("both_parties", [])]
    unknown = [
        _(CONVENTIONS[name])
        for name, each in notice.get("conventions", {}).items()
        if each["status"] == "unknown" and name in CONVENTIONS
    ]
    return ", ".join(both) or _("none known"), ", ".join(unknown)


def _exposed(answer: Mapping[str, Any], key: str) -> None:
    """What lies in each area, of the layers that were looked at; the others are named as not looked at."""
    found = answer.get("exposed", [])
    looked = list(dict.fromkeys(row["kind"] for row in found if row["looked_at"]))
    if not found:
        return
    widgets.heading(_("What lies in the areas"))
    rows = []
    for kind in looked:
        of = {row["case"]: row for row in found if row["kind"] == kind}
        names = ", ".join(map(str, of["high"]["names"][:6]))
        rows.append(
            [{"t": _(LAYERS[kind]), "sub": names}, *(i18n.number(of[case]["count"]) for case in CASES)]
        )
    if rows:
        tables.plain(
            [_("Layer"), _("low"), _("best"), _("high")],
            rows,
            caption=_("What lies in the areas"),
            key=key,
            ends=(1, 2, 3),
            widths=(40, 18, 24, 18),
        )
    missing = [_(label) for kind, label in LAYERS.items() if kind not in looked]
    if missing:
        widgets.note(i18n.colon(_("Not looked at, since no such layer was given"), ", ".join(missing)))


def _downloads(shown: Mapping[str, Any], key: str, name: str) -> None:
    stem = re.sub(r"[^\w-]+", "-", name)
    files = {
        _("Areas, GeoJSON"): (f"{stem}-areas.geojson", lambda: as_json(shown["footprints"])),
        _("Path, GeoJSON"): (f"{stem}-path.geojson", lambda: as_json(shown["path"])),
        _("Figures, CSV"): (f"{stem}-downstream.csv", lambda: figures_csv(shown["answer"])),
        _("Answer, JSON"): (f"{stem}-downstream.json", lambda: as_json(shown["answer"])),
    }
    with st.container(horizontal=True, gap="small"):
        for number, (label, (file, make)) in enumerate(files.items()):
            st.download_button(
                label,
                data=make,
                file_name=file,
                mime="application/octet-stream",
                key=f"{key}:download:{number}",
                on_click="ignore",
            )


def as_json(document: Any) -> bytes:
    """A document as a file."""
    return json.dumps(document, ensure_ascii=False).encode()


def figures_csv(answer: Mapping[str, Any]) -> bytes:
    """The figures of an answer: quantity, low, best, high; then what is said beside them."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["quantity", *CASES])
    for name in QUANTITIES:
        if name in answer:
            rows.writerow(
                [name, *("" if answer[name][case] is None else answer[name][case] for case in CASES)]
            )
    found, low, high = border_bounds(answer)
    bounds = (low, found, high)
    rows.writerow(["first_border_km", *("" if bound is None else bound for bound in bounds)])
    near = [each["country_iso3"] for each in answer.get("may_reach", [])]
    for name, value in (
        ("countries", "; ".join(answer["countries"])),
        ("countries_may_reach", "; ".join(near)),
        ("consequence_at_least", answer["consequence_at_least"]),
        ("flags", "; ".join(answer["flags"])),
        *((f"input_{name}", file or "") for name, file in answer.get("inputs", {}).items()),
        ("note", "; ".join(answer["notes"])),
    ):
        rows.writerow([name, value, "", ""])
    return text.getvalue().encode()
