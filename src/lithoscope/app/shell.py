"""What stands around each page: name, navigation, language, colours."""

import streamlit as st

from lithoscope.app import address, ahead, assets, cached, entrance, i18n, turns
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages import PAGES
from lithoscope.locale import LANGUAGES

_THEMES = (("System", N_("Auto")), ("Light", N_("Light")), ("Dark", N_("Dark")))

_NO_MAPS = N_("This browser draws no maps: WebGL is switched off or missing. The tables tell the same.")


def begin() -> None:
    """Make ready what the first viewer will ask for."""
    PAGES[0].page()
    cached.begin()


def run(first: str = entrance.FIRST) -> None:
    """Draw the page that the address names; `first` is the one without a name of its own."""
    with i18n.speaking(i18n.asked()):
        _draw(first)


def _draw(first: str) -> None:
    st.set_page_config(layout="wide", initial_sidebar_state="auto")
    pages = {
        entry.path: st.Page(
            lambda entry=entry: entry.page()(),
            title=_(entry.title),
            url_path=entry.path,
            default=entry.path == first,
        )
        for entry in PAGES
    }
    st.session_state["pages"] = pages
    current = st.navigation(list(pages.values()), position="hidden")
    with st.sidebar:
        _navigation(pages)
        with st.container(key="choices"):
            _choices()
    cached.prepare()
    with turns.taken():
        current.run()
    _foot()
    ahead.begin()


def _navigation(pages: dict[str, st.Page]) -> None:
    st.html('<div class="ls-brand">Lithoscope</div>')
    heading = ""
    for entry in PAGES:
        if not entry.section or not entry.is_listed():
            continue
        if entry.section != heading:
            heading = entry.section
            st.html(f'<div class="ls-section">{_(heading)}</div>')
        st.page_link(pages[entry.path], label=_(entry.title), query_params={"lang": i18n.language()})


def _choices() -> None:
    """Language and colours."""
    assets.component("shell")(
        key="shell",
        data={
            "language": i18n.language(),
            "languages": list(LANGUAGES.items()),
            "colours": _("Colours"),
            "themes": [[name, _(label)] for name, label in _THEMES],
            "noMaps": _(_NO_MAPS),
            "paths": ["/", *(f"/{entry.path}" for entry in PAGES)],
        },
        on_language_change=lambda: address.put(lang=st.session_state["shell"].language),
    )


def _foot() -> None:
    release = cached.release()
    built = i18n.date(str(release.manifest.get("built_utc", "")))
    text = _("Release {release}, built {date}.").format(release=release.release_id, date=built)
    st.html(f'<footer class="ls-foot">Lithoscope · {text}</footer>')
