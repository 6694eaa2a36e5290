"""From a register to classes, and from a class to its reasons."""

import json

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain import fields, reference, registers
from lithoscope.domain.folders import DATA
from lithoscope.domain.inputs import Inputs, answers
from lithoscope.domain.method import flag_names
from lithoscope.methods import catalogue
from lithoscope.pipelines import classes, explain, store

KEYS = {
    "method", "version", "citation", "best", "low", "high", "evidence", "inputs", "missing",
    "would_change", "flag", "note",
}  # fmt: skip


@pytest.fixture
def facilities():
    frame = pd.DataFrame(
        {
            "site_id": ["tsf:a:1", "tsf:a:2", "tsf:a:3"],
            "source_id": ["a", "a", "a"],
            "evidence": ["official"] * 3,
            "name": ["One", "Two", "Three"],
            "commodities": ["gold", "unobtainium", "iron"],
            "process": ["cyanide", None, None],
            "par_persons": [None, 50.0, 0.0],
            "stored_volume_m3": [1e6, None, 5e7],
            "consequence_class": ["high", None, None],
            "consequence_class_high": ["extreme", None, None],
        }
    )
    return registers.with_geometry(registers.conform(frame, "facilities"))


class TestAssessSites:
    def test_headlines_become_columns_of_the_register(self, facilities):
        before = facilities.copy(deep=True)
        sites, _ = classes.assess_sites(facilities, "facilities")
        pd.testing.assert_frame_equal(pd.DataFrame(facilities), pd.DataFrame(before))
        assert sites["toxicity_class"].astype(object).tolist()[::2] == ["very_high", "low"]
        assert sites["toxicity_class"].isna().tolist() == [False, True, False]
        assert sites["toxicity_class_low"].isna().tolist() == [False, True, False]
        assert sites["consequence_at_least"].isna().tolist() == [True, False, True]
        assert (sites["thi_low"] <= sites["thi_high"])[[0, 2]].all()
        registers.check(sites, "facilities", "site_id")

    def test_the_results_hold_every_method_of_the_layer_row_by_row(self, facilities):
        _, results = classes.assess_sites(facilities, "facilities")
        assert results["site_id"].tolist() == facilities["site_id"].tolist()
        for method in catalogue.of_layer("facilities"):
            for part in ("best", "low", "high", "evidence", "flag", "missing"):
                assert f"{method.id}.{part}" in results
        assert "unknown_commodity" in flag_names(results["toxicity_class.flag"].iloc[1])
        assert catalogue.method("thi_uba2020").missing_names(int(results["thi_uba2020.missing"].iloc[1]))

    @pytest.mark.parametrize("layer", ["facilities", "mines"])
    def test_an_empty_register_has_empty_results(self, layer):
        sites, results = classes.assess_sites(registers.empty(layer), layer)
        assert len(sites) == len(results) == 0
        assert "toxicity_class.best" in results

    def test_results_survive_a_release(self, facilities, tmp_path):
        sites, results = classes.assess_sites(facilities, "facilities")
        release = store.write_release({"facilities": sites, "facilities_classes": results}, [], {}, tmp_path)
        again = release.table("facilities_classes").set_index("site_id")
        assert again.loc["tsf:a:1", "toxicity_class.best"] == "very_high"
        assert pd.isna(again.loc["tsf:a:2", "toxicity_class.best"])
        assert release.sites("facilities")["toxicity_class"].dtype == fields.dtype_of("toxicity_class")


def test_version_and_citation_of_every_method_go_into_the_release():
    table = classes.methods_table().set_index("method")
    assert set(table.index) == {method.id for method in catalogue.all_methods()}
    assert (table[["title", "version", "citation", "formula", "unit", "layers"]] != "").all(axis=None)


class TestExplain:
    def test_every_method_of_the_layer_is_there_with_every_key(self, facilities):
        document = explain.explain_site(facilities.iloc[[1]], "facilities")
        assert document["site_id"] == "tsf:a:2"
        assert [each["method"] for each in document["classes"]] == [
            method.id for method in catalogue.of_layer("facilities")
        ]
        for each in document["classes"]:
            assert set(each) >= KEYS
        json.dumps(document, allow_nan=False)

    def test_the_document_says_the_same_as_the_table(self, facilities):
        _, results = classes.assess_sites(facilities, "facilities")
        for row in range(len(facilities)):
            for each in explain.explain_site(facilities.iloc[[row]], "facilities")["classes"]:
                for bound in ("best", "low", "high"):
                    value = results[f"{each['method']}.{bound}"].iloc[row]
                    if pd.isna(value):
                        assert each[bound] is None
                    elif isinstance(value, str):
                        assert each[bound] == value
                    else:
                        assert each[bound] == pytest.approx(float(value), rel=1e-5)
                assert each["evidence"] == results[f"{each['method']}.evidence"].iloc[row]

    def one(self, site, method_id):
        found = explain.explain_site(site, "facilities")["classes"]
        return next(each for each in found if each["method"] == method_id)

    def test_an_unrated_class_still_says_what_would_rate_it(self, facilities):
        each = self.one(facilities.iloc[[0]], "gistm_par_class")
        assert (each["best"], each["low"], each["high"], each["evidence"]) == (None, None, None, "missing")
        assert each["missing"] == ["par_persons"]
        assert each["would_change"] == [{"field": "par_persons", "narrows": 4}]

    def test_what_would_change_it_is_ordered_by_gain_and_holds_only_gaps(self, facilities):
        for method in catalogue.of_layer("facilities"):
            each = self.one(facilities.iloc[[0]], method.id)
            gains = [gap["narrows"] for gap in each["would_change"]]
            assert gains == sorted(gains, reverse=True)
            assert all(gain > 0 for gain in gains)
            assert {gap["field"] for gap in each["would_change"]} <= set(each["missing"])

    def test_a_promised_gain_is_kept_by_some_plausible_answer(self, facilities):
        site = facilities.iloc[[1]]
        for method in catalogue.of_layer("facilities"):
            before = method(site).width()[0]
            for gap in self.one(site, method.id)["would_change"]:
                gains = []
                for answer in explain.plausible_answers(gap["field"]):
                    column = pd.Series([answer], index=site.index).astype(fields.dtype_of(gap["field"]))
                    gains.append(before - method(site.assign(**{gap["field"]: column})).width()[0])
                assert max(gains) == pytest.approx(gap["narrows"], abs=0.51 if max(gains) > 10 else 5e-3)

    def test_inputs_carry_value_unit_and_source(self, facilities):
        each = self.one(facilities.iloc[[1]], "gistm_par_class")
        assert each["inputs"] == [
            {
                "field": "par_persons",
                "label": "Population at risk",
                "value": 50.0,
                "unit": "persons",
                "source_id": "a",
            }
        ]

    def test_each_value_names_the_record_that_it_came_from(self, facilities):
        site = facilities.iloc[[1]]
        first = pd.DataFrame(site).assign(source_id="a", par_persons=np.nan)
        second = pd.DataFrame(site).assign(source_id="b")
        records = pd.concat([first, second])
        document = explain.explain_site(site, "facilities", records)
        each = next(found for found in document["classes"] if found["method"] == "gistm_par_class")
        assert each["inputs"][0]["source_id"] == "b"

    def test_a_value_that_no_record_states_is_computed(self, facilities):
        site = facilities.iloc[[1]]
        document = explain.explain_site(site, "facilities", site.assign(par_persons=np.nan))
        each = next(found for found in document["classes"] if found["method"] == "gistm_par_class")
        assert each["inputs"][0]["source_id"] == explain.COMPUTED

    def test_the_protocol_shows_all_eighteen_answers_and_what_each_rests_on(self, facilities):
        mine = facilities.iloc[[2]].assign(commodities="lead", river_distance_km=0.4, failure_count=None)
        answers = {row["number"]: row for row in self.one(mine, "eu_preselection_2011")["answers"]}
        assert list(answers) == list(range(1, 19))
        assert (answers[3]["answer"], answers[3]["basis"], answers[3]["source_id"]) == (
            "yes",
            "attributes",
            "a",
        )
        assert (answers[16]["answer"], answers[16]["basis"], answers[16]["source_id"]) == (
            "unknown",
            "unknown",
            "",
        )
        stated = mine.assign(river_distance_km=np.nan)
        document = explain.explain_site(mine, "facilities", stated)
        answers = next(each for each in document["classes"] if "answers" in each)["answers"]
        assert (answers[10]["answer"], answers[10]["basis"]) == ("yes", "geodata")

    def test_a_mine_is_not_asked_for_what_only_a_facility_has(self):
        mine = registers.conform(pd.DataFrame({"site_id": ["mine:a:1"], "commodities": ["coal"]}), "mines")
        for each in explain.explain_site(mine, "mines")["classes"]:
            for name in each["missing"]:
                assert "mines" in fields.field(name).layers

    def test_doubts_reach_the_user(self, facilities):
        for method_id in ("thi_uba2020", "gistm_par_class", "eu_preselection_2011", "soil_finland2007"):
            assert "to be confirmed" in self.one(facilities.iloc[[0]], method_id)["note"]

    def test_a_site_that_is_not_there_is_named(self, facilities, tmp_path, lithoscope):
        sites, _ = classes.assess_sites(facilities, "facilities")
        store.write_release({"facilities": sites}, [], {}, tmp_path)
        ran = lithoscope("explain", "tsf:nobody:1", "--data", tmp_path)
        assert ran.status == 2
        assert "tsf:nobody:1" in ran.err
        assert len(ran.err.strip().splitlines()) == 1

    def test_the_command_prints_one_document(self, facilities, tmp_path, lithoscope):
        sites, results = classes.assess_sites(facilities, "facilities")
        records = facilities.assign(record_id=facilities["site_id"].str.removeprefix("tsf:"))
        products = {"facilities": sites, "facilities_records": records, "facilities_classes": results}
        store.write_release(products, [], {}, tmp_path)
        ran = lithoscope("explain", "tsf:a:1", "--data", tmp_path, "--json")
        assert (ran.status, ran.err) == (0, "")
        assert ran.document == explain.explain_site(sites.iloc[[0]], "facilities")
        assert "Toxicity class" in lithoscope("explain", "tsf:a:1", "--data", tmp_path).out


def test_one_row_of_values_reads_as_the_table_does(facilities):
    for row in range(len(facilities)):
        site = facilities.iloc[[row]]
        values = {name: explain.plain(value) for name, value in site.iloc[0].items() if name != "geometry"}
        one, table = Inputs.of_row(values), Inputs(pd.DataFrame(site))
        for method in catalogue.of_layer("facilities"):
            for left, right in zip(
                (method.assess(one).low_values, method.assess(one).missing),
                (method.assess(table).low_values, method.assess(table).missing),
                strict=True,
            ):
                np.testing.assert_array_equal(left, right)


def test_every_field_that_a_method_asks_for_has_plausible_answers():
    for method in catalogue.all_methods():
        if method.id == "disclosure_20_questions":
            continue
        for name in method.asked:
            assert explain.plausible_answers(name), (method.id, name)
    assert set(answers()) <= {each.name for each in fields.FIELDS}


def test_standard_commodities_are_all_in_the_table():
    standard = pd.read_csv(DATA / "harmonise" / "commodities.csv", comment="#", dtype=str)["standard"]
    names = {item for text in standard.dropna() for item in text.split("; ")}
    assert names <= set(reference.load("commodity_toxicity").rows["commodity"])
