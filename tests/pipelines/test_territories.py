"""The ground of States as shapes holds what the register's look-up says of points."""

import numpy as np
import pandas as pd
import pytest
import shapely

from lithoscope.pipelines import countries, territories
from lithoscope.pipelines import downstream_borders as borders


def test_shapes_and_points_agree_in_and_around_disputed_areas():
    rng = np.random.default_rng(1)
    boxes = [shape.buffer(0.1).bounds for shape in countries.disputed_areas().geometry]
    points = np.vstack([rng.uniform((w, s), (e, n), (100, 2)) for w, s, e, n in boxes])
    found = countries.locate(pd.Series(points[:, 0]), pd.Series(points[:, 1]))
    ground = territories.held()
    at, piece = ground.tree.query(shapely.points(points), predicate="intersects")
    first = at != np.concatenate([[-1], at[:-1]])
    at, piece = at[first], piece[first]
    codes, disputes = ground.codes[piece], ground.disputes[piece]
    stated = found.iloc[at]
    agree = stated["country_iso3"].fillna("").to_numpy(object) == [code or "" for code in codes]
    agree &= stated["dispute"].fillna("").to_numpy(object) == disputes
    assert len(at) > 2000 and agree.mean() > 0.99, stated[~agree]


@pytest.mark.parametrize(
    ("lon", "lat", "code", "area"),
    [
        (35.8, 32.98, "SYR", "Golan Heights"),
        (34.3, 45.2, "UKR", "Crimea"),
        (20.9, 42.6, "XKX", "Kosovo"),
        (-59.5, 5.5, "GUY", "West of the Essequibo"),
    ],
)
def test_path_in_a_disputed_area_is_of_the_state_that_the_register_names(lon, lat, code, area):
    lons, lats = np.array([lon, lon + 0.01]), np.array([lat, lat])
    along = np.array([0.0, 900.0])
    assert borders.countries_along(lons, lats, along)[0].country_iso3 == code
    disputes = borders.disputed_along(lons, lats, along)
    assert [each.country_iso3 for each in disputes] == [code] and disputes[0].label.startswith(area)


def test_path_on_undisputed_ground_reaches_no_dispute():
    lons, lats = np.array([8.3, 8.4]), np.array([47.4, 47.4])
    assert borders.disputed_along(lons, lats, np.array([0.0, 7500.0])) == []
