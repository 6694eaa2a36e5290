"""A site's record on paper: what is known, its classes with method, version and citation, and whose facts."""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
import streamlit as st

from lithoscope.app import cached, class_cards, dossier, i18n, maps, site_classes, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain import fields
from lithoscope.domain.fields import Layer
from lithoscope.methods import catalogue
from lithoscope.pipelines import paper

LIMITS = N_(
    "This is a screening of what sources say, not an assessment of the site. Unknown is not low, and "
    "unrated is not low."
)
MISSING_LETTERS = N_(
    "A box stands for a letter that this document cannot show; the page has every name in full."
)


def button(site_id: str, layer: Layer, row: pd.Series) -> None:
    """The button that hands the record out, made when it is pressed."""
    language: paper.Language = "fr" if i18n.language() == "fr" else "en"
    st.download_button(
        _("This record as PDF"),
        data=lambda: _pdf(site_id, layer, row, language),
        file_name=f"lithoscope-{site_id.replace(':', '-')}.pdf",
        mime="application/pdf",
        key="record:pdf",
        on_click="ignore",
        icon=":material/description:",
    )


def _pdf(site_id: str, layer: Layer, row: pd.Series, language: paper.Language) -> bytes:
    with i18n.speaking(language):
        written = "\n".join(text(site_id, layer, row))
        return paper.as_pdf(written, language=language, missing_letters=_(MISSING_LETTERS))


def text(site_id: str, layer: Layer, row: pd.Series) -> Iterator[str]:
    """The record as lines of Markdown, in the reader's language."""
    release = cached.release()
    titles = {source.source_id: source.title for source in release.sources}
    yield f"# {dossier.name_of(row)}"
    yield dossier.place_line(row)
    yield dossier.trust_line(row)
    yield i18n.colon(_("Release"), f"{release.release_id} · {site_id}")
    yield ""
    yield f"## {_('Every field')}"
    yield from _facts(row, layer)
    found = dossier.findings(site_id, layer)
    if len(found):
        yield ""
        yield f"## {_('What we noticed')}"
        yield from (f"- {widgets.finding(each)}" for each in found["reason"].unique())
    yield ""
    yield f"## {_('Classes and why')}"
    for each in site_classes.recorded(site_id, layer)["classes"]:
        if each["low"] is not None:
            yield from _class(each, titles)
    yield ""
    yield f"## {_('Sources and licences')}"
    read = set(dossier.records(site_id, layer)["source_id"])
    for source in release.sources:
        if source.source_id in read:
            yield f"- {source.citation or source.title} ({widgets.licence(source)})"
    yield ""
    yield _(LIMITS)
    yield _(maps.DISCLAIMER)


def _facts(row: pd.Series, layer: Layer) -> Iterator[str]:
    for _heading, group in dossier.sections(row, layer):
        for each in group:
            if pd.notna(row[each.name]) and row[each.name] != "":
                yield f"- {i18n.colon(_(each.label), dossier.value(each, row))}"


def _class(each: Mapping[str, Any], titles: Mapping[str, str]) -> Iterator[str]:
    evidence = widgets.label(each["evidence"])
    yield f"### {i18n.colon(_(each['title']), class_cards.answer(each))} ({evidence})"
    if each["inputs"]:
        labels = "; ".join(_(given["label"]) for given in each["inputs"])
        names = dict.fromkeys(
            class_cards.source_words(given["source_id"], titles) for given in each["inputs"]
        )
        yield i18n.colon(_("Rests on"), f"{labels} ({'; '.join(names)})")
    if each["missing"]:
        lacking = dict.fromkeys(_(fields.field(name).label) for name in each["missing"])
        yield i18n.colon(_("Not known"), "; ".join(lacking))
    method = catalogue.method(each["method"])
    yield f"{method.id}. {class_cards.citation(method)}"
    if doubts := class_cards.doubts_of(method):
        yield i18n.colon(_("Doubts"), " ".join(doubts))
    yield ""
