"""Brazil: mining dams registered with the Agência Nacional de Mineração (SIGBM public extract).

Quirks: `;` and Latin-1; degrees, minutes and seconds (SIRGAS 2000, which agrees with WGS 84 within
centimetres); decimal comma and thousands point; "Não se aplica" means that no class was given, never a
low one. The columns on a "Back Up Dam" speak of another structure behind the dam and stay in `raw`.
A volume or height of 0,00 is what the source says and is kept; it is judged with the other values later.
"""

from pathlib import Path

import pandas as pd

from lithoscope.domain.provenance import SourceRecord
from lithoscope.domain.registers import Reading
from lithoscope.sources import assemble, files, values
from lithoscope.sources.assemble import Notes

RECORD = SourceRecord(
    source_id="anm_sigbm",
    title="Brazil: register of mining dams (SIGBM, public extract)",
    producer="Agência Nacional de Mineração (ANM)",
    citation="ANM (2022): Sistema Integrado de Gestão de Barragens de Mineração (SIGBM)",
    licence="Brazilian federal open data (dados.gov.br), no licence text in the file: facts are re-used "
    "here, the original file is not redistributed",
    evidence="official",
    as_of="2022-03",
    url="https://app.anm.gov.br/SIGBM/Publico",
)
SYSTEM = "ANM DPA (Brazil)"
PERSONAL = frozenset({"RT/Declaração", "RT/Empreendimento", "CPF_CNPJ"})
"""Names of responsible engineers and tax numbers: in the publisher's file, never in the register."""
KEY, NAME, LAT, LON = "ID", "Nome", "Latitude", "Longitude"
RISK = "Categoria de Risco - CRI"
CLASS, VOLUME, HEIGHT = (
    "Dano Potencial Associado - DPA",
    "Volume atual do Reservatório (m³)",
    "Altura máxima atual (m)",
)
REQUIRED = (KEY, NAME, LAT, LON, RISK, CLASS, VOLUME, HEIGHT)
TEXTS = {
    "name": NAME,
    "owner": "Empreendedor",
    "admin1": "UF",
    "admin2": "Município",
    "mine_name": "Usinas",
    "status_raw": "Situação Operacional",
    "structure_kind_raw": "Tipo de Barragem de Mineração",
    "content_raw": "Estrutura com o Objetivo de Contenção",
    "raising_method_raw": "Método construtivo da barragem",
    "emergency_level_raw": "Nível de Emergência",
    "commodities_raw": "Minério principal presente no reservatório",
}
NUMBERS = {
    "dam_height_m": HEIGHT,
    "planned_height_m": "Altura máxima do projeto licenciado (m)",
    "crest_length_m": "Comprimento atual da crista (m)",
    "stored_volume_m3": VOLUME,
    "capacity_m3": "Volume de projeto licenciado do Reservatório (m³)",
    "footprint_m2": "Área do reservatório (m²)",
}
PERSONS = "Número de pessoas possivelmente afetadas a jusante em caso de rompimento da barragem"
PRESENCE = "Existência de população a jusante"
"""In words, stated also where no number is: see data/reference/population_bands.csv."""
IMPACT = "Impacto ambiental"
TREATMENT = "Processo de beneficiamento"
CHEMICALS = "Produtos químicos utilizados"
CYANIDE = "A Barragem armazena rejeitos/residuos que contenham Cianeto"
PLAN = "PAE - Plano de Ação Emergencial (quando exigido pelo órgão fiscalizador)"
DESIGN = "Documentação de projeto"
STABILITY = "Status da DCE Atual"
SINCE = "Desde"
INSPECTED = "Data da última Vistoria de Inspeção Regular"
OPTIONAL = (
    PERSONS,
    PRESENCE,
    IMPACT,
    TREATMENT,
    CHEMICALS,
    CYANIDE,
    PLAN,
    DESIGN,
    STABILITY,
    SINCE,
    INSPECTED,
)
NOT_APPLICABLE = ("nao se aplica", "nao foi entregue")
FORM_DAYS = (pd.Timestamp(2019, 9, 30), pd.Timestamp(2019, 12, 31))
"""First and last day on which many dams are said to be "active since": 101 of 406 dates, against two a
month before and after, among them old dams of tens of million m3. These are days of the form, no years of
first operation; our own reading."""
WASTE_CLASS = r"(Classe I{1,2}(?: [AB])? - (?:Não )?\w+)"
"""Class of waste by ABNT NBR 10004, named inside the label of the environmental impact."""


def read(path: Path, *, progress: files.Progress | None = None) -> Reading:
    """Every dam of the extract, one record each; facilities only."""
    chosen = files.tables_in(path, suffixes=(".csv",))[0]
    table = files.open_table(chosen, known_encoding="latin-1", progress=progress)
    assemble.require(table, REQUIRED)
    frame = assemble.filled(table).drop(columns=list(PERSONAL), errors="ignore")
    notes = Notes(RECORD.source_id, "facilities")
    records = _records(frame, notes)
    notes.add_of_file(table.findings)
    return assemble.reading(RECORD, [chosen], {"facilities": records}, rows_read=len(frame), notes=[notes])


def _records(frame: pd.DataFrame, notes: Notes) -> pd.DataFrame:
    raw = assemble.raw_json(frame)
    frame = assemble.with_columns(frame, [*TEXTS.values(), *NUMBERS.values(), *OPTIONAL])
    lon, lat = assemble.place(frame, LON, LAT, notes=notes)
    columns: dict[str, object] = {field: _said(frame[column]) for field, column in TEXTS.items()}
    columns |= {
        "source_key": assemble.unique_keys(assemble.text(frame, KEY), notes),
        "country_stated": "Brazil",
        "country_stated_iso3": "BRA",
        "lon": lon,
        "lat": lat,
        "consequence_class_raw": assemble.label(frame, CLASS),
        "classification_system": SYSTEM,
        "risk_category_raw": assemble.label(frame, RISK),
        "toxicity_declared_raw": _said(frame[IMPACT]).str.extract(WASTE_CLASS, expand=False),
        "par_raw": _said(frame[PERSONS]).fillna(_said(frame[PRESENCE])),
        "process_raw": assemble.joined([_said(frame[TREATMENT]), _said(frame[CHEMICALS])]),
        "raw": raw,
    }
    for field, column in NUMBERS.items():
        columns[field] = assemble.number(frame, column, field=field, notes=notes, decimal=",")
    columns |= _safety(frame, notes) | _life(frame)
    columns["evidence_by_field"] = _inferred(columns, ("has_stability_concern", "year_start", "year_end"))
    return assemble.records_frame(frame.index, columns)


def _inferred(columns: dict[str, pd.Series], names: tuple[str, ...]) -> pd.Series:
    """The mark that these values were concluded from others; missing where there is none of them."""
    marks = pd.DataFrame({name: columns[name].notna().map({True: f'"{name}":"inferred"'}) for name in names})
    text = assemble.joined([marks[name].astype("str") for name in names], ",")
    return ("{" + text + "}").astype("str")


def _safety(frame: pd.DataFrame, notes: Notes) -> dict[str, object]:
    said = frame.apply(_said)
    is_emergency = said["Nível de Emergência"].str.contains(r"[123]$").fillna(value=False).astype(bool)
    return {
        "has_cyanide": assemble.yes_no(said, CYANIDE, field="has_cyanide", notes=notes),
        "has_emergency_plan": values.by_distinct(said[PLAN], _has_plan).astype("boolean"),
        "has_engineering_records": values.by_distinct(said[DESIGN], _has_design).astype("boolean"),
        "has_stability_concern": pd.Series(True, index=frame.index, dtype="boolean").where(is_emergency),
        "stability_note": assemble.joined([said["Nível de Emergência"].where(is_emergency), said[STABILITY]]),
        "inspection_date": assemble.date(said, INSPECTED, field="inspection_date", notes=notes, order="dmy"),
    }


def _life(frame: pd.DataFrame) -> dict[str, object]:
    """First or last year, inferred from the date since when the dam has been in its state.

    A date of FORM_DAYS says nothing of the dam and gives no year.
    """
    days = pd.to_datetime(frame[SINCE], format="%d/%m/%Y", errors="coerce")
    since = values.years(frame[SINCE])[0].mask(days.between(*FORM_DAYS))
    state = frame["Situação Operacional"]
    first, last = since.where(state == "Ativa"), since.where(state == "Inativa")
    return {"year_start": first, "year_end": last}


def _said(cells: pd.Series) -> pd.Series:
    """Stripped texts; missing where the column does not apply to this kind of dam."""
    return values.by_distinct(
        cells,
        lambda cell: (
            None
            if cell.strip() in ("", "-") or values.fold(cell).startswith(NOT_APPLICABLE)
            else cell.strip()
        ),
    ).astype("str")


def _has_plan(text: str) -> bool | None:
    folded = values.fold(text)
    return True if folded.startswith("possui") else False if folded.startswith("nao possui") else None


def _has_design(text: str) -> bool | None:
    """Full records: the executed design and the dam as built. Parts of them say neither yes nor no."""
    folded = values.fold(text)
    if folded.startswith("nao ha"):
        return False
    return True if folded.startswith("projeto executivo e como construido") else None
