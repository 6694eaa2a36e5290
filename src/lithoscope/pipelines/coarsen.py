"""Coordinates of sensitive sites, made coarse: the centre of the H3 cell that a site lies in.

Some places (artisanal or informal working, looting, unguarded shafts) should not be published to the
metre. The register keeps what the source said; maps and exports show what this module returns.
"""

import geopandas as gpd
import numpy as np
import pandas as pd

from lithoscope.pipelines import query
from lithoscope.pipelines.settings import Settings


def is_sensitive(sites: pd.DataFrame, chosen: Settings) -> pd.Series:
    """Which sites the settings call sensitive, on the same index; none without the setting."""
    if chosen.coarsen_resolution is None:
        return pd.Series(False, index=sites.index)
    return query.mask(sites, query.parse(chosen.coarsen_where))


def coarsened(
    sites: gpd.GeoDataFrame, chosen: Settings, sensitive: pd.Series | None = None
) -> gpd.GeoDataFrame:
    """The sites, those that the settings call sensitive at the centre of their H3 cell.

    sensitive: which ones, where the frame itself cannot say (records of a site); else `is_sensitive`.
    lon, lat, geometry and coordinate_precision_km change together; the precision is never made finer
    than it was. Gap rule: a site without a place stays without. Without the setting, the same frame.
    """
    if chosen.coarsen_resolution is None or sites.empty:
        return sites
    import h3  # here, since it is needed only where the setting is on

    sensitive = is_sensitive(sites, chosen) if sensitive is None else sensitive
    sensitive = sensitive & sites["lon"].notna() & sites["lat"].notna()
    if not sensitive.any():
        return sites
    centres = [
        h3.cell_to_latlng(h3.latlng_to_cell(lat, lon, chosen.coarsen_resolution))
        for lon, lat in zip(sites.loc[sensitive, "lon"], sites.loc[sensitive, "lat"], strict=True)
    ]
    edge_km = h3.average_hexagon_edge_length(chosen.coarsen_resolution, unit="km")
    shown = sites.copy()
    shown.loc[sensitive, "lat"] = np.array([lat for lat, _ in centres])
    shown.loc[sensitive, "lon"] = np.array([lon for _, lon in centres])
    was = shown.loc[sensitive, "coordinate_precision_km"].fillna(0.0)
    shown.loc[sensitive, "coordinate_precision_km"] = np.maximum(was, edge_km)
    points = gpd.points_from_xy(shown.loc[sensitive, "lon"], shown.loc[sensitive, "lat"], crs=sites.crs)
    shown.loc[sensitive, "geometry"] = pd.Series(points, index=shown.index[sensitive])
    return shown
