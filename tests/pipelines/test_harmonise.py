"""Raw labels -> standard names by the reviewed tables; nothing is guessed."""

# ruff: noqa: E501  tables of cases read better in one line each

import pandas as pd
import pytest

from lithoscope.domain import fields
from lithoscope.domain.folders import DATA
from lithoscope.domain.reference import load_file
from lithoscope.domain.registers import FINDING_COLUMNS, conform
from lithoscope.pipelines import harmonise
from lithoscope.sources import anm_sigbm, us_nid


def records(**columns: list[str | None]) -> pd.DataFrame:
    size = len(next(iter(columns.values())))
    frame = pd.DataFrame({name: pd.Series(cells, dtype="str") for name, cells in columns.items()})
    return frame.assign(source_row=pd.array(range(2, size + 2), dtype="Int64"))


def test_case_accents_spaces_and_signs_do_not_matter() -> None:
    out, found = harmonise.standardise(
        records(status_raw=["ATIVA", " em  operacao ", "En opération?"]), "facilities", "x"
    )
    assert out["status"].tolist() == ["active", "active", "active"] or found["value"].tolist() == [
        "En opération?"
    ]
    assert out["status"].tolist()[:2] == ["active", "active"]
    assert out["status_raw"].tolist()[0] == "ATIVA"


def test_an_unknown_label_is_a_finding_and_stays_as_written() -> None:
    out, found = harmonise.standardise(records(status_raw=["Wobbly", None, "Active"]), "facilities", "x")
    assert out["status"].isna().tolist() == [True, True, False]
    assert list(found.columns) == list(FINDING_COLUMNS)
    assert found[["source", "row", "layer", "field", "code", "value"]].to_numpy().tolist() == [
        ["x", 2, "facilities", "status", "unknown_value", "Wobbly"]
    ]


def test_a_label_that_says_upstream_or_unknown_is_not_taken_for_either() -> None:
    out, found = harmonise.standardise(
        records(raising_method_raw=["Alteamento a montante ou desconhecido", "Alteamento a jusante"]),
        "facilities",
        "anm_sigbm",
    )
    assert out["raising_method"].isna().tolist() == [True, False] and len(found) == 1


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("Gold, Silver", "gold; silver"), ("Cu-Au", "copper; gold"), ("COBRE - ORO - PLATA", "copper; gold; silver"),
        ("AU PGE_PT AG", "gold; platinum; silver"), ("Lead/Zinc", "lead; zinc"), ("Minério de Ouro Primário", "gold"),
        ("Gold (primary)", "gold"), ("Or et argent", "gold; silver"), ("Gold Silver Copper", "gold; silver; copper"),
        ("gold; gold", "gold"), ('["AU", "AG"]', "gold; silver"), ("(Au, Cu)", "gold; copper"), ("Gold (with silver)", "gold"), ("Gold and Unobtainium", None), ("Sand and Gravel Construction Gold", "sand and gravel; gold"),
    ],
)  # fmt: skip
def test_lists_of_commodities(text: str, items: str | None) -> None:
    out, found = harmonise.standardise(records(commodities_raw=[text]), "mines", "usgs_mrds")
    assert out["commodities"].fillna("").tolist() == [items or ""]
    assert len(found) == (items is None)


def test_part_of_a_list_that_is_known_is_kept() -> None:
    out, found = harmonise.standardise(records(commodities_raw=["Gold; Unobtainium"]), "mines", "x")
    assert out["commodities"].tolist() == ["gold"] and found["value"].tolist() == ["Unobtainium"]


PRINTED = [  # methods 2.6: crosswalk by the population that each class speaks of
    (anm_sigbm.SYSTEM, "Alta", "high", "extreme"),
    (anm_sigbm.SYSTEM, "Média", "significant", "significant"),
    (anm_sigbm.SYSTEM, "Baixa", "low", "low"),
    (us_nid.SYSTEM, "H", "high", "extreme"),
    (us_nid.SYSTEM, "S", "significant", "significant"),
    (us_nid.SYSTEM, "L", "low", "low"),
    ("CDA (2013)", "Very High", "very_high", "very_high"),
    ("Canadian Dam Association Dam Safety Guidelines 2007", "Extreme", "extreme", "extreme"),
    ("ANCOLD 2012", "High C", "high", "high"),
    ("ANCOLD", "High A", "very_high", "very_high"),
    ("ANCOLD", "Very Low", "low", "low"),
    ("SANS 10286:1998", "Medium", "significant", "significant"),
    ("GISTM", "very high", "very_high", "very_high"),
]


@pytest.mark.parametrize(("system", "label", "low", "high"), PRINTED)
def test_declared_classes(system: str, label: str, low: str, high: str) -> None:
    out, found = harmonise.standardise(
        records(consequence_class_raw=[label], classification_system=[system]), "facilities", "x"
    )
    assert (out["consequence_class"][0], out["consequence_class_high"][0]) == (low, high) and found.empty


@pytest.mark.parametrize(
    ("system", "label"), [(anm_sigbm.SYSTEM, "Não se aplica"), (us_nid.SYSTEM, "N"), (us_nid.SYSTEM, "U")]
)
def test_no_class_is_unrated_and_never_low(system: str, label: str) -> None:
    out, found = harmonise.standardise(
        records(consequence_class_raw=[label], classification_system=[system]), "facilities", "x"
    )
    assert (
        out["consequence_class"].isna().all() and out["consequence_class_high"].isna().all() and found.empty
    )


@pytest.mark.parametrize(
    ("system", "label"),
    [("GB 50863-2013", "III"), ("GB 50863", "Low"), (None, "Low"), ("Company standard 7", "High"), ("CDA and ANCOLD", "High"),
     ("CDA", "Purple")],
)  # fmt: skip
def test_classes_that_must_not_be_compared_are_findings(system: str | None, label: str) -> None:
    out, found = harmonise.standardise(
        records(consequence_class_raw=[label], classification_system=[system]), "facilities", "x"
    )
    assert out["consequence_class"].isna().all()
    assert found[["code", "value"]].to_numpy().tolist() == [["unknown_class", label]]


def test_low_is_never_above_high_in_the_table() -> None:
    from lithoscope.domain.scales import CONSEQUENCE

    rows = load_file(DATA / "harmonise" / "consequence_class.csv").rows.dropna()
    assert all(CONSEQUENCE.rank(row.low) <= CONSEQUENCE.rank(row.high) for row in rows.itertuples())
    assert not rows["system"].str.contains("China").any()


def test_a_producer_of_an_undated_record_is_not_known_to_work() -> None:
    out, found = harmonise.standardise(
        records(status_raw=["Producer", "Past Producer"]), "mines", "usgs_mrds"
    )
    assert out["status"].tolist() == ["unknown", "closed"] and found.empty


def test_a_rock_is_no_commodity_and_a_name_of_two_minerals_is_read_where_it_is_certain() -> None:
    for rock in ("Xisto", "Pegmatito"):
        assert harmonise.read_label(
            rock, table="commodities", source_id="anm_sigbm", is_list=True
        ) == harmonise.Label((), ())
    salt = harmonise.read_label("Silvanita", table="commodities", source_id="anm_sigbm", is_list=True)
    assert salt.items == ("potash",)
    assert harmonise.read_label("Silvanita", table="commodities", source_id="x", is_list=True).unknown


@pytest.mark.parametrize(("raw", "table"), harmonise.TABLES.items())
def test_every_table_yields_allowed_values_and_no_label_twice(raw: str, table: str) -> None:
    rows = load_file(DATA / "harmonise" / f"{table}.csv").rows.astype("str").fillna("")
    standard = fields.field(str(fields.field(raw).raw_of))
    for row in rows.itertuples():
        for item in fields.split_list(row.standard):
            assert not standard.allowed or item in standard.allowed, row
    keys = rows.assign(key=rows["raw"].map(harmonise.key))
    clash = keys.groupby(["source_id", "key"])["standard"].nunique()
    assert (clash == 1).all(), clash[clash > 1]


def test_a_standard_value_that_the_source_gives_stays() -> None:
    given = records(content_raw=["ST"]).assign(content=pd.Series(["tailings"], dtype="str"))
    out, found = harmonise.standardise(given, "facilities", "us_nid")
    assert out["content"].tolist() == ["tailings"] and found.empty


def test_standard_names_stand_for_themselves() -> None:
    for raw in (
        "status_raw",
        "raising_method_raw",
        "content_raw",
        "structure_kind_raw",
        "deposition_raw",
        "process_raw",
        "features_raw",
    ):
        standard = fields.field(str(fields.field(raw).raw_of))
        layer = standard.layers[0]
        out, _ = harmonise.standardise(records(**{raw: list(standard.allowed)}), layer, "x")
        assert out[standard.name].tolist() == list(standard.allowed), raw


def test_harmonising_twice_changes_nothing() -> None:
    once, _ = harmonise.standardise(records(status_raw=["Ativa", "x"], consequence_class_raw=["Low", "Low"],
                                            classification_system=["CDA", None]), "facilities", "x")  # fmt: skip
    twice, _ = harmonise.standardise(once, "facilities", "x")
    pd.testing.assert_frame_equal(once, twice)
    conform(twice, "facilities")
