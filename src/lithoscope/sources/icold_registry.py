"""World: the draft Global Registry of Tailings Storage Facilities (ICOLD, Church of England, UNEP).

Read from its published headings alone (June 2025): no file was at hand. It has headings of its own for the
same things, old and new; both are recognised. Its longitudes and latitudes may have a decimal comma.
"Reference" names where a value comes from and is kept as written.
"""

from pathlib import Path

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_
from lithoscope.sources import disclosures, files

RECORD = SourceRecord(
    source_id="icold_registry",
    title="World: draft Global Registry of Tailings Storage Facilities",
    producer="International Commission on Large Dams (ICOLD), Church of England Pensions Board, UNEP",
    citation="ICOLD: draft Global Registry of Tailings Storage Facilities (2025)",
    licence=N_("not stated"),
    evidence="disclosed",
    as_of="2025",
)
HEADINGS = {
    "ID": "source_key",
    "ICOLD ID": "source_key",
    "TSF Name": "name",
    "Name": "name",
    "Mine Name": "mine_name",
    "Current Owner": "owner",
    "Owner": "owner",
    "Country": "country_stated",
    "TSF Status": "status_raw",
    "Status": "status_raw",
    "Number of Embankments": "embankments_count",
    "Dam Raise Method": "raising_method_raw",
    "Consequence Classification": "consequence_class_raw",
    "Classification System": "classification_system",
    "Current Max Dam Height": "dam_height_m",
    "Height": "dam_height_m",
    "Current Storage Volume": "stored_volume_m3",
    "Capacity": "capacity_m3",
    "Primary Ore Commodity": "commodities_raw",
    "Year of Commencement": "year_start",
    "Year Constructed": "year_start",
    "Additional Remarks": "remarks",
}
NEEDED = ("status_raw", "raising_method_raw", "consequence_class_raw", "dam_height_m", "stored_volume_m3")


def read(path: Path, *, progress: files.Progress | None = None) -> Reading | list[Reading]:
    """Every facility of the registry's table, CSV or XLSX."""
    return disclosures.read(
        path, RECORD, HEADINGS, needed=NEEDED, finish=disclosures.Finish(), progress=progress
    )
