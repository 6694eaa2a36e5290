"""What is known of one site: as a panel beside a list, and as a page of its own."""

import json
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, assets, cached, i18n, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.domain import fields, registers
from lithoscope.domain.fields import Field, Layer
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY
from lithoscope.pipelines import classes, comparison, sites

SCALES = {"consequence_class": CONSEQUENCE, "toxicity_class": TOXICITY}
_HEADINGS: tuple[tuple[str, str], ...] = (
    ("site_id", N_("Identity")),
    ("country_iso3", N_("Place")),
    ("status", N_("Life")),
    ("structure_kind", N_("Structure")),
    ("consequence_class_raw", N_("Safety and disclosure")),
    ("remarks", N_("Safety and disclosure")),
    ("arsenic_mg_kg", N_("Chemistry")),
    ("failure_count", N_("Failures")),
    ("features", N_("What is left on the ground")),
    ("par_low_persons", N_("Downstream and around")),
    ("pga_475_g", N_("Downstream and around")),
)
_NOT_SHOWN = {
    "raw",
    "evidence_by_field",
    "record_id",
    "source_row",
    "source_key",
    "source_id",
    "evidence",
    "as_of",
    "consequence_class_high",
}
_RARE = ("emergency_level_raw", "failure_year")
_PANEL = {
    "facilities": (
        "status",
        "mine_name",
        "owner",
        "commodities",
        "raising_method",
        "dam_height_m",
        "stored_volume_m3",
        "year_start",
        "emergency_level_raw",
        "failure_year",
    ),
    "mines": ("status", "owner", "commodities", "features", "year_start", "year_end", "rehabilitation_state"),
}


def find(site_id: str) -> tuple[Layer, pd.Series] | None:
    """A site's layer and row; None for an id that the release does not hold."""
    layer = registers.layer_of(site_id)
    if layer not in fields.SITES:  # episodes of dredging have pages of their own
        return None
    frame = cached.sites(layer)
    rows = frame[frame["site_id"].eq(site_id)]
    return (layer, rows.iloc[0]) if len(rows) else None


def value(each: Field, row: pd.Series) -> str:
    """A field's value as people read it, with its unit; "unknown" where it is missing."""
    found = row.get(each.name)
    if each.name in SCALES:
        low, high = row.get(f"{each.name}_low"), row.get(f"{each.name}_high")
        return widgets.class_words(SCALES[each.name], found, low, high)
    if found is None or pd.isna(found) or found == "":
        return _("unknown")
    if each.name.endswith("_iso3"):
        return widgets.country(found)
    if each.dtype == "boolean":
        return _("yes") if bool(found) else _("no")
    if each.dtype == "date":
        return i18n.date(found)
    if each.unit == "year":
        return i18n.year(found)
    if each.dtype in ("number", "integer"):
        digits = 6 if each.unit == "degrees" else None
        figures = i18n.number(found, digits)
        is_bare = each.unit in ("", "count", "ratio", "class", "pH")
        return figures if is_bare else i18n.with_unit(float(found), figures, each.unit)
    if each.dtype == "list":
        return widgets.items(found)
    return _(str(found)) if each.allowed else str(found)


def beside_map(draw_map: Callable[[], str | None], draw_side: Callable[[], None]) -> None:
    """A map with its legend beside it, or with the site that was opened.

    draw_map: draws it; gives the id of a site that was just clicked. draw_side: the legend.
    """
    opened = address.get("site")
    left, right = st.columns([2.1, 1] if opened else [3.6, 1], gap="medium")
    with left:
        clicked = draw_map()
        if clicked and clicked != opened:
            address.put(site=clicked)
            st.rerun()
    with right:
        if opened:
            panel()
        else:
            draw_side()


def panel() -> None:
    """The site that the address names, beside the list that it was opened from."""
    site_id = address.get("site")
    found = find(site_id)
    assets.component("panel")(key="panel", data={"opened": site_id})
    with st.container(
        horizontal=True, horizontal_alignment="distribute", vertical_alignment="top", wrap=False
    ):
        st.subheader(widgets.plain(name_of(found[1]) if found else _("Site")), anchor=False)
        close = {"icon": ":material/close:", "type": "tertiary", "on_click": lambda: address.put(site=None)}
        st.button(_("Close"), key="panel:close", **close)
    if found is None:
        st.warning(_("This release holds no such site."))
        return
    layer, row = found
    widgets.note(place_line(row))
    class_table(layer, row)
    key_facts(layer, row)
    widgets.note(trust_line(row))
    found_odd = findings(site_id, layer)
    if len(found_odd):
        reasons = "; ".join(widgets.finding(each) for each in found_odd["reason"].unique())
        widgets.note(i18n.colon(_("Flagged"), reasons))
    widgets.page_link("site", _("Open the full record"), site=site_id)


def key_facts(layer: Layer, row: pd.Series) -> None:
    """What one first asks of a site; what is not known is said to be, unless few sources speak of it."""
    named = [fields.field(name) for name in _PANEL[layer] if name in row.index]
    named = [each for each in named if each.name not in _RARE or pd.notna(row[each.name])]
    _pairs([[_(each.label), _cell(each, row)] for each in named], _("Key facts"), "facts")


def _cell(each: Field, row: pd.Series) -> str | dict[str, Any]:
    """A field's value; below one that has no standard form, the words of its source."""
    text = value(each, row)
    written = widgets.said(row.get(_written(each.name)), "")
    return {"t": text, "dim": True, "sub": i18n.quoted(written)} if written and text == _("unknown") else text


@cache
def _written(name: str) -> str:
    """The field that keeps another one as it was written; "" if there is none."""
    return next((each.name for each in fields.FIELDS if each.raw_of == name), "")


def name_of(row: pd.Series) -> str:
    """A site's name; its id where nobody named it."""
    return str(row["name"]) if isinstance(row["name"], str) and row["name"] else str(row["site_id"])


def _pairs(cells: list[list[Any]], caption: str, key: str) -> None:
    tables.plain(["", ""], cells, caption=caption, key=key, hide_head=True, widths=(42, 58))


def class_table(layer: Layer, row: pd.Series) -> None:
    """The site's classes, and the class as its operator declared it beside its system."""
    shown: list[list[Any]] = []
    for name, scale in SCALES.items():
        if name in row.index and cached.sites(layer)[name].notna().any():
            best = row[name] if pd.notna(row[name]) else row.get(f"{name}_low")
            code = str(best) if best is not None and pd.notna(best) else None
            text = widgets.class_words(scale, row[name], row.get(f"{name}_low"), row.get(f"{name}_high"))
            shown.append([_(fields.field(name).label), {"t": text, "c": scale.colour(code)}])
    if "consequence_class_raw" in row.index and pd.notna(row["consequence_class_raw"]):
        said = i18n.quoted(str(row["consequence_class_raw"]))
        system = widgets.said(row["classification_system"], "")
        shown.append([_("As declared"), {"t": said, "sub": system}])
    if shown:
        _pairs(shown, _("Classes"), "classes")


def place_line(row: pd.Series) -> str:
    """Country, province and coordinates, with how precise they are."""
    parts = [widgets.country(row["country_iso3"])]
    parts += [str(row[name]) for name in ("admin1", "admin2") if name in row.index and pd.notna(row[name])]
    if pd.isna(row["lon"]) or pd.isna(row["lat"]):
        parts.append(_("without coordinates"))
    else:
        parts.append(i18n.coordinates(row["lat"], row["lon"]))
        precision = row["coordinate_precision_km"]
        if pd.notna(precision):
            parts.append(_("within {distance} km").format(distance=i18n.number(precision)))
    return " · ".join(parts)


def trust_line(row: pd.Series) -> str:
    """Source, evidence and date of the site's record, in a sentence."""
    titles = {source.source_id: source.title for source in cached.release().sources}
    text = _("Source: {source}. Evidence: {evidence}. Facts as of {date}.")
    return text.format(
        source=titles.get(row["source_id"], row["source_id"]),
        evidence=widgets.label(row["evidence"]),
        date=i18n.date(row["as_of"]),
    )


def records(site_id: str, layer: Layer) -> pd.DataFrame:
    """The source records behind a site, each with its raw row; in the order of the register."""
    return _records(cached.release().release_id, layer, site_id)


@st.cache_data(max_entries=200, show_spinner=False)
def _records(release_id: str, layer: Layer, site_id: str) -> pd.DataFrame:
    frame = pd.DataFrame(cached.release().records(layer, site_id=site_id).drop(columns="geometry"))
    return sites.by_precedence(frame).reset_index(drop=True)


def findings(site_id: str, layer: Layer) -> pd.DataFrame:
    """What quality control found in the site's records: field, code, value, reason, remedy."""
    release = cached.release()
    if not release.has("findings.parquet"):
        return pd.DataFrame()
    mine = records(site_id, layer)[["record_id", "source_id", "source_row"]]
    found = _all_findings(release.release_id)
    if "record_id" in found.columns:
        return found[found["record_id"].isin(mine["record_id"]) & found["outcome"].eq("flagged")]
    found = found[found["source"].isin(mine["source_id"]) & found["layer"].eq(layer)]
    keys = set(zip(mine["source_id"], mine["source_row"].astype("Int64"), strict=True))
    return found[[pair in keys for pair in zip(found["source"], found["row"], strict=True)]]


@st.cache_resource(max_entries=2, show_spinner=False)
def _all_findings(release_id: str) -> pd.DataFrame:
    return cached.release().table("findings")


def events(site_id: str) -> pd.DataFrame:
    """Documented failures of a facility, the latest first."""
    found = cached.events()
    return found[found["site_id"].eq(site_id)].sort_values("year", ascending=False)


def failures(site_id: str, layer: Layer) -> None:
    """The documented failures of a facility, if there are any."""
    found = events(site_id) if layer == "facilities" else None
    if found is None or found.empty:
        return
    widgets.heading(_("Documented failures"))
    tables.plain(
        [_("Year"), _("Released, m³"), _("Runout, km"), _("Deaths"), _("Evidence")],
        [
            [
                i18n.year(event.year),
                i18n.number(event.released_volume_m3, 0),
                {"t": i18n.number(event.runout_km), "sub": widgets.said(event.runout_kind, "")},
                i18n.number(event.deaths),
                {"t": widgets.label(event.evidence), "sub": widgets.said(event.note, "")},
            ]
            for event in found.itertuples(index=False)
        ],
        caption=_("Documented failures"),
        key="site:failures",
        ends=(1, 2, 3),
    )


def flags(site_id: str, layer: Layer) -> None:
    """What quality control noticed in the site's records, with what would settle it."""
    found = findings(site_id, layer)
    if found.empty:
        widgets.note(_("Our checks found nothing to remark in this record."))
        return
    widgets.heading(_("What we noticed"))
    tables.plain(
        [_("Field"), _("Value"), _("What is odd"), _("What would settle it")],
        [
            [
                widgets.field_label(flag.field),
                widgets.said(flag.value, ""),
                widgets.finding(flag.reason),
                widgets.finding(flag.remedy),
            ]
            for flag in found.itertuples(index=False)
        ],
        caption=_("Findings of quality control"),
        key="site:flags",
    )


def sections(row: pd.Series, layer: Layer) -> Iterable[tuple[str, list[Field]]]:
    """The fields of a layer that a dossier shows, under their headings."""
    headings = dict(_HEADINGS)
    grouped: dict[str, list[Field]] = {}
    hidden = {*_NOT_SHOWN, *classes.ASSESSED}
    heading = ""
    for each in fields.of_layer(layer):
        heading = headings.get(each.name, heading)
        if each.name not in hidden and each.name in row.index:
            grouped.setdefault(heading, []).append(each)
    return grouped.items()


def all_fields(row: pd.Series, layer: Layer, found: pd.DataFrame) -> None:
    """Every field that somebody has filled, with value, source, evidence and date; then what is unknown."""
    titles = {source.source_id: source.title for source in cached.release().sources}
    widgets.heading(_("Every field"))
    unknown: dict[str, list[str]] = {}
    for position, (heading, group) in enumerate(sections(row, layer)):
        known = []
        for each in group:
            record = known_by_record(each, row, found)
            if record is None and (pd.isna(row[each.name]) or row[each.name] == ""):
                unknown.setdefault(heading, []).append(_(each.label))
            else:
                known.append(_field_cells(each, row, row if record is None else record, titles))
        if known:
            tables.plain(
                [_("Field"), _("Value"), _("Source"), _("Evidence"), _("Facts as of")],
                known,
                caption=_(heading),
                key=f"fields:{position}",
                hide_caption=False,
                widths=(34, 26, 20, 10, 10),
            )
    count = sum(map(len, unknown.values()))
    with st.expander(
        ngettext("{n} field that nobody has filled", "{n} fields that nobody has filled", count)
    ):
        for heading, labels in unknown.items():
            widgets.note(i18n.colon(_(heading), ", ".join(labels)))


def _field_cells(each: Field, row: pd.Series, origin: pd.Series, titles: dict[str, str]) -> list[Any]:
    return [
        {"t": _(each.label), "sub": _(each.meaning)},
        value(each, row),
        _("Computed by Lithoscope")
        if origin is row
        else titles.get(origin["source_id"], origin["source_id"]),
        widgets.label("inferred" if origin is row else evidence_of(each, origin)),
        i18n.date(cached.release().manifest.get("built_utc") if origin is row else origin["as_of"]),
    ]


def side_by_side(found: pd.DataFrame, layer: Layer) -> None:
    """The records judged to be this site, beside each other, where there are several; differences first."""
    if len(found) < 2:
        return
    widgets.heading(_("Records side by side"))
    states = comparison.compare(found, layer)
    differ = sum(state == "differ" for state in states.values())
    widgets.note(
        ngettext("{n} source record is shown.", "{n} source records are judged to be this site.", len(found))
        + " "
        + ngettext("They differ in {n} field.", "They differ in {n} fields.", differ)
        + " "
        + _("The register shows the strongest evidence; it does not decide who is right.")
    )
    titles = {source.source_id: source.title for source in cached.release().sources}
    words = {"differ": _("differ"), "agree": _("agree"), "one": _("only one says")}
    tables.plain(
        [
            _("Field"),
            _("Records"),
            *(str(source) for source in found["source_id"]),
        ],
        [[_("Source"), "", *(titles.get(source, source) for source in found["source_id"])]]
        + [
            [
                _(fields.field(name).label),
                {"t": words[state], "c": "#b5702c"}
                if state == "differ"
                else {"t": words[state], "dim": True},
                *(value(fields.field(name), record) for _position, record in found.iterrows()),
            ]
            for name, state in states.items()
            if name not in _NOT_SHOWN
        ],
        caption=_("Records judged to be the same site"),
        key="records",
        widths=(14, 10, *[76 // len(found)] * len(found)),
    )
    page_link_of_pairs(found)


def page_link_of_pairs(found: pd.DataFrame) -> None:
    """A way to the pairs behind the group, where each can be reviewed."""
    sources = ",".join(found["source_id"].unique())
    widgets.page_link("quality", _("Why these records were linked"), view="links", source=sources)


def belonging(site_id: str, layer: Layer) -> None:
    """The mine that a facility belongs to; the facilities that belong to a mine."""
    release = cached.release()
    if not release.has("belongs_to.parquet"):
        return
    own, other = ("facility", "mine") if layer == "facilities" else ("mine", "facility")
    other_layer: Layer = "mines" if layer == "facilities" else "facilities"
    found = release.table("belongs_to", filters=[(own, "==", site_id)])
    if found.empty:
        return
    widgets.heading(_("Belongs to the mine") if layer == "facilities" else _("Facilities of this mine"))
    names = cached.sites(other_layer).set_index("site_id")["name"]
    bases = {
        "name": _("the names are alike"),
        "place": _("the mine's point lies on the facility's footprint"),
    }
    tables.plain(
        [_("Name"), _("Distance, km"), _("Why we think so")],
        [
            [
                {
                    "t": widgets.said(names.get(row[other]), row[other]),
                    "href": address.link("site", site=row[other]),
                },
                i18n.number(row["distance_km"], 1),
                bases.get(row["basis"], row["basis"]),
            ]
            for row in found.sort_values("distance_km").to_dict("records")
        ],
        caption=_("Facilities and mines that belong together"),
        key="belonging",
        ends=(1,),
    )


def as_written(found: pd.DataFrame) -> None:
    """Each record's row in the words of its source."""
    widgets.heading(_("As the sources wrote it"))
    for position, (_position, record) in enumerate(found.iterrows()):
        row = raw_row(record)
        text = _("{record}, row {row}").format(
            record=record["record_id"], row=i18n.number(record["source_row"])
        )
        with st.expander(widgets.plain(text)):
            cells = [[name, {"t": text or "–", "dim": not text}] for name, text in row.items()]
            tables.plain([_("Column"), _("As written")], cells, caption=text, key=f"raw:{position}")


def known_by_record(each: Field, row: pd.Series, found: pd.DataFrame) -> pd.Series | None:
    """The record that a site's value was taken from; None if no record tells it.

    Of the records that say what the site says, the one of the site's own source comes first. A value that
    stands in none (a class that was computed, a repaired number) is nobody's, nor is one of DERIVED.
    """
    if each.name not in found.columns or pd.isna(row[each.name]) or each.name in fields.DERIVED:
        return None
    told = found[found[each.name].eq(row[each.name]).fillna(False).astype(bool)]
    own = told[told["source_id"].eq(row["source_id"])]
    told = own if len(own) else told
    return told.iloc[0] if len(told) else None


def evidence_of(each: Field, record: pd.Series) -> str:
    """The evidence of one value: its own where the record says so, else the record's."""
    own = record.get("evidence_by_field")
    if isinstance(own, str) and own:
        try:
            return str(json.loads(own).get(each.name, record["evidence"]))
        except (ValueError, AttributeError):
            return str(record["evidence"])
    return str(record["evidence"])


def raw_row(record: pd.Series) -> dict[str, str]:
    """The row as its source wrote it: column -> text."""
    try:
        row = json.loads(record["raw"]) if isinstance(record["raw"], str) else {}
    except ValueError:
        return {"raw": str(record["raw"])}
    return {str(name): "" if item is None else str(item) for name, item in row.items()}
