"""Whose disclosure a page shows, what is wanted most of them, and the letters that ask for it."""

import datetime
from collections.abc import Mapping

import pandas as pd
import streamlit as st

from lithoscope.app import address, cached, i18n, tables, widgets
from lithoscope.app.i18n import _, ngettext
from lithoscope.pipelines import countries, letters, summary, wanted

_MOST_WANTED = 8


def chosen(ways: Mapping[str, str]) -> tuple[str, str | None]:
    """The way of grouping and the one of it that the address names, such as owner, "Vale"; None for all."""
    by, _colon, who = address.get("of").partition(":")
    if by in ways and who:
        return by, who
    now = address.get("by", next(iter(ways)), list(ways))
    key = "disclosure:by"
    address.hold(key, now)
    st.segmented_control(
        _("By"),
        list(ways),
        format_func=lambda each: _(ways[each]),
        required=True,
        key=key,
        on_change=lambda: address.put(by=st.session_state[key], of=None),
    )
    return now, None


def name(by: str, who: str) -> str:
    """An owner, a State or a regional group as people write it."""
    if who == summary.UNKNOWN:
        return _("unknown")
    if by == "country_iso3":
        return widgets.country(who)
    return widgets.group(who) if by == "un_group" else who


def addressee(by: str, who: str) -> dict[str, str]:
    """Language -> to whom a letter is addressed."""
    if by == "country_iso3" and countries.is_country(who):
        return {language: countries.country_name(who, language) for language in letters.LANGUAGES}
    return dict.fromkeys(letters.LANGUAGES, name(by, who))


@st.cache_data(max_entries=64, show_spinner=False)
def _wanted(release_id: str, key: str, _facilities: pd.DataFrame) -> pd.DataFrame:
    return wanted.once_per_assay(wanted.wanted(_facilities, "facilities")).head(_MOST_WANTED)


def most_wanted(facilities: pd.DataFrame, key: str) -> None:
    """The inputs whose answers would narrow the classes most."""
    widgets.heading(_("What matters most to ask"))
    table = _wanted(cached.release().release_id, key, facilities)
    rows = [
        [letters.label_of(str(row.field), i18n.language()), i18n.number(row.lacking)]
        for row in table.itertuples(index=False)
    ]
    tables.plain(
        [_("Input"), _("Facilities that lack it")],
        rows,
        caption=_("What matters most to ask"),
        key="d:wanted",
        ends=(1,),
    )
    widgets.note(_("In the order of how much knowing it could narrow toxicity, consequence and risk index."))


def letter_bytes(facilities: pd.DataFrame, who: str, language: letters.Language, suffix: str) -> bytes:
    """A request letter in a language, as PDF or as text."""
    facts = {
        "language": language,
        "date": datetime.date.today().isoformat(),
        "release": cached.release().release_id,
    }
    if suffix == "pdf":
        return letters.letter_pdf(facilities, who, **facts)
    return letters.letter(facilities, who, **facts).encode()


def offer_letters(facilities: pd.DataFrame, to: Mapping[str, str]) -> None:
    """Downloads of the letter, in each language."""
    widgets.heading(_("Letter that asks for it"))
    widgets.note(
        ngettext(
            "Ready to send, on {n} facility: what is open and what would narrow its classes most.",
            "Ready to send, on {n} facilities: what is open and what would narrow their classes most.",
            len(facilities),
        )
    )
    with st.container(horizontal=True, gap="small"):
        for language in letters.LANGUAGES:
            for suffix, label in (("pdf", "PDF"), ("md", _("Text"))):
                st.download_button(
                    f"{'English' if language == 'en' else 'Français'}, {label}",
                    data=lambda language=language, suffix=suffix: letter_bytes(
                        facilities, to[language], language, suffix
                    ),
                    file_name=f"lithoscope-request-{language}.{suffix}",
                    mime="application/pdf" if suffix == "pdf" else "text/markdown",
                    key=f"letter:{language}:{suffix}",
                    on_click="ignore",
                )
