"""Chile: cadastre of tailings deposits of SERNAGEOMIN (Catastro de Depósitos de Relaves).

Quirks: a workbook with six rows of notes above its headings; longitude and latitude beside UTM (the degrees
are used, and a finding tells where the two disagree); footprint areas; no status, height or consequence
class. Three points lie just off the coast. The kind of deposit says how the tailings are laid down as well
as what holds them. A current volume of 0 is kept as the source says it. Taxpayer numbers are not read, nor
the name of a company where the cadastre says only that it is unknown.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.domain.text import N_
from lithoscope.sources import assemble, files, places, quantities, values
from lithoscope.sources.assemble import Notes
from lithoscope.sources.mapping import Place

RECORD = SourceRecord(
    source_id="sernageomin",
    title="Chile: cadastre of tailings deposits",
    producer="Servicio Nacional de Geología y Minería (SERNAGEOMIN)",
    citation="SERNAGEOMIN (2025): Catastro de Depósitos de Relaves en Chile",
    licence="Chilean public-sector data, no licence text in the file: facts are re-used here, the original "
    "file is not redistributed",
    evidence="official",
    as_of="2025-10",
    url="https://www.sernageomin.cl/datos-publicos-deposito-de-relaves/",
)
PERSONAL = frozenset({"RUT_EMPRESA_O_PRODUCTOR_MINERO"})
TEXTS = {
    "name": "NOMBRE_INSTALACION",
    "mine_name": "NOMBRE_FAENA",
    "owner": "NOMBRE_EMPRESA_O_PRODUCTOR_MINERO",
    "admin1": "REGION",
    "admin2": "COMUNA",
}
LABELS = {
    "structure_kind_raw": "TIPO_DEPOSITO",
    "deposition_raw": "TIPO_DEPOSITO",
    "commodities_raw": "RECURSO",
    "raising_method_raw": "METODO_CONSTRUCTIVO_MURO",
}
NUMBERS = {
    "stored_volume_m3": "VOL_ACTUAL",
    "capacity_m3": "VOL_AUTORIZADO",
    "footprint_m2": "Shape_Area",
    "embankments_count": "CANTIDAD_MUROS__CONTENCION_",
}
REQUIRED = ("ID", "NOMBRE_INSTALACION", "LATITUD", "LONGITUD", "TIPO_DEPOSITO", "VOL_ACTUAL")
CLOSURE_PLAN = "RES_PDC_APRUEBA"
UTM = Place(easting="UTM_ESTE", northing="UTM_NORTE", zone_column="HUSO")
FARTHEST_KM = 1.0
"""Beyond this distance between its degrees and its UTM coordinates a place is told to be doubtful."""
_KM_PER_DEGREE = 111.2


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Every deposit of the cadastre, one facility each."""
    chosen = files.tables_in(path, suffixes=(".xlsx", ".csv"))[0]
    table = files.open_table(chosen, progress=progress)
    assemble.require(table, REQUIRED)
    frame = assemble.filled(table).drop(columns=list(PERSONAL), errors="ignore")
    notes = Notes(RECORD.source_id, "facilities")
    records = _records(frame, notes)
    notes.add_of_file(table.findings)
    return assemble.reading(RECORD, [chosen], {"facilities": records}, rows_read=len(frame), notes=[notes])


def _records(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    raw = assemble.raw_json(frame)
    frame = assemble.with_columns(
        frame, [*TEXTS.values(), *LABELS.values(), *NUMBERS.values(), *UTM.columns(), CLOSURE_PLAN]
    )
    lon, lat = assemble.place(frame, "LONGITUD", "LATITUD", notes=notes)
    _compare_utm(frame, lon, lat, notes)
    columns: dict[str, object] = {field: assemble.text(frame, column) for field, column in TEXTS.items()}
    columns |= {field: assemble.label(frame, column) for field, column in LABELS.items()}
    for field, column in NUMBERS.items():
        columns[field] = assemble.number(frame, column, field=field, notes=notes)
    count = "embankments_count"
    columns[count] = quantities.counts(columns[count], frame[NUMBERS[count]], count, notes)
    has_plan = ~values.is_blank(frame[CLOSURE_PLAN])
    columns |= {
        "source_key": assemble.unique_keys(assemble.text(frame, "ID"), notes),
        "country_stated": "Chile",
        "country_stated_iso3": "CHL",
        "lon": lon,
        "lat": lat,
        "content": "tailings",
        "has_closure_plan": pd.Series(True, index=frame.index, dtype="boolean").where(has_plan),
        "raw": raw,
    }
    return assemble.records_frame(frame.index, columns)


def _compare_utm(frame: pd.DataFrame, lon: pd.Series, lat: pd.Series, notes: Notes) -> None:
    """Finding bad_coordinates where the UTM coordinates of the row give another place than its degrees."""
    told = Notes(notes.source_id, notes.layer)  # what UTM alone lacks is no finding while there are degrees
    x, y, *_ = places.read(frame, UTM, told, limits=files.INGEST)
    apart = np.hypot((x - lon) * np.cos(np.radians(lat)), y - lat) * _KM_PER_DEGREE
    far = apart > FARTHEST_KM
    notes.add(
        frame.index[far],
        field="lon",
        code="bad_coordinates",
        value=apart[far].map("{:.1f} km apart".format),
        reason=N_("the UTM coordinates of the row give another place than its degrees; the degrees are used"),
        remedy=N_("check both with the publisher"),
    )
