"""Sources and licences: whose facts these are, what quality control found, and what each field means."""

import streamlit as st

from lithoscope.app import cached, i18n, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain import fields
from lithoscope.domain.provenance import SourceRecord
from lithoscope.pipelines import basemap, summary

LEAD = N_(
    "Every value of the register was read from one of these sources and keeps its licence. The register adds "
    "no facts of its own: what is concluded or assumed is marked as such."
)


def page() -> None:
    """The page."""
    widgets.title(_("Sources and licences"), _(LEAD))
    release = cached.release()
    counts = {layer: summary.by_value(cached.sites(layer), "source_id") for layer in fields.SITES}
    report = release.manifest.get("report", {})
    widgets.figures(
        (i18n.number(len(release.sources)), _("sources")),
        (i18n.number(report.get("rows_read")), _("rows read")),
        (i18n.number(sum(map(len, (cached.facilities(), cached.mines())))), _("sites")),
        (i18n.date(release.manifest.get("built_utc")), _("release built"), release.release_id),
    )
    widgets.heading(_("Sources"))
    _sources(counts)
    widgets.page_link("quality", _("What our checks found"))
    _basemap()
    _dictionary()


def _sources(counts: dict[str, dict[str, int]]) -> None:
    tables.plain(
        [
            _("Source"),
            _("Licence"),
            _("Evidence"),
            _("Facts as of"),
            _("Retrieved"),
            _("Facilities"),
            _("Mines"),
            _("Citation"),
        ],
        [
            [
                {**_titled(source), "sub": source.producer},
                widgets.licence(source),
                widgets.label(source.evidence),
                i18n.date(source.as_of),
                i18n.date(source.retrieved),
                *(i18n.number(counts[layer].get(source.source_id, 0)) for layer in fields.SITES),
                {
                    "t": source.citation,
                    "sub": f"{source.file} · SHA-256 {source.sha256}" if source.sha256 else source.file,
                },
            ]
            for source in cached.release().sources
        ],
        caption=_("Sources with licence, date and checksum"),
        key="s:sources",
        ends=(5, 6),
    )


def _basemap() -> None:
    widgets.heading(_("What the maps are drawn with"))
    tables.plain(
        [_("Source"), _("Licence"), _("What to know")],
        [
            [{**_titled(each), "sub": each.producer}, widgets.licence(each), _(each.note)]
            for each in basemap.SOURCES
        ],
        caption=_("Sources of borders, land, lakes and names"),
        key="s:basemap",
        widths=(40, 14, 46),
    )


def _titled(source: SourceRecord) -> dict[str, str]:
    cell = widgets.source_cell(source)
    return cell if isinstance(cell, dict) else {"t": cell}


def _dictionary() -> None:
    widgets.heading(_("What each field means"))
    for layer, text in (("facilities", _("Fields of tailings facilities")), ("mines", _("Fields of mines"))):
        with st.expander(text):
            tables.plain(
                [_("Field"), _("Meaning"), _("Unit"), _("Values")],
                [
                    [
                        {"t": _(each.label), "sub": each.name},
                        _(each.meaning),
                        i18n.unit(each.unit),
                        ", ".join(_(value) for value in each.allowed),
                    ]
                    for each in fields.of_layer(layer)
                ],
                caption=text,
                key=f"s:dictionary:{layer}",
            )
