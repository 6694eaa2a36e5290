"""The parts that pages are made of: figures, legends, how sure, where from, downloads, plain words.

Text that comes from data never passes as Markdown or HTML: it is escaped here.
"""

import html
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, i18n, tables
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.domain import fields
from lithoscope.domain.errors import BadInput, UnknownName
from lithoscope.domain.fields import Layer
from lithoscope.domain.provenance import EVIDENCE, SourceRecord
from lithoscope.domain.scales import UNRATED, UNRATED_COLOUR, Level, Scale
from lithoscope.domain.text import fold
from lithoscope.pipelines import countries, export, summary
from lithoscope.pipelines.query import Selection

EVIDENCE_COLOURS = dict(
    zip(
        EVIDENCE,
        ("#123f5a", "#1f6f8b", "#4f9cab", "#c9a24a", "#b5702c", UNRATED_COLOUR, "#b9a3c9"),
        strict=True,
    )
)
"""From what was measured to what was assumed; grey is unverified."""
GROUP_NAMES = {
    "African": N_("African States"),
    "Asia-Pacific": N_("Asia-Pacific States"),
    "EEG": N_("Eastern European States"),
    "GRULAC": N_("Latin American and Caribbean States"),
    "WEOG": N_("Western European and other States"),
}
"""Regional groups of the United Nations, as it calls them."""
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~:$&^=@/])")


def plain(text: object) -> str:
    """Text as Markdown that shows exactly that text, on one line."""
    return _MARKDOWN.sub(r"\\\1", " ".join(str(text).split()))


def title(text: str, lead: str = "") -> None:
    """The page's heading, which names the browser's tab too, and in a sentence or two what it shows."""
    st.set_page_config(page_title=f"{text} · Lithoscope")
    st.title(plain(text), anchor=False)
    if lead:
        st.html(f'<p class="ls-lead">{html.escape(lead)}</p>')


def heading(text: str) -> None:
    """The heading of a part of the page."""
    st.subheader(plain(text), anchor=False)


def note(text: str) -> None:
    """A remark in small type."""
    st.html(f'<p class="ls-note">{html.escape(text)}</p>')


LONG_FIGURE = 14
"""Signs that one place among the figures has room for."""


def figures(*cards: tuple[str, str] | tuple[str, str, str]) -> None:
    """Figures side by side: what is written large, what it is, and a remark. A long one takes two places."""
    parts = []
    for value, label, *more in cards:
        remark = f'<dd class="note">{html.escape(more[0])}</dd>' if more and more[0] else ""
        wide = ' class="wide"' if len(value) > LONG_FIGURE else ""
        parts.append(
            f"<div{wide}><dt>{html.escape(label)}</dt>"
            f'<dd class="value">{html.escape(value)}</dd>{remark}</div>'
        )
    st.html(f'<dl class="ls-figures">{"".join(parts)}</dl>')


def legend(
    heading_text: str, items: Iterable[tuple[str, str, int | None]], rings: Iterable[str] = ()
) -> None:
    """Colours with their meaning and count: (label, colour, count) from the gravest or first on;
    the count None is left out.

    rings: labels of what the map draws as a ring.
    """
    rows = ""
    for text, colour, count in items:
        shape = "swatch ring" if text in set(rings) else "swatch"
        colour = "currentColor" if text in set(rings) else colour  # the map's rings follow its ground
        shown = "" if count is None else i18n.number(count)
        rows += (
            f'<li><span class="{shape}" style="background:{colour};border-color:{colour}"></span>'
            f'<span class="label">{html.escape(text)}</span><span class="count">{shown}</span></li>'
        )
    st.html(f'<p class="ls-head">{html.escape(heading_text)}</p><ul class="ls-legend">{rows}</ul>')


def class_legend(
    heading_text: str, counts: Mapping[str, int], levels: Sequence[Level], *, is_ordered: bool = True
) -> None:
    """The legend of a map: classes with their counts, unrated or unknown last.

    is_ordered: a scale, shown whole and the gravest first; else kinds, those that occur, in their order.
    """
    known = [(label(level.label), level.colour, counts.get(level.code, 0)) for level in levels]
    known = list(reversed(known)) if is_ordered else [each for each in known if each[2]]
    rest = sum(n for code, n in counts.items() if code not in {level.code for level in levels})
    legend(heading_text, [*known, *([(label(UNRATED), UNRATED_COLOUR, rest)] if rest else [])])


def label(value: object) -> str:
    """A value of a closed list in the reader's language; a missing one is "unknown"."""
    return _("unknown") if value is None or pd.isna(value) else _(str(value))


def said(text: object, missing: str | None = None) -> str:
    """Free text in the words of its source; `missing`, or "unknown", where there is none."""
    if text is None or pd.isna(text) or text == "":
        return _("unknown") if missing is None else missing
    return str(text)


def field_label(name: object) -> str:
    """A field's label in the reader's language; the name itself for what is no field."""
    return _(fields.field(str(name)).label) if fields.is_field(str(name)) else said(name, "")


def finding(text: object) -> str:
    """What a finding says is odd, or would settle it; a name or value behind a colon stays as it is."""
    whole = said(text, "")
    words, colon, value = whole.partition(": ")
    return i18n.colon(_(words), value) if colon and _(whole) == whole else _(whole)


def country_cell(iso3: str) -> dict[str, Any] | str:
    """A country's name, linked to its inventory; plain where the country is not known."""
    if iso3 == summary.UNKNOWN:
        return _("unknown")
    return {"t": country(iso3), "href": address.link("countries", country=iso3)}


def group(name: object) -> str:
    """The name of a regional group; "none" for a territory."""
    return _(GROUP_NAMES[str(name)]) if name in GROUP_NAMES else _("none")


def items(text: object) -> str:
    """The items of a list field in the reader's language, separated by commas."""
    if text is None or pd.isna(text) or not text:
        return _("unknown")
    return ", ".join(_(item) for item in str(text).split("; "))


def country(iso3: object) -> str:
    """A country's name in the reader's language; a missing one is "unknown"."""
    if iso3 is None or pd.isna(iso3) or iso3 == summary.UNKNOWN:
        return _("unknown")
    try:
        return countries.country_name(str(iso3), i18n.language())
    except UnknownName:
        return str(iso3)


def class_words(scale: Scale, best: object, low: object = None, high: object = None) -> str:
    """A class as people say it: High; at least High; between Low and High; unrated."""
    best, low, high = (None if each is None or pd.isna(each) else str(each) for each in (best, low, high))
    low = low or best
    high = high or low
    if low is None or high is None:
        return _(UNRATED)
    if low == high:
        return _(scale.label(low))
    is_lowest, is_highest = low == scale.codes[0], high == scale.codes[-1]
    if is_lowest and is_highest:
        return _(UNRATED)
    if is_highest:
        return _("at least {low}").format(low=_(scale.label(low)))
    if is_lowest:
        return _("at most {high}").format(high=_(scale.label(high)))
    return _("between {low} and {high}").format(low=_(scale.label(low)), high=_(scale.label(high)))


def coverage(sites: pd.DataFrame, layer: Layer) -> None:
    """How sure: sites by the evidence of their record, and how much of what one asks is known."""
    heading(_("How sure"))
    if sites.empty:
        note(_("No site is selected."))
        return
    counts = summary.by_evidence(sites)
    bar = "".join(
        f'<span style="background:{EVIDENCE_COLOURS[name]};flex:{n}"></span>' for name, n in counts.items()
    )
    st.html(f'<div class="ls-bar" aria-hidden="true">{bar}</div>')
    legend(_("Sites by evidence"), [(label(name), EVIDENCE_COLOURS[name], n) for name, n in counts.items()])
    share = i18n.percent(summary.completeness(sites, layer))
    note(
        _("{share} of what one first asks of a site is known. What is missing is shown as unknown.").format(
            share=share
        )
    )


def provenance(sites: pd.DataFrame, key: str) -> None:
    """Where the sites shown come from: sources with their licence, date and number of sites."""
    heading(_("Where it comes from"))
    known = {source.source_id: source for source in cached.release().sources}
    counts = {name: n for name, n in summary.by_value(sites, "source_id").items() if name in known}
    tables.plain(
        [_("Source"), _("Producer"), _("Facts as of"), _("Licence"), _("Sites")],
        [
            [
                source_cell(known[name]),
                known[name].producer,
                i18n.date(known[name].as_of),
                licence(known[name]),
                i18n.number(n),
            ]
            for name, n in counts.items()
        ],
        caption=_("Sources of the sites shown"),
        key=key,
        ends=(4,),
    )


def source_cell(source: SourceRecord) -> dict[str, Any] | str:
    """A source's title, linked where it has an address on the web."""
    is_web = source.url.startswith(("https://", "http://"))
    return {"t": source.title, "href": source.url} if is_web else source.title


def licence(source: SourceRecord) -> str:
    """A source's licence in the reader's language, as far as it is a sentence; "unknown" if none is named."""
    return _(source.licence) or _("unknown")


def downloads(layer: Layer, selected: Selection, count: int, what: str = "") -> None:
    """The sites shown, to take away in five formats, with source and licence inside."""
    heading(_("Take the data away") if not what else i18n.colon(_("Take the data away"), what))
    note(
        ngettext(
            "The {n} site shown, with sources, licences and a dictionary of fields inside.",
            "The {n} sites shown, with sources, licences and a dictionary of fields inside.",
            count,
        )
    )
    names = {
        "csv": "CSV",
        "xlsx": "XLSX",
        "geojson": "GeoJSON",
        "gpkg": "GeoPackage",
        "parquet": "GeoParquet",
    }
    with st.container(horizontal=True, gap="small"):
        for suffix, name in names.items():
            st.download_button(
                name,
                data=lambda suffix=suffix: _file(layer, selected, suffix),
                file_name=f"lithoscope-{layer}.{suffix}",
                mime="application/octet-stream",
                key=f"download:{layer}:{suffix}",
                on_click="ignore",
                disabled=not count,
            )


def _file(layer: Layer, selected: Selection, suffix: str) -> bytes:
    try:
        return export.to_bytes(cached.release(), layer, cached.shown(layer, selected), suffix)
    except BadInput as error:
        return str(error).encode()


def unplaced(sites: pd.DataFrame, key: str) -> None:
    """Beside a map: how many of the sites have no coordinates, and which."""
    missing = sites.loc[sites["lon"].isna() | sites["lat"].isna(), ["site_id", "name", "country_iso3"]]
    if missing.empty:
        return
    text = ngettext(
        "{n} site without coordinates is not on the map, but in every count.",
        "{n} sites without coordinates are not on the map, but in every count.",
        len(missing),
    )
    with st.expander(text):
        tables.plain(
            [_("Name"), _("Country")],
            [
                [
                    {"t": row.name or row.site_id, "href": address.link("site", site=row.site_id)},
                    country(row.country_iso3),
                ]
                for row in missing.head(200).itertuples(index=False)
            ],
            caption=_("Sites without coordinates"),
            key=key,
        )
        if len(missing) > 200:
            note(_("The first 200 are listed; the table and the downloads hold all."))


def silence(silent: Mapping[str, Sequence[str]]) -> None:
    """Member States that no source speaks of, by regional group: absence shown as unknown."""
    heading(_("Where we are blind"))
    note(
        _(
            "No source read so far speaks of these Member States. That says nothing on whether they have "
            "sites: silence is not zero."
        )
    )
    sizes = {name: len(states) for name, states in cached.members().items()}
    tables.plain(
        [_("Regional group"), _("Member States"), _("with sites"), _("silent")],
        [
            [group(name), *map(i18n.number, (sizes[name], sizes[name] - len(states), len(states)))]
            for name, states in silent.items()
        ],
        caption=_("Member States with and without a site in the register, by regional group"),
        key="silence",
        ends=(1, 2, 3),
    )
    with st.expander(_("Which States are silent")):
        for name, states in silent.items():
            names = sorted(map(country, states), key=fold)
            note(i18n.colon(group(name), ", ".join(names) or _("none")))


def page_link(page: str, text: str, **params: str) -> None:
    """A link to another page of the dashboard, in the reader's language."""
    pages = st.session_state.get("pages", {})
    if page in pages:
        st.page_link(
            pages[page],
            label=plain(text),
            query_params={**params, "lang": i18n.language()},
            icon=":material/arrow_forward:",
        )
