"""Sand observatory: where, when and how much sand is dredged at sea, as far as vessel tracks tell.

A zone (`?zone=`) and a vessel (`?vessel=`) have their own addresses; `?embed=true` leaves the map alone.
"""

import streamlit as st

from lithoscope.app import (
    address,
    cached,
    sand_maps,
    sand_parts,
    sand_vessel,
    sand_words,
    sand_world,
    sand_zone,
    widgets,
)
from lithoscope.app.i18n import _, ngettext
from lithoscope.pipelines import sand as observatory

_ALONE = (
    "<style>[data-testid=stSidebar],[data-testid=stExpandSidebarButton],.ls-foot{display:none}"
    "[data-testid=stMainBlockContainer]{padding:.5rem .75rem}</style>"
)


def _nothing(sand: observatory.Sand) -> None:
    """In place of the views: no tracks were loaded, or none of them shows dredging."""
    if not sand.heard:
        widgets.note(_(sand_words.NO_DATA))
        return
    heard = ngettext("{n} ship was heard.", "{n} ships were heard.", sand.heard)
    sand_words.paragraph(f"{heard} {_(sand_words.NOTHING_SEEN)}")
    sand_parts.blind(beside_map=False)


def page() -> None:
    """The page."""
    sand = observatory.of(cached.release())
    if st.context.is_embedded:
        st.html(_ALONE)
    else:
        widgets.title(_(sand_words.TITLE), _(sand_words.LEAD))
    if sand.is_empty:
        _nothing(sand)
        return
    if st.context.is_embedded:
        sand_maps.timed(sand, "map:sand:embedded", height=460)
        return
    sand_words.banner(sand)
    vessel = address.get("vessel")
    zone = address.get("zone", "", [str(each) for each in sand.zones().index])
    if vessel:
        sand_vessel.show(sand, vessel)
    elif zone:
        sand_zone.show(sand, zone)
    else:
        sand_world.show(sand)
