"""The list of pages, and what stands around each: name, navigation, language, colours.

Streamlit runs this file from the top for each viewer and each change.
"""

from collections.abc import Callable
from dataclasses import dataclass

import streamlit as st

from lithoscope.app import address, assets, cached, crossing, i18n
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages import (
    countries,
    disclosure,
    facilities,
    methods,
    mines,
    overview,
    priority,
    quality,
    sand,
    site,
    sources,
    transboundary,
)
from lithoscope.locale import LANGUAGES


@dataclass(frozen=True)
class Entry:
    """One page: its address, its title, what draws it, its heading in the navigation ("" hides it).

    is_listed: whether the release holds what the page shows; its address works in any case.
    """

    path: str
    title: str
    page: Callable[[], None]
    section: str
    is_listed: Callable[[], bool] = lambda: True


PAGES = (
    Entry("overview", N_("Overview"), overview.page, N_("The register")),
    Entry("facilities", N_("Tailings facilities"), facilities.page, N_("The register")),
    Entry("mines", N_("Abandoned mines"), mines.page, N_("The register")),
    Entry("sand", N_("Sand observatory"), sand.page, N_("The register")),
    Entry("countries", N_("Countries"), countries.page, N_("The register")),
    Entry("priority", N_("Screening priority"), priority.page, N_("What follows")),
    Entry("transboundary", N_("Transboundary"), transboundary.page, N_("What follows"), crossing.is_any),
    Entry("disclosure", N_("Disclosure"), disclosure.page, N_("What follows")),
    Entry("methods", N_("Methods"), methods.page, N_("How it was made")),
    Entry("quality", N_("Data quality"), quality.page, N_("How it was made")),
    Entry("sources", N_("Sources and licences"), sources.page, N_("How it was made")),
    Entry("site", N_("Site"), site.page, ""),
)

_THEMES = (("System", N_("Auto")), ("Light", N_("Light")), ("Dark", N_("Dark")))


def run(first: str = "overview") -> None:
    """Draw the page that the address names; `first` is the one without a name of its own."""
    with i18n.speaking(i18n.asked()):
        _draw(first)


def _draw(first: str) -> None:
    st.set_page_config(
        page_title="Lithoscope",
        page_icon=str(assets.STATIC / "mark.svg"),
        layout="wide",
        initial_sidebar_state="auto",
    )
    pages = {
        entry.path: st.Page(
            entry.page, title=_(entry.title), url_path=entry.path, default=entry.path == first
        )
        for entry in PAGES
    }
    st.session_state["pages"] = pages
    current = st.navigation(list(pages.values()), position="hidden")
    _style()
    with st.sidebar:
        _navigation(pages)
        with st.container(key="choices"):
            _choices()
    cached.prepare()
    current.run()
    _foot()


def _style() -> None:
    """The style: with a visit's first run, so that nothing stands bare; then the shell has linked it."""
    if not st.session_state.get("styled"):
        st.html(assets.STATIC / "page.css")
        st.session_state["styled"] = True


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
    if st.session_state.get("language") != i18n.language():
        st.session_state["language"] = i18n.language()
    st.segmented_control(
        "Language / Langue",
        list(LANGUAGES),
        format_func=LANGUAGES.__getitem__,
        required=True,
        key="language",
        on_change=lambda: address.put(lang=st.session_state["language"]),
    )
    assets.component("shell")(
        key="shell",
        data={
            "language": i18n.language(),
            "style": assets.address("page.css"),
            "label": _("Colours"),
            "themes": [[name, _(label)] for name, label in _THEMES],
            "paths": ["/", *(f"/{entry.path}" for entry in PAGES)],
        },
    )


def _foot() -> None:
    release = cached.release()
    built = i18n.date(str(release.manifest.get("built_utc", "")))
    text = _("Release {release}, built {date}.").format(release=release.release_id, date=built)
    st.html(f'<footer class="ls-foot">Lithoscope · {text}</footer>')


if __name__ == "__main__":
    run()
