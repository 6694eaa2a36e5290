"""One class as a small picture with its reasons: scale, interval and best; below it what it rests on.

Made of an `explain` document (pipelines/explain.py) and nothing else. Text from data is escaped here.
"""

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from lithoscope.app import address, dossier, i18n, widgets
from lithoscope.app.i18n import N_, _, ngettext
from lithoscope.domain import fields, reference
from lithoscope.domain.index_scales import INDEX_SCALES
from lithoscope.domain.method import FLAGS, Method, Quantity
from lithoscope.domain.reference import ReferenceTable
from lithoscope.domain.scales import SCALES, Scale
from lithoscope.methods import catalogue
from lithoscope.pipelines import explain, what_if

ALL_SCALES: Mapping[str, Scale] = {**SCALES, **INDEX_SCALES}
CLASS_LABELS = {level.code: level.label for scale in ALL_SCALES.values() for level in scale.levels}
"""Codes of classes -> labels; where scales share a code they share its label."""
BASIS = {
    "reported": N_("Rests on what owners or authorities report: {inputs}."),
    "measured": N_("Rests on measurements: {inputs}."),
    "modelled": N_("Modelled from {inputs}."),
    "inferred": N_("Inferred, neither measured nor declared, from {inputs}."),
    "assumed": N_("Assumed values stand in for what is not known; known: {inputs}."),
    "missing": N_("Nothing that this rests on is known, so it is unrated. Unrated is not low."),
}
"""What a result rests on, by its kind of evidence."""
_SOURCES = {explain.COMPUTED: N_("computed"), what_if.YOURS: N_("your what-if")}
IN_WHAT_IF = N_("assumed in this what-if")
"""Stands in the place of the kind of evidence of a class that rests on a value that the reader moved."""
SHARE, SCORE = "share 0 to 1", "score 0 to 1"
"""Units that need no words after the number."""
SMALL_TABLE = 9
"""Rows of a table that is shown whole beside a class."""
_NAMED, _TRACK_UP_TO = 4, 100.0


def answer(each: Mapping[str, Any]) -> str:
    """A class or number in words: its best estimate first, then what the evidence leaves open."""
    low, best, high = each["low"], each["best"], each["high"]
    if low is None:
        return _("unrated")
    if scale := ALL_SCALES.get(each["unit"]):
        between = _("between {low} and {high}").format(low=_(scale.label(low)), high=_(scale.label(high)))
        from_lowest, to_highest = low == scale.codes[0], high == scale.codes[-1]
        words = between if from_lowest and to_highest else widgets.class_words(scale, best, low, high)
        names_best = (from_lowest and best == high) or (to_highest and best == low)  # at most, at least
        return words if best is None or low == high or names_best else f"{_(scale.label(best))} ({words})"
    if low == high:
        return _amount(low, each["unit"])
    between = _("between {low} and {high}").format(
        low=_bare(low, each["unit"]), high=_amount(high, each["unit"])
    )
    return between if best is None else f"{_amount(best, each['unit'])} ({between})"


def _bare(value: float, unit: str) -> str:
    return i18n.percent(value) if unit == SHARE else _number(value)


def _amount(value: float, unit: str) -> str:
    return _bare(value, unit) if unit in (SHARE, SCORE) else i18n.with_unit(value, _number(value), unit)


def _number(value: float) -> str:
    return i18n.number(value, 2 if abs(value) < 10 else 1 if abs(value) < 1000 else 0)


def card(each: Mapping[str, Any], former: Mapping[str, Any] | None = None) -> str:
    """The picture with its title and reasons, as HTML. former: the class before what-if changed an input."""
    before = ""
    if former is not None and answer(former) != answer(each):
        text = i18n.colon(_("As recorded"), answer(former))
        before = f'<p class="ls-was">{_escaped(text)}</p>'
    evidence = _(IN_WHAT_IF) if yours(each) else widgets.label(each["evidence"])
    sentences = "".join(f"<li>{_escaped(text)}</li>" for text in reasons(each))
    return (
        f'<section class="ls-class"><h4>{_escaped(widgets.label(each["title"]))}</h4>'
        f'<p class="ls-answer">{_escaped(answer(each))} <span>{_escaped(evidence)}</span></p>'
        f'{picture(each, former)}{before}<ul class="ls-why">{sentences}</ul></section>'
    )


def picture(each: Mapping[str, Any], former: Mapping[str, Any] | None = None) -> str:
    """The scale as boxes, or the range as a track, what is left open filled, the best estimate marked."""
    if scale := ALL_SCALES.get(each["unit"]):
        return _boxes(each, scale, former)
    yields = catalogue.method(each["method"]).yields
    if isinstance(yields, Quantity) and yields.high <= _TRACK_UP_TO:
        return _track(each, yields, former)
    return ""


def _boxes(each: Mapping[str, Any], scale: Scale, former: Mapping[str, Any] | None) -> str:
    parts = ""
    for rank, level in enumerate(scale.levels):
        inside = each["low"] is not None and scale.rank(each["low"]) <= rank <= scale.rank(each["high"])
        before = _holds(former, scale, rank) and former is not None and answer(former) != answer(each)
        names = "ls-step" + (" in" if inside else "") + (" was" if before else "")
        mark = '<i class="best"></i>' if each["best"] == level.code else ""
        colour = f' style="background:{level.colour}"' if inside else ""
        parts += f'<span class="{names}"><b{colour}>{mark}</b>{_escaped(_(level.label))}</span>'
    return f'<div class="ls-scale" role="img" aria-label="{_escaped(answer(each))}">{parts}</div>'


def _holds(former: Mapping[str, Any] | None, scale: Scale, rank: int) -> bool:
    if former is None or former["low"] is None:
        return False
    return bool(scale.rank(former["low"]) <= rank <= scale.rank(former["high"]))


def _track(each: Mapping[str, Any], yields: Quantity, former: Mapping[str, Any] | None) -> str:
    parts = ""
    was = former if former is not None and answer(former) != answer(each) else None
    for one, name in ((each, "in"), (was, "was")):
        if one is not None and one["low"] is not None:
            left, right = (_share(one[bound], yields) for bound in ("low", "high"))
            parts += f'<b class="{name}" style="left:{left:.1f}%;width:{max(right - left, 0.6):.1f}%"></b>'
    if each["best"] is not None:
        parts += f'<i class="best" style="left:{_share(each["best"], yields):.1f}%"></i>'
    ends = f"<span>{_number(yields.low)}</span><span>{_number(yields.high)}</span>"
    label = _escaped(answer(each))
    return f'<div class="ls-track" role="img" aria-label="{label}"><div>{parts}</div>{ends}</div>'


def _share(value: float, yields: Quantity) -> float:
    return 100 * (min(max(value, yields.low), yields.high) - yields.low) / (yields.high - yields.low)


def reasons(each: Mapping[str, Any]) -> list[str]:
    """Why the class is what it is, in sentences."""
    found = _basis(each)
    if each["low"] is not None and each["low"] != each["high"]:
        found.append(_("What is not known leaves the rest of the interval open."))
    if each.get("chance") is not None:
        text = _(
            "An inferred class lies within one grade of the true one in about {share} of cases, we judge."
        )
        found.append(text.format(share=i18n.percent(each["chance"])))
    found += [_sentence(_(FLAGS[code])) for code in each["flag"]]
    if each["would_change"]:
        names = ", ".join(_gap_words(gap, each) for gap in each["would_change"][:3])
        found.append(_("What would narrow it most: {inputs}.").format(inputs=names))
    return found


def _basis(each: Mapping[str, Any]) -> list[str]:
    """What a class rests on: what the reader assumed apart from what is recorded."""
    said = [item for item in each["inputs"] if not item["field"].endswith("_raw")] or each["inputs"]
    if assumed := yours(each):
        recorded = [item for item in said if item not in assumed]
        found = [_("Rests on what you assumed: {inputs}.").format(inputs=_named(assumed))]
        if recorded:
            found.append(_("The rest is as recorded: {inputs}.").format(inputs=_named(recorded)))
        return found
    named = _named(said)
    basis = BASIS[each["evidence"] if named else "missing"]
    return [_(basis).format(inputs=named)]


def yours(each: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The inputs of a class that the reader changed; none where the class stays unrated all the same."""
    return [item for item in each["inputs"] if item["source_id"] == what_if.YOURS and each["low"] is not None]


def _named(items: Sequence[Mapping[str, Any]]) -> str:
    named = ", ".join(_input_words(item) for item in items[:_NAMED])
    if len(items) > _NAMED:
        named += " " + ngettext("and {n} more", "and {n} more", len(items) - _NAMED)
    return named


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _input_words(item: Mapping[str, Any]) -> str:
    return i18n.colon(widgets.label(item["label"]), value_words(item["field"], item["value"]))


def value_words(name: str, value: Any) -> str:
    """A field's value as people read it, with its unit."""
    each = fields.field(name)
    if each.dtype == "class":
        return _(next(scale.label(value) for scale in SCALES.values() if tuple(scale.codes) == each.allowed))
    return dossier.value(each, pd.Series({name: value}, dtype="object"))


def _gap_words(gap: Mapping[str, Any], each: Mapping[str, Any]) -> str:
    narrows = gap["narrows"]
    if each["unit"] in ALL_SCALES:
        gain = ngettext("by up to {n} class", "by up to {n} classes", int(narrows))
    elif isinstance(yields := catalogue.method(each["method"]).yields, Quantity) and yields.is_logarithmic:
        gain = _("by up to {n} powers of ten").format(n=_number(narrows))
    else:
        gain = _("by up to {amount}").format(amount=_amount(narrows, each["unit"]))
    return f"{widgets.field_label(gap['field'])} ({gain})"


def details(each: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    """Inputs with their sources, gaps, thresholds with paper and page, doubts, version and citation.

    titles: source id -> title.
    """
    method = catalogue.method(each["method"])
    parts = [_inputs(each, titles)]
    if each.get("answers"):
        parts.append(_questions(each["answers"], titles))
    if each["missing"]:
        names = ", ".join(dict.fromkeys(widgets.field_label(name) for name in each["missing"]))
        parts.append(_paragraph(_("Not known"), names))
    if each["would_change"]:
        names = joined(_gap_words(gap, each) for gap in each["would_change"])
        parts.append(_paragraph(_("What would change it, the widest gain first"), names))
    parts.append(_paragraph(_("Rule"), _(method.formula)))
    parts += [threshold(reference.load(name)) for name in method.tables]
    if doubts := doubts_of(method):
        parts.append(_paragraph(_("Doubts"), joined(doubts)))
    if each.get("unfc"):
        parts.append(_paragraph(_("Class of the resource"), each["unfc"]))
    parts.append(_paragraph(_("Citation"), citation(method)))
    link = _escaped(address.link("methods", method=method.id))
    more = _("This method in full")
    parts.append(f'<p><a href="{link}" target="_blank">{_escaped(more)}</a></p>')
    return f'<div class="ls-details">{"".join(parts)}</div>'


def doubts_of(method: Method) -> list[str]:
    """What is not certain about a method, in the reader's language, each doubt once."""
    notes = [method.doubt, *(reference.load(name).note for name in method.tables)]
    return [_(note) for note in dict.fromkeys(notes) if note]


def citation(method: Method) -> str:
    """Who published the method, and its version here."""
    ours = "" if method.is_published else " " + _("This rule is ours, not a published method.")
    return f"{_(method.citation)}. " + _("Version {version}.").format(version=method.version) + ours


def _inputs(each: Mapping[str, Any], titles: Mapping[str, str]) -> str:
    rows = [
        (
            widgets.label(item["label"]),
            value_words(item["field"], item["value"]),
            source_words(item["source_id"], titles),
        )
        for item in each["inputs"]
    ]
    return table(_("Inputs with their sources"), (_("Input"), _("Value"), _("Source")), rows) if rows else ""


def source_words(source_id: str, titles: Mapping[str, str]) -> str:
    """The title of a source; "computed" or "your what-if" where no record says it."""
    return _(_SOURCES[source_id]) if source_id in _SOURCES else titles.get(source_id, source_id)


def _questions(answers: Sequence[Mapping[str, Any]], titles: Mapping[str, str]) -> str:
    rows = [
        (
            str(item["number"]),
            widgets.label(item["question"]),
            widgets.label(item["answer"]),
            source_words(item["source_id"], titles) if item["source_id"] else "",
        )
        for item in answers
    ]
    return table(_("The 18 questions"), (_("No."), _("Question"), _("Answer"), _("Source")), rows)


def threshold(table_of: ReferenceTable) -> str:
    """A table of thresholds: paper, page, how limits are read; and its rows where they are few."""
    where = joined((_(table_of.source), _(table_of.locator)))
    found = _paragraph(_(table_of.title), where)
    if table_of.boundary:
        found += f'<p class="sub">{_escaped(_(table_of.boundary))}</p>'
    return found + (rows_of(table_of) if len(table_of.rows) <= SMALL_TABLE else "")


def rows_of(table_of: ReferenceTable) -> str:
    """The rows of a cited table: codes and numbers as its file has them, words in the reader's language."""
    rows = table_of.rows.astype(object).where(table_of.rows.notna(), "")
    ours = f"_{i18n.language()}"
    for name in [name for name in rows if f"{name}{ours}" in rows]:
        rows[name] = rows[f"{name}{ours}"]
    rows = rows[[name for name in rows if not str(name).endswith(reference.OTHER_LANGUAGES)]]
    cells = [
        [_cell(name, value) for name, value in zip(rows.columns, row, strict=True)]
        for row in rows.itertuples(index=False)
    ]
    unit = f" [{i18n.unit(table_of.unit)}]" if table_of.unit else ""
    heads = [_(reference.head_of(name)) for name in rows.columns]
    return table(_(table_of.title) + unit, heads, cells, is_quiet=True)


def _cell(column: str, value: object) -> str:
    if isinstance(value, float):
        return "∞" if value == float("inf") else i18n.number(value, 6)
    if isinstance(value, int | np.integer):
        return i18n.number(value)
    text = str(value)
    if column in reference.WORDED:
        return "; ".join(_(item) for item in reference.items(column, text))
    if column in ("field", "fields"):
        return "; ".join(widgets.field_label(item) for item in text.split("; "))
    if column in ("class", "low", "best", "high", "grade") and text in CLASS_LABELS:
        return _(CLASS_LABELS[text])
    return i18n.unit(text) if column == "unit" else text


def table(
    caption: str, headings: Iterable[str], rows: Iterable[Sequence[str]], *, is_quiet: bool = False
) -> str:
    """A small table as HTML, escaped. is_quiet: the caption is for screen readers only."""
    head = "".join(f'<th scope="col">{_escaped(each)}</th>' for each in headings)
    body = "".join("<tr>" + "".join(f"<td>{_escaped(each)}</td>" for each in row) + "</tr>" for row in rows)
    name = ' class="quiet"' if is_quiet else ""
    return (
        f"<table><caption{name}>{_escaped(caption)}</caption><thead><tr>{head}</tr></thead>"
        f"<tbody>{body}</tbody></table>"
    )


def joined(parts: Iterable[str]) -> str:
    """Parts of a sentence with semicolons between, set apart as the language does."""
    return ("\u00a0; " if i18n.language() == "fr" else "; ").join(parts)


def _paragraph(head: str, text: str) -> str:
    return f"<p><strong>{_escaped(head)}</strong><br>{_escaped(text)}</p>"


def _escaped(text: object) -> str:
    return html.escape(str(text), quote=True)
