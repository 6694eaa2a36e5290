"""Translations: English texts are the keys, each other language has its catalogue.

Reads `LANGUAGE/LC_MESSAGES/lithoscope.mo` where it is newer than the .po beside it; else the .po is
compiled in memory, so that a checkout works without a build step.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = {"en": "English", "fr": "Français"}
"""Language code -> its own name of itself, the first one being that of the msgids."""
FOLDER = Path(__file__).resolve().parent
DOMAIN = "lithoscope"


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """The messages of a language; English is the msgids themselves."""
    if language == next(iter(LANGUAGES)):
        return gettext.NullTranslations()
    source = FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"
    compiled = source.with_suffix(".mo")
    if compiled.is_file() and compiled.stat().st_mtime >= source.stat().st_mtime:
        return gettext.GNUTranslations(io.BytesIO(compiled.read_bytes()))
    messages = io.BytesIO()
    with source.open("rb") as file:
        write_mo(messages, read_po(file, locale=language))
    messages.seek(0)
    return gettext.GNUTranslations(messages)


def translate(message: str, language: str) -> str:
    """The message in that language, or itself where there is no translation; empty stays empty."""
    return catalogue(language).gettext(message) if message else ""
