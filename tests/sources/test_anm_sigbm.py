"""Brazil's register: Latin-1, degrees-minutes-seconds, decimal comma, classes that do not apply."""

# ruff: noqa: E501  tables of cases read better in one line each

import json
from pathlib import Path

import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.domain.registers import FINDING_COLUMNS, conform
from lithoscope.sources import anm_sigbm

HEAD = (
    "ID;Nome;Empreendedor;UF;Latitude;Longitude;Categoria de Risco - CRI;Dano Potencial Associado - DPA;"
    "Nível de Emergência;Situação Operacional;Desde;Altura máxima atual (m);Volume atual do Reservatório (m³);"
    "PAE - Plano de Ação Emergencial (quando exigido pelo órgão fiscalizador);Documentação de projeto;CPF_CNPJ;"
    "RT/Declaração;A Barragem armazena rejeitos/residuos que contenham Cianeto"
)
ROWS = [
    "1;Dique São João;VALE;MG;-19°24'38.340'';-43°48'10.580'';Alta;Alta;Emergência Nivel 2;Ativa;01/01/2004;12,50;"
    '67.719.070,00;Possui PAE;"Projeto executivo e como construído""";123;Fulano;Sim',
    "2;B;X;BA;-10°00'60.000'';-39°21'80.000'';Não se aplica;Não se aplica;Sem emergência;Inativa;31/12/1999;;0,00;-;-;;;Não",
    "2;C;X;BA;perto;-39°21'27.250'';Baixa;Baixa;Sem emergência;Em Construção;-;doze;20.000,00;"
    "Não possui PAE (quando for exigido pelo órgão fiscalizador);Não há documentação de projeto;;;Não se aplica a esse tipo",
    ";D;X;PA;;;Média;Média;Sem emergência;Indefinido;-;1,00;1,00;PAE em elaboração;Projeto básico;;;-",
]


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "barragens.csv"
    path.write_bytes("\r\n".join([HEAD, *ROWS]).encode("latin-1"))
    return path


def test_quirks_of_a_small_file(small: Path) -> None:
    reading = anm_sigbm.read(small)
    dams = reading.records["facilities"]
    assert reading.rows_read == len(dams) == 4
    assert dams["source_row"].tolist() == [2, 3, 4, 5]
    assert dams["source_key"].tolist() == ["1", "2", "2#2", "row-5"]
    assert dams["name"][0] == "Dique São João"
    assert dams["lat"][0] == pytest.approx(-(19 + 24 / 60 + 38.34 / 3600))
    assert dams["lat"][1] == pytest.approx(-(10 + 1 / 60)) and dams["lon"].isna().tolist() == [
        False,
        False,
        True,
        True,
    ]
    assert dams["dam_height_m"].tolist()[:1] == [12.5] and dams["dam_height_m"].isna().tolist() == [
        False,
        True,
        True,
        False,
    ]
    assert dams["stored_volume_m3"].tolist() == [67719070.0, 0.0, 20000.0, 1.0]
    assert dams["consequence_class_raw"].tolist() == ["Alta", "Não se aplica", "Baixa", "Média"]
    assert (dams["classification_system"] == anm_sigbm.SYSTEM).all()
    assert dams["has_emergency_plan"].isna().tolist() == [False, True, False, True]
    assert dams["has_engineering_records"].tolist()[:1] == [True]
    assert dams["has_cyanide"].isna().tolist() == [False, False, True, True]
    assert dams["has_stability_concern"].isna().tolist() == [False, True, True, True]
    assert dams["year_start"].tolist()[0] == 2004 and dams["year_end"].tolist()[1] == 1999
    assert conform(dams, "facilities").shape[0] == 4


def test_a_day_of_the_form_is_no_year_of_first_operation(tmp_path: Path) -> None:
    path = tmp_path / "barragens.csv"
    rows = [ROWS[0].replace("01/01/2004", day) for day in ("29/09/2019", "19/11/2019", "01/01/2020")]
    path.write_bytes("\r\n".join([HEAD, *rows]).encode("latin-1"))
    years = anm_sigbm.read(path).records["facilities"]["year_start"]
    assert years.isna().tolist() == [False, True, False]
    assert years.dropna().tolist() == [2019, 2020]


def test_findings_name_row_field_code_and_value(small: Path) -> None:
    found = anm_sigbm.read(small).findings
    assert list(found.columns) == list(FINDING_COLUMNS)
    told = set(zip(found["row"], found["field"], found["code"], found["value"], strict=True))
    assert told == {
        (3, "lon", "bad_coordinates", "-39°21'80.000''"),
        (4, "lat", "bad_coordinates", "perto"),
        (4, "dam_height_m", "not_a_number", "doze"),
        (4, "source_key", "duplicate_id", "2"),
    }


def test_no_personal_data_is_read(small: Path) -> None:
    raw = [json.loads(text) for text in anm_sigbm.read(small).records["facilities"]["raw"]]
    assert not any(set(row) & anm_sigbm.PERSONAL for row in raw)
    assert raw[0]["Altura máxima atual (m)"] == "12,50" and raw[3]["Latitude"] is None
    assert "Fulano" not in json.dumps(raw)


def test_a_file_without_a_needed_column_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("ID;Nome\n1;a\n", encoding="utf-8")
    with pytest.raises(BadInput, match=r"x\.csv: row 1, column Latitude: .*missing"):
        anm_sigbm.read(path)


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(HEAD.encode("latin-1"))
    with pytest.raises(BadInput, match="no rows"):
        anm_sigbm.read(path)


def test_the_real_register(shared_data: Path) -> None:
    reading = anm_sigbm.read(shared_data / "br-sigbm")
    dams = reading.records["facilities"]
    assert reading.rows_read == len(dams) == 909 and dams["source_key"].is_unique
    assert dams[["lon", "lat"]].notna().all(axis=None)
    assert dams["lat"].between(-30.92, 2.33).all() and dams["lon"].between(-63.63, -36.77).all()
    assert dams["dam_height_m"].count() == 872 and dams["dam_height_m"].max() == 163
    assert dams["stored_volume_m3"].count() in (868, 869)
    assert dams["stored_volume_m3"].max() == pytest.approx(393.7e6, rel=1e-3)
    assert dams["consequence_class_raw"].value_counts().to_dict() == {
        "Não se aplica": 414, "Alta": 267, "Média": 155, "Baixa": 73,
    }  # fmt: skip
    assert dams["has_cyanide"].sum() == 16
    assert len(reading.source.sha256 or "") == 64


def test_people_are_a_number_where_there_is_one_and_else_the_words_of_the_form(shared_data):
    from lithoscope.methods.consequence import persons_from_label

    records = anm_sigbm.read(shared_data / "br-sigbm" / "barragens_anm_sigbm_2022.csv").records["facilities"]
    raw = records["par_raw"]
    assert int(raw.isna().sum()) == 40  # neither number nor word
    assert int(raw.str.startswith("Inexistente").sum()) == 167
    assert int(raw.str.startswith("Pouco Frequente").sum()) == 139
    assert int(raw.str.startswith("Frequente").sum()) == 61
    beside = pd.crosstab(
        raw, records["raw"].str.extract(r'Existência de população a jusante": ?"(\w+)', expand=False)
    )
    for word, upper in (("Inexistente", 100), ("Pouco", 500), ("Frequente", 1000)):
        stated = [
            persons_from_label(label)[1] for label in beside.index[beside[word] > 0] if label[0].isdigit()
        ]
        assert max(stated) == upper, word  # the table's upper ends are what the extract itself says
