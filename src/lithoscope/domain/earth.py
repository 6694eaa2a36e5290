"""What distances and areas are measured on: the ellipsoid, a sphere, a projection that keeps areas."""

from pyproj import Geod

GEOD = Geod(ellps="WGS84")
EARTH_M = 6_371_008.8
"""Mean radius, for great circles. [m]"""
EQUAL_AREA = "EPSG:6933"
