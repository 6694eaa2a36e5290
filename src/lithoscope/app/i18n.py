"""English and French: which language the reader wants, the words in it, numbers and dates as it writes them.

The language stands in the address (`?lang=fr`); without it the reader's last choice holds, then the
browser's language, then English.
"""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache

import pandas as pd
import streamlit as st
from babel import dates, numbers
from streamlit.runtime.scriptrunner import get_script_run_ctx

from lithoscope.domain.text import N_ as N_
from lithoscope.domain.text import fold
from lithoscope.locale import LANGUAGES, catalogue, translate

_forced: ContextVar[str | None] = ContextVar("language", default=None)
_UNIT_SIGNS = {"m3": "m³", "m2": "m²", "km2": "km²", "degrees": "°", "kg CaCO3/t": "kg CaCO₃/t"} | {
    "kg H2SO4/t": "kg H₂SO₄/t"
}


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Words in this language inside the block, whatever the address says."""
    token = _forced.set(language)
    try:
        yield
    finally:
        _forced.reset(token)


def language() -> str:
    """The language that words are in: that of `speaking`, else what the reader asks for."""
    return _forced.get() or asked()


def asked() -> str:
    """The language that the reader asks for: "en" or "fr"."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return "en"
    named = st.query_params.get("lang")
    if named in LANGUAGES:
        st.session_state["lang"] = named
    return st.session_state.get("lang") or _of_browser()


def _of_browser() -> str:
    known = str(st.context.locale or "").split("-")[0].lower()
    return known if known in LANGUAGES else "en"


def _(message: str) -> str:
    """The message in the reader's language; an empty one stays empty."""
    return translate(message, language())


def ngettext(singular: str, plural: str, n: int) -> str:
    """The singular or plural message for n; `{n}` in it becomes the number as the language writes it."""
    return catalogue(language()).ngettext(singular, plural, n).replace("{n}", number(n))


def number(value: object, digits: int | None = None) -> str:
    """A number as the language writes it: at most `digits` decimals, else as many as are worth reading.

    That is three below ten, one below a thousand, none above. A missing value is "unknown".
    """
    if value is None or pd.isna(value):
        return _("unknown")
    if digits is None:
        digits = 3 if abs(float(value)) < 10 else 1 if abs(float(value)) < 1000 else 0
    return _decimal(float(value), digits, language())


def coordinates(lat: float, lon: float) -> str:
    """Degrees with the first letters of where they lie: a comma is also a decimal sign, a minus gets lost."""
    north = _("{degrees}° N") if lat >= 0 else _("{degrees}° S")
    east = _("{degrees}° E") if lon >= 0 else _("{degrees}° W")
    apart = ", " if language() == "en" else "\u00a0; "
    return apart.join(text.format(degrees=number(abs(each), 4)) for text, each in ((north, lat), (east, lon)))


@lru_cache(maxsize=4096)
def _decimal(value: float, digits: int, language: str) -> str:
    return numbers.format_decimal(value, format="#,##0." + "#" * digits, locale=language)


def short_number(value: object) -> str:
    """A large number in words: 1.2 million, 12,7 millions; a missing value is "unknown"."""
    if value is None or pd.isna(value):
        return _("unknown")
    if abs(float(value)) < 10_000:
        return number(value, 0)
    return numbers.format_compact_decimal(
        float(value),
        format_type="long" if abs(float(value)) >= 1e6 else "short",
        locale=language(),
        fraction_digits=1,
    )


def percent(share: float) -> str:
    """A share of one as per cent; never 0 or 100 unless it is exactly that."""
    if pd.isna(share):
        return _("unknown")
    if 0 < share < 0.01:
        return "< " + numbers.format_percent(0.01, locale=language())
    shown = min(round(share, 2), 0.99) if share < 1 else 1.0
    return numbers.format_percent(shown, locale=language())


def year(value: object) -> str:
    """A year, without separators."""
    return _("unknown") if value is None or pd.isna(value) else f"{int(value)}"


def date(value: object) -> str:
    """An ISO 8601 date, possibly partial ("2022", "2022-03"), as the language writes it; text as it is."""
    text = "" if value is None or pd.isna(value) else str(value)
    match = re.match(r"(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?(?:T.*)?$", text)
    if not text or not match or not match[2]:
        return text or _("unknown")
    try:
        known = pd.Timestamp(int(match[1]), int(match[2]), int(match[3] or 1)).date()
    except ValueError:
        return text
    if match[3]:
        return dates.format_date(known, "long", locale=language())
    return dates.format_skeleton("yMMMM", known, locale=language())


def unit(name: str) -> str:
    """A unit as people write it: m³, %; words are translated."""
    if name in _UNIT_SIGNS:
        return _UNIT_SIGNS[name]
    return _(name)


def with_unit(value: float, figures: str, name: str) -> str:
    """A number with its unit: "1 point", "2 points". figures: the value as it is to be written."""
    whole = int(abs(value))
    many = whole if language() == "fr" or whole == abs(value) else 2  # in French all below two is one
    if name == "points":
        sign = catalogue(language()).ngettext("point", "points", many)
    elif name == "persons":
        sign = catalogue(language()).ngettext("person", "persons", many)
    else:
        sign = unit(name)
    return f"{figures}{sign if sign == '°' else chr(0xA0) + sign}"


def colon(label: str, text: str) -> str:
    """`label: text`, with the space before the colon that French sets."""
    return f"{label}\u00a0: {text}" if language() == "fr" else f"{label}: {text}"


def quoted(text: str) -> str:
    """A text in the language's quotation marks."""
    return f"«\u00a0{text}\u00a0»" if language() == "fr" else f"“{text}”"


def in_order(labels: Mapping[str, str]) -> list[str]:
    """Keys in the alphabetical order of their labels, accents folded."""
    return sorted(labels, key=lambda key: fold(labels[key]))
