"""What the page of data quality is made of besides findings: repairs, linked records, filters, downloads."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, charts, dossier, i18n, tables, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.app.tables import Column
from lithoscope.pipelines import findings, quality

STATES = {
    "holds": N_("repaired in this release"),
    "stale": N_("the publisher has changed it; remove the entry"),
    "absent": N_("no such row in this release"),
}
DECISIONS = {
    "linked": N_("linked"),
    "review": N_("to review"),
    "accept": N_("accepted by a person"),
    "reject": N_("rejected by a person"),
    "passed over": N_("passed over"),
}
_COLOURS = {
    "linked": "#1f6f8b",
    "accept": "#123f5a",
    "review": "#c9a24a",
    "passed over": "#9aa5a9",
    "reject": "#b5702c",
}


def titles() -> dict[str, str]:
    """Source id -> title."""
    return {source.source_id: source.title for source in cached.release().sources}


def several(name: str, label: str, options: list[str], words: Callable[[str], str]) -> list[str]:
    """A filter of several values that stands in the address; values that are no option are dropped."""
    chosen = [each for each in address.get(name).split(",") if each in options]
    key = f"quality:{name}"
    address.hold(key, chosen)

    def write() -> None:
        address.put(**{name: ",".join(st.session_state[key]), "page": None, "site": None})

    st.multiselect(label, options, format_func=words, key=key, placeholder=_("All"), on_change=write)
    return chosen


def search() -> None:
    """A text to look for in names, values and fields; it stands in the address."""
    key = "quality:q"
    address.hold(key, address.get("q"))
    st.text_input(
        _("Search names and values"),
        key=key,
        max_chars=100,
        on_change=lambda: address.put(q=st.session_state[key], page=None, site=None),
    )


def repairs() -> None:
    """Entries of data/corrections, what they expect, and what became of them in this release."""
    found = findings.repairs(cached.release())
    widgets.note(
        _(
            "Each repair is an entry in data/corrections with what the publisher's value must still look "
            "like. Once the publisher has repaired it, the expectation fails and the entry asks to be "
            "removed. The publisher's value is kept in the raw record."
        )
    )
    if found.empty:
        widgets.note(_("There is none."))
        return
    counts = {state: int(found["state"].eq(state).sum()) for state in findings.STATES}
    words = {state: _(text) for state, text in STATES.items()}
    charts.bars({k: n for k, n in counts.items() if n}, _("By state"), key="q:states", words=words)
    labels, named = quality.codes()["label"], titles()
    tables.plain(
        [
            _("Record"),
            _("Finding"),
            _("As published"),
            _("Set to"),
            _("Expected of the published value"),
            _("Reason"),
            _("State"),
        ],
        [
            [
                {
                    "t": row.record,
                    "sub": f"{named.get(row.source, row.source)} · {widgets.field_label(row.field)}",
                    **(
                        {"href": address.link("site", site=row.site_id)}
                        if isinstance(row.site_id, str)
                        else {}
                    ),
                },
                _(str(labels.get(row.code, row.code))),
                widgets.said(row.published, "–"),
                widgets.said(row.set, _("unknown")),
                row.expect,
                widgets.finding(row.reason),
                words[row.state],
            ]
            for row in found.itertuples(index=False)
        ],
        caption=_("Repairs that we made"),
        key="q:repairs",
        widths=(18, 10, 11, 11, 12, 26, 12),
    )
    downloads(found, "repairs", ngettext("{n} row", "{n} rows", len(found)))


def links() -> None:
    """Pairs of records of different sources that may be one site, and what was decided on them."""
    found = cached.pairs()
    widgets.note(
        _(
            "Records of different sources are compared by distance, name and height. A sure pair is linked, "
            "so that inventories count the site once; a doubtful one waits for a person. To decide, write "
            "record_one, record_two and accept or reject into a file of links."
        )
    )
    left, middle, _rest = st.columns([1.6, 1.6, 3])
    with left:
        decision = several("decision", _("Decision"), list(DECISIONS), lambda name: _(DECISIONS[name]))
    with middle:
        names = list(dict.fromkeys([*found["source_one"], *found["source_two"]])) if len(found) else []
        source = several("source", _("Source"), names, lambda name: titles().get(name, name))
    shown = found
    if decision:
        shown = shown[shown["decision"].isin(decision)]
    if source:
        shown = shown[shown["source_one"].isin(source) | shown["source_two"].isin(source)]
    if shown.empty:
        widgets.note(_("No pair of records meets these filters."))
        return
    counts = {name: int(shown["decision"].eq(name).sum()) for name in DECISIONS}
    words = {name: _(text) for name, text in DECISIONS.items()}
    charts.bars(
        {k: n for k, n in counts.items() if n}, _("By decision"), key="q:links", words=words, colours=_COLOURS
    )
    is_open = bool(address.get("site"))
    wide, side = st.columns([2.4, 1], gap="medium") if is_open else (st.container(), None)
    with wide:
        widgets.heading(ngettext("{n} pair", "{n} pairs", len(shown)))
        _pairs(shown, words)
        downloads(shown, "links", ngettext("{n} row", "{n} rows", len(shown)))
    if side is not None:
        with side:
            dossier.panel()


def _pairs(shown: pd.DataFrame, words: Mapping[str, str]) -> None:
    named = titles()

    def end(row: Any, which: str) -> dict[str, str]:
        record, name = getattr(row, which), widgets.said(getattr(row, f"name_{which}"), "")
        source = getattr(row, f"source_{which}")
        return {"t": name or record, "sub": f"{record} · {named.get(source, source)}"}

    tables.sites(
        shown,
        [
            Column(_("Record"), lambda row: end(row, "one"), "name_one"),
            Column(_("Other record"), lambda row: end(row, "two"), "name_two"),
            Column(
                _("Decision"), lambda row: {"t": words[row.decision], "c": _COLOURS[row.decision]}, "decision"
            ),
            Column(_("Score"), lambda row: i18n.number(row.score, 2), "score", "end"),
            Column(_("Distance, km"), lambda row: i18n.number(row.distance_km, 2), "distance_km", "end"),
            Column(
                _("Likeness of names"), lambda row: i18n.number(row.name_likeness, 2), "name_likeness", "end"
            ),
        ],
        reads=[name for name in shown.columns if name != "site_id"],
        caption=_("Pairs of records that may be one site"),
        sort="",
        key="q:pairs",
    )


def downloads(shown: pd.DataFrame, name: str, count: str) -> None:
    """What is listed, to take away and to send to a publisher."""
    widgets.heading(_("Take the list away"))
    widgets.note(_("{count}, with every column; the workbook also names the sources.").format(count=count))
    with st.container(horizontal=True, gap="small"):
        for suffix, text in (("csv", "CSV"), ("xlsx", "XLSX")):
            st.download_button(
                text,
                data=lambda suffix=suffix: findings.to_bytes(cached.release(), shown, suffix, name),
                file_name=f"lithoscope-{name}.{suffix}",
                mime="application/octet-stream",
                key=f"q:download:{name}:{suffix}",
                on_click="ignore",
            )
