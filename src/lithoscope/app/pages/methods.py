"""Methods: every index with its formula, citation, inputs, limits, thresholds, version and doubts.

Written by the methods themselves: what is not declared in code or in a cited table does not stand here.
"""

import html

import streamlit as st

from lithoscope.app import address, class_cards, i18n, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.domain import fields, reference
from lithoscope.domain.method import Method, Quantity
from lithoscope.methods import catalogue

LEAD = N_(
    "Each index is one named rule with its paper, the inputs it reads, the range it was made for and what is "
    "not certain about it. Every result carries the version of its rule."
)


def page() -> None:
    """The page."""
    methods = catalogue.all_methods()
    widgets.title(_("Methods"), _(LEAD))
    published = sum(method.is_published for method in methods)
    unsure = sum(bool(method.note) for method in methods)
    widgets.figures(
        (i18n.number(len(methods)), _("methods")),
        (i18n.number(published), _("published by others")),
        (i18n.number(len(methods) - published), _("of our own, and named so")),
        (i18n.number(unsure), _("with doubts, stated below")),
    )
    asked = address.get("method")
    for method in methods:
        with st.expander(widgets.plain(widgets.label(method.title)), expanded=method.id == asked):
            st.html(_described(method))


def _described(method: Method) -> str:
    layers = ", ".join(_(LAYERS[layer]) for layer in method.layers)
    facts = [
        (_("Formula"), widgets.label(method.formula)),
        (_("Citation"), class_cards.citation(method)),
        (_("Answers"), _yields(method)),
        (_("For"), layers),
    ]
    doubts = class_cards.doubts_of(method)
    facts.append((_("Doubts"), class_cards.joined(doubts) or _("none stated")))
    parts = [_fact(head, text) for head, text in facts]
    parts.append(_inputs(method))
    for name in method.tables:
        table = reference.load(name)
        parts.append(class_cards.threshold(table))
        if len(table.rows) > class_cards.SMALL_TABLE:
            parts.append(_folded(len(table.rows), class_cards.rows_of(table)))
    parts.append(_fact(_("Name of the method in files"), method.id))
    return f'<div class="ls-details">{"".join(parts)}</div>'


LAYERS = {"facilities": N_("Tailings facilities"), "mines": N_("Mines")}


def _folded(count: int, rows: str) -> str:
    text = i18n.ngettext("{n} row", "{n} rows", count)
    return f"<details><summary>{html.escape(text)}</summary>{rows}</details>"


def _fact(head: str, text: str) -> str:
    return f"<p><strong>{html.escape(head)}</strong><br>{html.escape(text)}</p>"


def _yields(method: Method) -> str:
    if isinstance(method.yields, Quantity):
        return i18n.unit(method.unit)
    return ", ".join(widgets.label(level.label) for level in method.yields.levels)


def _inputs(method: Method) -> str:
    roles = (
        (_("needed"), method.required),
        (_("narrows the answer"), method.optional),
        (_("stands in"), method.stand_ins),
    )
    rows = [
        (widgets.field_label(name), name, i18n.unit(fields.field(name).unit), role, _valid(method, name))
        for role, names in roles
        for name in names
    ]
    heads = (_("Input"), _("Field"), _("Unit"), _("Role"), _("Valid range"))
    return class_cards.table(_("Inputs"), heads, rows)


def _valid(method: Method, name: str) -> str:
    if name not in method.valid:
        return "–"
    low, high = method.valid[name]
    return _("{low} to {high}").format(low=i18n.number(low), high=i18n.number(high))
