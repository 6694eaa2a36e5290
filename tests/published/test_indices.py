"""Printed and hand-computed values of the published indices (shared test vectors), typed from print."""

import numpy as np
import pandas as pd
import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.methods import abandoned, acid, catalogue, contamination, reuse, substances, tailings_hazard

GRAMS_PER_OUNCE = 31.1034768
KNOWN = {
    "stored_volume_m3": 1e6, "water_hazard_class": 2, "status": "active", "pga_475_g": 0.05,
    "is_in_flood_zone": False, "factor_of_safety": 1.6,
}  # fmt: skip
GRAVE = {
    "stored_volume_m3": 5e7, "water_hazard_class": 3, "status": "abandoned", "pga_475_g": 0.25,
    "is_in_flood_zone": True, "par_persons": 2000.0, "receiving_water": "river or lake",
}  # fmt: skip


def one(method_id, **columns):
    found = catalogue.method(method_id)(pd.DataFrame({name: [value] for name, value in columns.items()}))
    return tuple(None if pd.isna(bound[0]) else bound[0] for bound in (found.low, found.best, found.high))


class TestHazardIndex:
    def test_all_known(self):
        assert one("thi_uba2020", **KNOWN) == pytest.approx((8.0, 8.0, 8.0))

    def test_unknown_factor_of_safety_takes_its_worst_point(self):
        low, best, high = one("thi_uba2020", **GRAVE)
        assert (low, high) == pytest.approx((13.699, 14.699), abs=5e-4)
        assert best is None

    def test_exposure_and_risk(self):
        assert one("tei_uba2020", **GRAVE) == pytest.approx((5.301,) * 3, abs=5e-4)
        assert one("tri_uba2020", **GRAVE)[2] == pytest.approx(20.0, abs=5e-4)

    @pytest.mark.parametrize(("volume", "points"), [(1e4, 4), (1e6, 6), (1e8, 8), (0.0, 0)])
    def test_capacity(self, volume, points):
        assert tailings_hazard.thi_capacity(np.array([volume]))[0] == pytest.approx(points)

    def test_without_any_volume_it_is_unrated(self):
        assert one("thi_uba2020", **KNOWN | {"stored_volume_m3": np.nan}) == (None, None, None)

    @pytest.mark.parametrize(("points", "grade"), [(0, 1), (4, 1), (5, 2), (8, 2), (9, 3)])
    def test_water_hazard_class_from_points(self, points, grade):
        assert tailings_hazard.class_from_points(pd.Series([points]))[0] == grade

    @pytest.mark.parametrize(
        ("three", "two", "carcinogen", "grade"),
        [(3, 0, 0, 3), (2.9, 0, 0, 2), (0.2, 0, 0, 2), (0.1, 5, 0, 2), (0.1, 4, 0, 1), (0.1, 0, 0.1, 3)],
    )
    def test_water_hazard_class_of_mixtures(self, three, two, carcinogen, grade):
        shares = [np.array([float(share)]) for share in (three, two, carcinogen, 0)]
        assert tailings_hazard.class_of_mixture(*shares)[0] == grade


class TestAcid:
    def test_printed_potentials(self):
        assert acid.mpa(np.array([2.0]))[0] == pytest.approx(61.2)
        assert acid.napp(np.array([2.0]), np.array([20.0]))[0] == pytest.approx(41.2)
        assert acid.acidity_potential(np.array([0.5]))[0] == pytest.approx(15.625)
        assert acid.npr(np.array([40.0]), np.array([0.5]))[0] == pytest.approx(2.56)
        assert acid.nnp(np.array([40.0]), np.array([0.5]))[0] == pytest.approx(24.375)

    @pytest.mark.parametrize(("ph", "expected"), [(3.0, "paf"), (5.0, "uncertain")])
    def test_amira(self, ph, expected):
        assert one("acid_amira2002", sulphide_sulphur_pct=2.0, anc_kg_t=20.0, nag_ph=ph)[1] == expected

    def test_amira_without_nag_ph_stays_open(self):
        assert one("acid_amira2002", sulphide_sulphur_pct=2.0, anc_kg_t=20.0) == ("uncertain", None, "paf")

    def test_mend_and_nnp_agree_on_the_vector(self):
        columns = {"sulphide_sulphur_pct": 0.5, "neutralisation_potential_kg_t": 40.0}
        assert one("acid_mend2009", **columns)[1] == "naf"
        assert one("acid_nnp", **columns)[1] == "naf"

    @pytest.mark.parametrize(
        ("ratio", "price", "mend"),
        [(0.9, 3, 2), (1.0, 2, 1), (2.0, 1, 1), (2.1, 1, 0), (4.0, 1, 0), (4.1, 0, 0)],
    )
    def test_limits(self, ratio, price, mend):
        assert acid.price_rank(np.array([ratio]))[0] == price
        assert acid.mend_rank(np.array([ratio]))[0] == mend

    @pytest.mark.parametrize(
        ("sulphur", "potential", "expected"),
        [(0.1, 0.0, "met"), (1.0, 94.0, "met"), (1.0, 93.0, "not_met"), (1.1, 900.0, "not_met")],
    )
    def test_inert(self, sulphur, potential, expected):
        found = one(
            "eu_inert_sulphur_2009", sulphide_sulphur_pct=sulphur, neutralisation_potential_kg_t=potential
        )
        assert found[1] == expected


class TestContamination:
    def test_three_times_the_background(self):
        assert contamination.contamination_factor(np.array([84.0]), 28.0)[0] == pytest.approx(3.0)
        assert contamination.geoaccumulation(np.array([84.0]), 28.0)[0] == pytest.approx(1.0)
        assert one("contamination_factor_hakanson1980", copper_mg_kg=84.0)[0] == "considerable"

    def test_ecological_factor_of_mercury(self):
        assert contamination.ecological_factor(np.array([0.5]), 0.25, 40.0)[0] == pytest.approx(80.0)
        assert one("ecological_factor_hakanson1980", mercury_mg_kg=0.5)[0] == "considerable"

    def test_pollution_load_is_the_geometric_mean_of_what_was_measured(self):
        factors = np.array([[2.0, 8.0, np.nan], [np.nan] * 3, [0.0, 5.0, 5.0]])
        np.testing.assert_allclose(contamination.pollution_load(factors), [4.0, np.nan, 0.0])

    def test_degree_needs_all_substances(self):
        assert np.isnan(contamination.degree_of_contamination(np.array([[1.0, np.nan]]))[0])

    @pytest.mark.parametrize(("igeo", "step"), [(0.0, 0), (0.1, 1), (1.0, 1), (1.1, 2), (5.0, 5), (5.1, 6)])
    def test_igeo_classes_include_their_upper_limit(self, igeo, step):
        value = 1.5 * 28.0 * 2**igeo
        assert one("geoaccumulation_mueller1969", copper_mg_kg=value)[0] in (f"class_{step}", None)
        if step:
            assert one("geoaccumulation_mueller1969", copper_mg_kg=value)[0] == f"class_{step}"

    @pytest.mark.parametrize(("total", "rank"), [(149, 0), (150, 1), (300, 2), (600, 3)])
    def test_ri_limits_for_all_eight(self, total, rank):
        assert contamination.ecological_rank(np.array([float(total)]), np.array([133.0]))[0] == rank

    def test_ri_limits_shrink_with_the_substances_present(self):
        assert contamination.ecological_rank(np.array([80.0]), np.array([66.5]))[0] == 1

    # Finland 214/2007: a value is exceeded when the concentration is above it
    @pytest.mark.parametrize(
        ("arsenic", "low"), [(5.1, "above_threshold"), (50.1, "above_lower"), (100.1, "above_upper")]
    )
    def test_finnish_steps(self, arsenic, low):
        assert one("soil_finland2007", arsenic_mg_kg=arsenic)[0] == low
        assert one("soil_finland2007", arsenic_mg_kg=5.0) == (None, None, None)

    def test_dutch_intervention(self):
        assert one("soil_dutch2013", lead_mg_kg=531.0)[1] == "above"


class TestSubstances:
    @pytest.mark.parametrize(("total", "expected"), [(15.0, "outside"), (15.1, "mercury_waste")])
    def test_contaminated_waste(self, total, expected):
        assert one("minamata_contaminated_2023", mercury_mg_kg=total)[1] == expected

    @pytest.mark.parametrize(
        ("total", "leached", "expected"),
        [(25.0, 0.15, "mercury_waste"), (24.0, 9.0, "outside"), (30.0, 0.1, "outside"), (30.0, np.nan, None)],
    )
    def test_tailings_need_both(self, total, leached, expected):
        assert (
            one("minamata_tailings_2023", mercury_mg_kg=total, mercury_leachate_mg_l=leached)[1] == expected
        )

    @pytest.mark.parametrize(
        ("wad", "icmc", "eu"),
        [(50.0, "within", "above"), (50.1, "above", "above"), (10.0, "within", "within")],
    )
    def test_cyanide(self, wad, icmc, eu):
        assert one("cyanide_icmc", wad_cyanide_mg_l=wad)[1] == icmc
        assert one("cyanide_eu2006", wad_cyanide_mg_l=wad)[1] == eu

    def test_pore_water_and_concentration(self):
        assert substances.pore_water(np.array([1e6]))[0] == pytest.approx(357143, abs=1)
        assert substances.highest_concentration(np.array([10.0, 1.0]), np.array([1e6, 1e6])) == pytest.approx(
            28.0
        )

    @pytest.mark.parametrize(
        ("share", "expected"),
        [
            (50.1, ("a", "a", "a")),
            (50.0, ("not_a", "a", "a")),
            (5.0, ("not_a", "a", "a")),
            (4.9, ("not_a",) * 3),
        ],
    )
    def test_category_a_by_hazardous_share(self, share, expected):
        found = one(
            "eu_category_a", hazardous_share_pct=share, par_persons=0.0, is_water_phase_dangerous=False
        )
        assert found == expected

    @pytest.mark.parametrize(
        ("depth", "speed", "low"), [(0.7, 0.0, "a"), (0.69, 0.5, "not_a"), (0.1, 0.51, "a")]
    )
    def test_category_a_by_flow(self, depth, speed, low):
        found = one(
            "eu_category_a", par_persons=3.0, flow_depth_m=depth, flow_velocity_m_s=speed,
            hazardous_share_pct=0.0, is_water_phase_dangerous=False,
        )  # fmt: skip
        assert found == (low, low, low)


class TestPreselection:
    def answers(self, default, **given):
        row = np.full((1, 18), default, np.int8)
        for name, value in given.items():
            row[0, int(name[1:]) - 1] = {"yes": 1, "no": 0, "unknown": 2}[value]
        return row

    def decision(self, row):
        return tuple(bool(abandoned.is_examined(row, unknown_as=unknown)[0]) for unknown in (0, 1))

    def test_a_known_impact_is_enough(self):
        assert self.decision(self.answers(0, q1="yes")) == (True, True)

    def test_no_receptor_no_examination(self):
        assert self.decision(self.answers(0, q3="yes", q11="yes")) == (False, False)

    def test_unknown_counts_as_yes_but_is_not_certain(self):
        assert self.decision(self.answers(0, q3="unknown", q11="unknown", q15="yes")) == (False, True)

    def test_stability_needs_a_receptor_and_no_pathway(self):
        assert self.decision(self.answers(0, q6="yes", q15="yes")) == (True, True)
        assert self.decision(self.answers(0, q2="yes", q15="yes")) == (False, False)

    def test_attributes_become_answers(self):
        found = one(
            "eu_preselection_2011", commodities="lead", river_distance_km=0.5, settlement_distance_km=0.9
        )
        assert found == ("examine",) * 3
        far = one(
            "eu_preselection_2011", commodities="lead", river_distance_km=0.5, settlement_distance_km=2.0
        )
        assert far == ("no_examination", None, "examine")

    def test_slope_one_in_twelve(self):
        assert abandoned.questions().set_index("number")["threshold"][10] == pytest.approx(
            np.degrees(np.arctan(1 / 12)), abs=0.005
        )


class TestHazardRanking:
    @pytest.mark.parametrize(("pathways", "score"), [((100, 0, 0, 0), 50.0), ((57, 0, 0, 0), 28.5)])
    def test_hrs(self, pathways, score):
        assert abandoned.hrs_score(*[np.array([float(each)]) for each in pathways])[0] == pytest.approx(score)

    def test_hrs_outside_its_range_is_refused(self):
        with pytest.raises(BadInput, match="outside 0 to 100"):
            abandoned.hrs_score(*[np.array([each]) for each in (101.0, 0.0, 0.0, 0.0)])


class TestReuse:
    def test_contained_copper(self):
        volume, density = np.array([1e7]), np.array([1.5])
        assert reuse.contained_metal_t(volume, density, np.array([0.002]))[0] == pytest.approx(30_000)
        low, best, high = one("contained_copper", stored_volume_m3=1e7, copper_mg_kg=2000.0)
        assert best == pytest.approx(30_000)
        assert (low, high) == pytest.approx((26_000, 36_000))

    def test_contained_gold_in_ounces(self):
        best = one("contained_gold", stored_volume_m3=1e7, gold_g_t=0.5)[1]
        assert best == pytest.approx(7.5)
        assert best * 1e6 / GRAMS_PER_OUNCE == pytest.approx(241_131, abs=1)

    def test_a_typical_grade_is_assumed_and_has_no_best(self):
        found = catalogue.method("contained_copper")(
            pd.DataFrame({"stored_volume_m3": [1e6], "commodities": ["copper"], "year_end": [1930]})
        )
        assert (found.low[0], found.high[0]) == pytest.approx((1e6 * 1.3 * 0.003, 1e6 * 1.8 * 0.01))
        assert np.isnan(found.best[0])
        assert found.evidence[0] == "assumed"

    def test_critical_raw_materials(self):
        assert reuse.critical_raw_materials("gold; copper; cobalt") == ["copper", "cobalt"]
        assert reuse.critical_raw_materials(None) == []
