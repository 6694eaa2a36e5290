"""Text as a PDF to send or print: A4, headings and paragraphs, in several alphabets."""

import unicodedata
from typing import Literal

from lithoscope.domain.folders import DATA

Language = Literal["en", "fr"]
_BOX = "□"
_SIZES = {"# ": 15, "## ": 11, "### ": 9}
_FONTS = {"": "DejaVuSans.ttf", "B": "DejaVuSans-Bold.ttf"}


def as_pdf(text: str, *, language: Language, missing_letters: str) -> bytes:
    """Markdown of headings (`#` to `###`) and plain lines as PDF.

    Letters: Latin, Greek, Cyrillic, Armenian and Georgian. What the font has no letter for becomes a box,
    and `missing_letters` at the end says so.
    """
    from fpdf import FPDF  # here: only this needs it

    text = unicodedata.normalize("NFC", text)
    page = FPDF(format="A4")
    for weight, name in _FONTS.items():
        page.add_font("DejaVu", weight, DATA / "letters" / "fonts" / name)
    known = set(page.fonts["dejavu"].cmap) & set(page.fonts["dejavuB"].cmap)
    shown = "".join(sign if ord(sign) in known or sign == "\n" else _BOX for sign in text)
    if shown != text:
        shown += f"\n\n{missing_letters}"
    page.set_lang(language)
    page.set_title(shown.split("\n", 1)[0].removeprefix("# "))
    page.set_margins(22, 20)
    page.set_auto_page_break(True, margin=20)
    page.add_page()
    for line in shown.split("\n"):
        heading = next((mark for mark in _SIZES if line.startswith(mark)), "")
        page.set_font("DejaVu", "B" if heading else "", _SIZES.get(heading, 9))
        if not line.strip():
            page.ln(3)
            continue
        height = 8 if heading in ("# ", "## ") else 5
        page.multi_cell(0, height, line.removeprefix(heading), align="L", new_x="LMARGIN", new_y="NEXT")
    return bytes(page.output())
