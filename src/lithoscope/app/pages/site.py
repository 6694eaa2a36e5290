"""Site: all that is known of one site, and how it is known. Its address can be shared."""

import pandas as pd
import streamlit as st

from lithoscope.app import (
    address,
    cached,
    dossier,
    downstream_part,
    maps,
    record_pdf,
    sand_country,
    site_classes,
    widgets,
)
from lithoscope.app.i18n import _
from lithoscope.domain.scales import LAYER_COLOURS
from lithoscope.pipelines.query import Selection


def page() -> None:
    """The page."""
    site_id = address.get("site")
    sand_country.open_episode(site_id)
    found = dossier.find(site_id) if site_id else None
    if found is None:
        widgets.title(_("Site"), _("Open a site from a map or a table; its record then stands here."))
        if site_id:
            st.warning(_("This release holds no such site."))
        widgets.page_link("facilities", _("All tailings facilities"))
        widgets.page_link("mines", _("All abandoned mines"))
        return
    layer, row = found
    widgets.title(dossier.name_of(row), dossier.place_line(row))
    widgets.note(dossier.trust_line(row))
    left, right = st.columns([1.5, 1], gap="large")
    with left:
        _surroundings(site_id, row)
    with right:
        dossier.class_table(layer, row)
        dossier.key_facts(layer, row)
        dossier.belonging(site_id, layer)
        _share(site_id)
        record_pdf.button(site_id, layer, row)
    dossier.flags(site_id, layer)
    site_classes.part(site_id, layer)
    downstream_part.part(site_id, layer, row)
    dossier.failures(site_id, layer)
    records = dossier.records(site_id, layer)
    dossier.all_fields(row, layer, records)
    dossier.side_by_side(records, layer)
    dossier.as_written(records)


def _surroundings(site_id: str, row: pd.Series) -> None:
    if cached.holdings().place(site_id) is None:
        widgets.note(_("The source gives no coordinates, so there is no map of this site."))
        return
    clicked = maps.site_map(
        ["mines", "facilities"],
        Selection(),
        colour_by="layer",
        view=maps.View(float(row["lon"]), float(row["lat"]), 8.5),
        selected_id=site_id,
        key=f"map:site:{site_id}",
        height=380,
        alt=_("Map of the surroundings of the site, which is ringed."),
    )
    marks = [(_(level.label), level.colour, None) for level in LAYER_COLOURS if level.code != "events"]
    widgets.legend(_("On the map"), marks)
    if clicked and clicked != site_id:
        address.put(site=clicked, **{site_classes.IF: None})
        st.rerun()


def _share(site_id: str) -> None:
    widgets.heading(_("Link to this record"))
    st.code(f"{maps.site_origin()}/{address.link('site', site=site_id)}", language=None, wrap_lines=True)
