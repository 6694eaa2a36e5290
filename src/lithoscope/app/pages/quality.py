"""Data quality: what our checks found, the repairs that we made, and the records that we linked."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, charts, dossier, i18n, reviews, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.app.tables import Column
from lithoscope.domain import fields
from lithoscope.pipelines import findings, quality

LEAD = N_(
    "Nothing is repaired or dropped in silence. Each doubtful row stands here with what is odd and what "
    "would settle it, ready to send to its publisher."
)
VIEWS = {
    "findings": N_("What our checks found"),
    "repairs": N_("Repairs that we made"),
    "links": N_("The same site in two sources"),
}
OUTCOMES = {
    "flagged": N_("flagged, kept"),
    "refused": N_("refused"),
    "out_of_scope": N_("out of scope"),
}
LAYERS = {"facilities": N_("Tailings facilities"), "mines": N_("Mines"), "dredging": N_("Dredging")}
_READS = (
    "name", "source", "row", "layer", "field", "value", "code", "reason", "remedy", "country_iso3", "outcome",
)  # fmt: skip


def page() -> None:
    """The page."""
    widgets.title(_("Data quality"), _(LEAD))
    _figures(cached.findings())
    view = _view()
    if view == "findings":
        _findings(cached.findings())
    elif view == "repairs":
        reviews.repairs()
    else:
        reviews.links()


def _figures(found: pd.DataFrame) -> None:
    flagged = found[found["outcome"].eq("flagged")]
    left_out = {name: findings.rows_of(found[found["outcome"].eq(name)]) for name in findings.OUTCOMES[1:]}
    pairs = cached.pairs()["decision"]
    widgets.figures(
        (i18n.number(cached.release().manifest.get("report", {}).get("rows_read")), _("rows read")),
        (i18n.number(findings.rows_of(flagged)), _("rows flagged"), _("kept, and in every count")),
        (i18n.number(len(findings.with_repair(flagged))), _("with a repair proposed")),
        (i18n.number(left_out["refused"]), _("rows refused")),
        (i18n.number(left_out["out_of_scope"]), _("rows out of scope")),
        (i18n.number(pairs.isin(["linked", "accept"]).sum()), _("pairs linked as one site")),
        (i18n.number(pairs.eq("review").sum()), _("pairs to review")),
    )


def _view() -> str:
    view = address.get("view", "findings", list(VIEWS))
    address.hold("quality:view", view)

    def write() -> None:
        chosen = st.session_state["quality:view"]
        cleared = dict.fromkeys((*findings.FILTERS, "decision", "q", "page", "sort", "site"))
        address.put(**{**cleared, "view": None if chosen == "findings" else chosen})

    st.segmented_control(
        _("Show"),
        list(VIEWS),
        format_func=lambda name: _(VIEWS[name]),
        required=True,
        key="quality:view",
        on_change=write,
        label_visibility="collapsed",
    )
    return view


def _findings(found: pd.DataFrame) -> None:
    titles = reviews.titles()
    labels = quality.codes()["label"]
    words: dict[str, Callable[[str], str]] = {
        "outcome": lambda name: _(OUTCOMES[name]),
        "layer": lambda name: _(LAYERS[name]),
        "source": lambda name: titles.get(name, name),
        "code": lambda name: _(str(labels.get(name, name))),
        "country": widgets.country,
    }
    chosen = _filters(found, words)
    shown = findings.narrowed(found, chosen, address.get("q"))
    _charts(shown, words)
    if shown.empty:
        widgets.note(_("Our checks found nothing that meets these filters."))
        return
    _kinds(shown)
    is_open = bool(address.get("site"))
    left, right = st.columns([2.4, 1], gap="medium") if is_open else (st.container(), None)
    with left:
        widgets.heading(ngettext("{n} finding", "{n} findings", len(shown)))
        _rows(shown)
        reviews.downloads(shown, "findings", ngettext("{n} row", "{n} rows", len(shown)))
    if right is not None:
        with right:
            dossier.panel()


def _filters(found: pd.DataFrame, words: dict[str, Callable[[str], str]]) -> dict[str, list[str]]:
    headings = {
        "source": _("Source"),
        "code": _("Finding"),
        "country": _("Country"),
        "layer": _("Layer"),
        "outcome": _("What became of the row"),
    }
    chosen = {}
    search, *rest = st.columns([1.6, 1.8, 1.6, 1.4, 1.4, 1.4])
    with search:
        reviews.search()
    for column, (name, text) in zip(rest, headings.items(), strict=True):
        with column:
            options = list(findings.counts(found, name))
            chosen[name] = reviews.several(name, text, options, words[name])
    return chosen


def _charts(shown: pd.DataFrame, words: dict[str, Callable[[str], str]]) -> None:
    headings = {"code": _("By finding"), "source": _("By source"), "country": _("By country")}
    for column, (name, text) in zip(st.columns(3, gap="large"), headings.items(), strict=True):
        with column:
            counted = dict(list(findings.counts(shown, name).items())[:10])
            charts.bars(counted, text, key=f"q:{name}", words={each: words[name](each) for each in counted})


def _kinds(shown: pd.DataFrame) -> None:
    """Every kind of finding, what it means and what would settle it; a row narrows the list to its kind."""
    codes = quality.codes()
    counted = findings.counts(shown, "code")
    tables.choices(
        [_("Finding"), _("Rows"), _("What is odd"), _("What would settle it")],
        {
            code: [
                _(str(codes.loc[code, "label"])),
                i18n.number(n),
                _(str(codes.loc[code, "reason"])),
                _(str(codes.loc[code, "remedy"])),
            ]
            for code, n in counted.items()
        },
        page="quality",
        name="code",
        caption=_("Findings of quality control, by kind"),
        key="q:kinds",
        ends=(1,),
    )


def _rows(shown: pd.DataFrame) -> None:
    labels = quality.codes()["label"]
    titles = reviews.titles()
    tables.sites(
        shown.assign(site_id=shown["site_id"].fillna("")),
        [
            Column(_("Row"), lambda row: _row(row, titles), "source"),
            Column(_("Finding"), lambda row: _(str(labels.get(row.code, row.code))), "code"),
            Column(_("Value"), _value, "value"),
            Column(_("What is odd"), lambda row: widgets.finding(row.reason)),
            Column(_("What would settle it"), lambda row: widgets.finding(row.remedy)),
            Column(_("Country"), lambda row: widgets.country(row.country_iso3), "country_iso3"),
            Column(_("What became of the row"), lambda row: _(OUTCOMES[row.outcome]), "outcome"),
        ],
        reads=_READS,
        caption=_("Findings"),
        sort="source",
        key="q:rows",
    )


def _row(row: Any, titles: dict[str, str]) -> dict[str, str]:
    number = _("the whole file") if pd.isna(row.row) else _("row {n}").format(n=i18n.year(row.row))
    name = widgets.said(row.name, "")
    return {
        "t": name or number,
        "sub": " · ".join([titles.get(row.source, row.source), *([number] if name else [])]),
    }


def _value(row: Any) -> dict[str, str]:
    label = (
        _(fields.field(row.field).label) if fields.is_field(str(row.field)) else widgets.said(row.field, "")
    )
    return {"t": widgets.said(row.value, "–"), "sub": label}
