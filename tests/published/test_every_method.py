"""At least one printed or hand-computed answer of every method, with where it stands; none may be left out.

The cases are typed from the sources that each names. "by hand" means computed on paper from the printed rule.
"""

import pandas as pd
import pytest

from lithoscope.methods import catalogue

TOLERANCE = 1e-3
"""Of a number, relative; classes are exact."""
CLEAN = {
    "arsenic_mg_kg": 4.0, "antimony_mg_kg": 1.0, "cadmium_mg_kg": 0.5, "chromium_mg_kg": 50.0, "zinc_mg_kg": 90.0,
    "copper_mg_kg": 40.0, "lead_mg_kg": 30.0, "mercury_mg_kg": 0.2, "nickel_mg_kg": 20.0, "has_cyanide": False,
}  # fmt: skip
THI = {
    "stored_volume_m3": 1e6, "water_hazard_class": 2, "status": "active", "pga_475_g": 0.05,
    "is_in_flood_zone": False, "factor_of_safety": 1.6,
}  # fmt: skip

# method id -> (where it is printed, inputs, low, best, high); None: no best, or unrated
PRINTED = {
    "toxicity_class": [
        ("ours; Finland 214/2007, upper guideline of lead 750 mg/kg", {"lead_mg_kg": 751.0}, "very_high", None, "very_high"),
        ("ours; List of Waste 01 03 04*", {"toxicity_declared_raw": "01 03 04*"}, "very_high", None, "very_high"),
        ("ours; NBR 10004 class I, dangerous", {"toxicity_declared_raw": "Classe I - Perigosos"}, "high", "high", "very_high"),
        ("ours; Finland 214/2007, all nine below threshold, no cyanide", CLEAN, "minimal", None, "low"),
    ],
    "gistm_par_class": [
        ("GISTM 2020, Annex 2, Table 1, 1-10 persons", {"par_persons": 5.0}, "significant", "significant", "significant"),
        ("GISTM 2020, Annex 2, Table 1, > 1,000 persons", {"par_persons": 5000.0}, "extreme", "extreme", "extreme"),
    ],
    "gistm_area_class": [
        ("GISTM 2020, Annex 2, Table 1, 10-20 km2", {"inundation_km2": 15.0}, "high", "high", "high"),
    ],
    "gistm_consequence": [
        ("GISTM 2020, Annex 2, Table 1, 10-100 persons", {"par_persons": 50.0}, "high", None, "extreme"),
    ],
    "declared_consequence": [
        ("ours; CNRH/ANM potential damage high stands for high and graver",
         {"consequence_class": "high", "consequence_class_high": "extreme"}, "high", None, "extreme"),
    ],
    "gistm_loading": [
        ("GISTM 2020, Annex 2, Tables 2 and 3, High: 1/2,475",
         {"consequence_class": "high", "consequence_class_high": "high"}, 2475, 2475, 2475),
    ],
    "size_gb50863_2013": [
        ("GB 50863-2013, 3.3.1: 2e7 m3 (III) and 80 m (III)",
         {"capacity_m3": 2e7, "dam_height_m": 80.0}, "grade_3", "grade_3", "grade_3"),
    ],
    "water_hazard_awsv2017": [
        ("AwSV 2017, Annex 1: a stated class stands", {"water_hazard_class": 3}, "whc_3", "whc_3", "whc_3"),
    ],
    "thi_uba2020": [("UBA Texte 185/2020 structure, by hand: 6+2+0+0+0", THI, 8.0, 8.0, 8.0)],
    "tei_uba2020": [
        ("UBA Texte 185/2020 structure, by hand: log10(2000) + 2",
         {"par_persons": 2000.0, "receiving_water": "river or lake"}, 5.30103, 5.30103, 5.30103),
    ],
    "tri_uba2020": [
        ("UBA Texte 185/2020 structure, by hand: 8 + 3.301 + 2",
         THI | {"par_persons": 2000.0, "receiving_water": "river or lake"}, 13.30103, 13.30103, 13.30103),
    ],
    "eu_preselection_2011": [
        ("Stanley et al. 2011, question 1: a documented incident is enough", {"has_incident": True},
         "examine", "examine", "examine"),
    ],
    "screening_priority": [
        ("ours, by hand: toxicity 1, consequence 1, THI open, TEI (4 + 0 to 3)/10: 2.4/4 to 3.7/4",
         {"par_persons": 1e4, "lead_mg_kg": 751.0}, 0.6, None, 0.925),
    ],
    "screening_priority_mines": [
        ("ours, by hand: toxicity 1, examined 1, settlement and water at 0 km: (1+1+1+1)/4",
         {"lead_mg_kg": 751.0, "has_incident": True, "settlement_distance_km": 0.0, "river_distance_km": 0.0},
         1.0, 1.0, 1.0),
        ("ours, by hand: toxicity 1, examined 1, settlement at 5 km 0.5, water at 10 km 0: 2.5/4",
         {"lead_mg_kg": 751.0, "has_incident": True, "settlement_distance_km": 5.0, "river_distance_km": 10.0},
         0.625, 0.625, 0.625),
    ],
    "acid_amira2002": [
        ("AMIRA 2002: NAPP 41.2 > 0 and NAG pH < 4.5",
         {"sulphide_sulphur_pct": 2.0, "anc_kg_t": 20.0, "nag_ph": 3.0}, "paf", "paf", "paf"),
    ],
    "acid_price1997": [
        ("Price 1997: NPR 2.56, between 2 and 4",
         {"sulphide_sulphur_pct": 0.5, "neutralisation_potential_kg_t": 40.0}, "low", "low", "low"),
    ],
    "acid_mend2009": [
        ("MEND 1.20.1 (2009): NPR 2.56 > 2",
         {"sulphide_sulphur_pct": 0.5, "neutralisation_potential_kg_t": 40.0}, "naf", "naf", "naf"),
    ],
    "acid_nnp": [
        ("NNP 24.375 > 20 kg CaCO3/t",
         {"sulphide_sulphur_pct": 0.5, "neutralisation_potential_kg_t": 40.0}, "naf", "naf", "naf"),
    ],
    "eu_inert_sulphur_2009": [
        ("Decision 2009/359/EC Art. 1: S <= 0.1 %", {"sulphide_sulphur_pct": 0.1}, "met", "met", "met"),
    ],
    "contamination_factor_hakanson1980": [
        ("Hakanson 1980: CF 3 <= 84/28 < 6; other metals may be graver", {"copper_mg_kg": 84.0},
         "considerable", None, "very_high"),
    ],
    "pollution_load_tomlinson1980": [
        ("Tomlinson et al. 1980, with Rudnick and Gao 2003: Cu 28, Zn 67; (2 x 8)^(1/2)",
         {"copper_mg_kg": 56.0, "zinc_mg_kg": 536.0}, 4.0, 4.0, 4.0),
    ],
    "geoaccumulation_mueller1969": [
        ("Mueller 1969: log2(84 / (1.5 x 28)) = 1, class 1", {"copper_mg_kg": 84.0}, "class_1", None, "class_6"),
    ],
    "ecological_factor_hakanson1980": [
        ("Hakanson 1980: Er = 40 x 0.5/0.25 = 80", {"mercury_mg_kg": 0.5}, "considerable", None, "very_high"),
    ],
    "ecological_index_hakanson1980": [
        ("Hakanson 1980: RI = 40 x 10/0.25 = 1600 > 600", {"mercury_mg_kg": 10.0}, "very_high", None, "very_high"),
    ],
    "soil_finland2007": [
        ("Government Decree 214/2007, Annex: arsenic 5 / 50 / 100 mg/kg", {"arsenic_mg_kg": 100.1},
         "above_upper", None, "above_upper"),
    ],
    "soil_dutch2013": [
        ("Circulaire bodemsanering 2013, table 1: lead 530 mg/kg", {"lead_mg_kg": 531.0}, "above", "above", "above"),
    ],
    "soil_ccme_residential": [
        ("CCME, residential and parkland: lead 140 mg/kg", {"lead_mg_kg": 141.0}, "above", "above", "above"),
    ],
    "soil_gb36600_2018": [
        ("GB 36600-2018, table 1, class 2: arsenic 60 mg/kg", {"arsenic_mg_kg": 61.0}, "above", "above", "above"),
    ],
    "minamata_contaminated_2023": [
        ("Minamata Convention COP-5, 15 mg/kg", {"mercury_mg_kg": 15.1}, "mercury_waste", "mercury_waste", "mercury_waste"),
    ],
    "minamata_tailings_2023": [
        ("Minamata Convention COP-5, 25 mg/kg and 0.15 mg/L",
         {"mercury_mg_kg": 25.0, "mercury_leachate_mg_l": 0.15}, "mercury_waste", "mercury_waste", "mercury_waste"),
    ],
    "cyanide_icmc": [
        ("International Cyanide Management Code, standard 4.4: 50 mg/L", {"wad_cyanide_mg_l": 50.1}, "above", "above", "above"),
    ],
    "cyanide_eu2006": [
        ("Directive 2006/21/EC Art. 13(6): 10 ppm", {"wad_cyanide_mg_l": 10.0}, "within", "within", "within"),
    ],
    "eu_category_a": [
        ("Decision 2009/337/EC Art. 7(3): more than 50 %", {"hazardous_share_pct": 50.1}, "a", "a", "a"),
        ("SFS 2013:319 section 46: 0.7 m where people are", {"par_persons": 3.0, "flow_depth_m": 0.7}, "a", "a", "a"),
    ],
    "contained_gold": [
        ("by hand: 1e7 m3 x 1.5 x 0.5 g/t", {"stored_volume_m3": 1e7, "gold_g_t": 0.5}, 6.5, 7.5, 9.0),
    ],
    "contained_copper": [
        ("by hand: 1e7 m3 x 1.5 x 0.2 %", {"stored_volume_m3": 1e7, "copper_mg_kg": 2000.0}, 26e3, 30e3, 36e3),
    ],
    "contained_zinc": [
        ("by hand: 1e7 m3 x 1.5 x 0.5 %", {"stored_volume_m3": 1e7, "zinc_mg_kg": 5000.0}, 65e3, 75e3, 90e3),
    ],
    "contained_lead": [
        ("by hand: 1e6 m3 x 1.6 (measured) x 1 %",
         {"stored_volume_m3": 1e6, "lead_mg_kg": 1e4, "dry_density_t_m3": 1.6}, 16e3, 16e3, 16e3),
    ],
    "contained_iron": [
        ("by hand: 1e6 m3 x 1.5 x 30 %", {"stored_volume_m3": 1e6, "iron_pct": 30.0}, 39e4, 45e4, 54e4),
    ],
    "reuse_worth": [
        ("ours, by hand: 0.2 % x 0.5 recovered x 9000 US$/t", {"copper_mg_kg": 2000.0}, 9.0, 9.0, 9.0),
    ],
    "disclosure_20_questions": [
        ("Investor Mining and Tailings Safety Initiative 2019, questions 1 and 8",
         {"name": "A", "dam_height_m": 30.0}, 0.1, 0.1, 0.1),
    ],
}  # fmt: skip
"""A best of None is not compared."""


def test_every_method_has_a_printed_answer():
    assert set(PRINTED) == {method.id for method in catalogue.all_methods()}


@pytest.mark.parametrize(
    ("method_id", "where", "inputs", "expected"),
    [(name, case[0], case[1], case[2:]) for name, cases in PRINTED.items() for case in cases],
)
def test_printed(method_id, where, inputs, expected):
    found = catalogue.method(method_id)(pd.DataFrame({name: [value] for name, value in inputs.items()}))
    for bound, wanted in zip((found.low[0], found.best[0], found.high[0]), expected, strict=True):
        if isinstance(wanted, str):
            assert bound == wanted, where
        elif wanted is not None:
            assert bound == pytest.approx(wanted, rel=TOLERANCE), where
