"""Overview: everything on one map, what Lithoscope is, how sure it is, and where it is blind."""

import streamlit as st

from lithoscope.app import address, cached, charts, dossier, i18n, maps, tables, widgets
from lithoscope.app.i18n import N_, _
from lithoscope.app.pages import mines
from lithoscope.domain.scales import LAYER_COLOURS
from lithoscope.pipelines import summary
from lithoscope.pipelines.query import Selection

LEAD = N_(
    "Lithoscope puts tailings facilities, abandoned mines and documented dam failures on one map and in one "
    "inventory per country. Every value names its source, and what nobody has said is shown as unknown."
)


def page() -> None:
    """The page."""
    widgets.title(_("What mining leaves behind"), _(LEAD))
    selections = {
        "facilities": Selection(),
        "mines": Selection.from_params(mines.DEFAULTS),
        "events": Selection(),
    }
    shown = {name: cached.shown(name, selection) for name, selection in selections.items()}
    silent = summary.silent((cached.facilities(), cached.mines()), cached.members())
    _figures(shown, silent)
    names = _layers()
    is_open = bool(address.get("site"))
    left, right = st.columns([2.1, 1] if is_open else [4.2, 1], gap="medium")
    with left:
        clicked = maps.site_map(
            [name for name in ("mines", "facilities", "events") if name in names],
            selections,
            colour_by="layer",
            view=maps.WORLD,
            selected_id=address.get("site") or None,
            key="map:overview",
            height=560,
            alt=_("World map of tailings facilities, abandoned mines and documented failures."),
        )
        if clicked and clicked != address.get("site"):
            address.put(site=clicked)
            st.rerun()
    with right:
        if is_open:
            dossier.panel()
        else:
            _legend(shown, names)
    _sure_and_blind(shown, silent)


def _figures(shown: dict, silent: dict[str, list[str]]) -> None:
    states = sum(len(each) for each in cached.members().values())
    quiet = sum(len(each) for each in silent.values())
    places = len(shown["facilities"]) + len(shown["mines"])
    missing = sum(int(shown[name]["lon"].isna().sum()) for name in ("facilities", "mines"))
    widgets.figures(
        (i18n.number(len(shown["facilities"])), _("tailings facilities")),
        (
            i18n.number(len(shown["mines"])),
            _("abandoned mines"),
            _("with closed ones and those of unknown status"),
        ),
        (i18n.number(len(shown["events"])), _("documented failures")),
        (
            i18n.number(states - quiet),
            _("Member States with at least one site"),
            _("of {n}").format(n=states),
        ),
        (
            i18n.number(missing),
            _("sites without coordinates"),
            _("of {n}, kept in every count").format(n=i18n.number(places)),
        ),
    )


def _layers() -> list[str]:
    known = [level.code for level in LAYER_COLOURS]
    chosen = [name for name in address.get("layers", ",".join(known)).split(",") if name in known]
    if st.session_state.get("overview:layers") != chosen:
        st.session_state["overview:layers"] = chosen
    labels = {name: label for name, label, _colour in _kinds()}

    def write() -> None:
        now = [name for name in known if name in st.session_state["overview:layers"]]
        address.put(layers=None if now == known else ",".join(now) or "none")

    st.pills(
        _("Layers of the map"),
        known,
        selection_mode="multi",
        format_func=labels.__getitem__,
        key="overview:layers",
        on_change=write,
    )
    return chosen


def _kinds() -> list[tuple[str, str, str]]:
    """Layers of this map: name, label, colour. Of the mines it shows those that the page of mines shows."""
    return [
        (level.code, _("Abandoned mines") if level.code == "mines" else _(level.label), level.colour)
        for level in LAYER_COLOURS
    ]


def _legend(shown: dict, names: list[str]) -> None:
    items = [(label, colour, len(shown[name])) for name, label, colour in _kinds() if name in names]
    widgets.legend(_("On the map"), items, rings=[_("Documented failures")])
    widgets.note(
        _(
            "A circle with a number stands for that many sites; choose it to move closer. "
            "Choose a site to read its record."
        )
    )
    widgets.page_link("facilities", _("All tailings facilities"))
    widgets.page_link("mines", _("All abandoned mines"))
    widgets.page_link("countries", _("The inventory of a country"))


def _sure_and_blind(shown: dict, silent: dict[str, list[str]]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        widgets.heading(_("How sure we are"))
        for layer, text in (("facilities", _("Tailings facilities")), ("mines", _("Abandoned mines"))):
            counts = summary.by_evidence(shown[layer])
            charts.bars(counts, text, key=f"o:evidence:{layer}", colours=widgets.EVIDENCE_COLOURS)
        widgets.note(
            _(
                "Evidence says how a value was obtained: measured, stated by an authority or an owner, "
                "or concluded from something else."
            )
        )
    with right:
        widgets.heading(_("Where we are blind"))
        widgets.note(
            _(
                "No source read so far speaks of these Member States. That says nothing on whether they have "
                "sites: silence is not zero."
            )
        )
        members = cached.members()
        tables.plain(
            [_("Regional group"), _("Member States"), _("with sites"), _("silent")],
            [
                [
                    widgets.group(group),
                    *(
                        i18n.number(n)
                        for n in (len(members[group]), len(members[group]) - len(states), len(states))
                    ),
                ]
                for group, states in silent.items()
            ],
            caption=_("Member States with and without a site in the register, by regional group"),
            key="o:silent",
            ends=(1, 2, 3),
        )
        with st.expander(_("Which States are silent")):
            for group, states in silent.items():
                names = sorted((widgets.country(each) for each in states), key=i18n.folded)
                widgets.note(i18n.colon(widgets.group(group), ", ".join(names) or _("none")))
