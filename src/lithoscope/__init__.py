"""Lithoscope: tailings facilities, abandoned mines and marine sand dredging in one verifiable inventory."""

import os

# Every vector driver of the packaged GDAL but GeoJSON, GeoPackage, Shapefile and FlatGeobuf: some of the
# others follow paths and addresses written inside a file that a stranger sent.
_FORBIDDEN_FORMATS = (
    *("OGR_VRT", "GDALG", "WFS", "OAPIF", "OGCAPI", "CSW", "KML", "LIBKML", "GML", "GPX", "GeoRSS", "OSM"),
    *("SQLite", "CSV", "MVT", "MBTiles", "PMTiles", "JSONFG", "TopoJSON", "ESRIJSON", "ADBC", "LVBAG"),
    *("AIVector", "EDIGEO", "GPSBabel", "GTFS", "MapInfo File", "MiraMonVector", "OGR_GMT", "OGR_PDS"),
    *("OpenFileGDB", "PCIDSK", "PDS4", "VFK", "WAsP", "AVCBin", "AVCE00", "AmigoCloud", "Carto", "DGN"),
    *("DXF", "EEDA", "Elasticsearch", "HTTP", "Idrisi", "JML", "MapML", "NGW", "ODS", "PDF", "PGDUMP"),
    *("PLSCENES", "S57", "SXF", "Selafin", "VDV", "VICAR", "XLSX"),
)

# Readers of geodata obey these only if they are set before the readers are first imported, so they
# are set here and nowhere else. The list of vector formats itself is asserted in sources/files.py.
os.environ.update(
    OGR_SKIP=",".join(_FORBIDDEN_FORMATS),
    CPL_VSIL_CURL_ALLOWED_EXTENSIONS=".none",
    GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR",
    # A GeoJSON file may name its reference system by an address, which the reader would ask. No setting
    # forbids it, so all its requests are sent to a port of this machine where nothing answers.
    GDAL_HTTP_PROXY="127.0.0.1:9",
    PROJ_NETWORK="OFF",
)

__version__ = "0.1.0"
