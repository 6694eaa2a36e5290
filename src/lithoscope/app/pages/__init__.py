"""The pages: one module each, and their list in the order of the navigation."""

from collections.abc import Callable
from dataclasses import dataclass

from lithoscope.app import cached
from lithoscope.app.i18n import N_
from lithoscope.app.serving import loaded
from lithoscope.domain.errors import BadRelease


@dataclass(frozen=True)
class Entry:
    """One page: its address and module in `pages/`, title, heading in the navigation ("" hides it).

    is_listed: whether the release holds what the page shows; its address works in any case.
    """

    path: str
    title: str
    section: str
    is_listed: Callable[[], bool] = lambda: True

    def page(self) -> Callable[[], None]:
        """What draws it. A page is loaded when it is first drawn: all of them take seconds."""
        return loaded(f"pages.{self.path}").page


def _is_crossed() -> bool:
    """Whether a failure's path in the open release reaches another State."""
    try:
        has_paths = cached.release().has("downstream.parquet")
    except BadRelease:
        return False
    return has_paths and loaded("crossing").is_any()


PAGES = (
    Entry("overview", N_("Overview"), N_("The register")),
    Entry("facilities", N_("Tailings facilities"), N_("The register")),
    Entry("mines", N_("Abandoned mines"), N_("The register")),
    Entry("sand", N_("Sand observatory"), N_("The register")),
    Entry("countries", N_("Countries"), N_("The register")),
    Entry("priority", N_("Screening priority"), N_("What follows")),
    Entry("transboundary", N_("Transboundary"), N_("What follows"), _is_crossed),
    Entry("disclosure", N_("Disclosure"), N_("What follows")),
    Entry("methods", N_("Methods"), N_("How it was made")),
    Entry("quality", N_("Data quality"), N_("How it was made")),
    Entry("sources", N_("Sources and licences"), N_("How it was made")),
    Entry("site", N_("Site"), ""),
)
