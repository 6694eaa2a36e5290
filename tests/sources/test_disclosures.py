"""The ICOLD draft registry and the investor initiative's form, from their published headings alone."""

# ruff: noqa: E501  forms have long headings

from pathlib import Path

import pytest

from lithoscope.domain.errors import BadInput
from lithoscope.domain.registers import conform
from lithoscope.sources import icold_registry, imtsi

ICOLD = (  # the columns as anchors.md prints them
    "ID,TSF Name,Mine Name,Current Owner,Country,Longitude,Latitude,TSF Status,Number of Embankments,Dam Raise Method,"
    "Consequence Classification,Classification System,Current Max Dam Height (m),Current Storage Volume (m3),"
    "Primary Ore Commodity,Year of Commencement,Reference,Additional Remarks\n"
    '7,North,Big,Acme,Chile,"-70,147482","-33,1",Active,2,Upstream,Very High,CDA,45,1200000,Copper,1999,web,"walls raised"\n'
    "8,South,Big,Acme,Chile,,,Closed,1,Downstream,High,Company,,,Gold,,web,\n"
)
OTHER = "ICOLD ID;Name;Owner;Status;Height (m);Capacity (m3);Year Constructed\n9;West;Acme;Active;12,5;1000000;2001\n"
QUESTIONS = [
    "1. Tailings Facility Name/identifier", "2. Location (lat long)", "3. Ownership", "4. Status", "5. Date of initial operation",
    "6. Is the Dam currently operated or closed as per currently approved design?", "7. Raising method", "8. Current Maximum Height",
    "9. Current Tailings Storage Impoundment Volume", "10. Planned Tailings Storage Impoundment Volume in 5 years time",
    "11. Most recent Independent Expert Review", "12. Do you have full and complete relevant engineering records including design, construction, operation?",
    "13. What is your hazard categorisation of this facility, based on consequence of failure?", "14. What guideline do you follow for the classification system?",
    "15. Has this facility, at any point in its history, failed to be confirmed or certified as stable?",
    "16. Do you have internal/in house engineering specialist oversight of this facility? Or do you have external engineering support for this purpose?",
    "17. Has a formal analysis of the downstream impact on communities been undertaken?", "18. Is there a) a closure plan in place for this dam and b) does it include long term monitoring?",
    "19. Have you, or do you plan to assess your tailings facilities against the impact of more regular extreme weather events?", "20. Any other relevant information",
]  # fmt: skip
NORTH = ["North", "-33.1, -70.2", "Owned and Operated", "Active", "1990", "Yes", "Upstream", "45 m", "12.5 Mm3", "15 million m3", "Mar 2019",
         "Yes", "Extreme", "ANCOLD 2012", "No", "Both", "Yes, 2018", "Yes and Yes", "Yes", "see web"]  # fmt: skip
SOUTH = ["South", "-33.2, -70.3", "JV", "Closed", "1970", "No", "Centreline", "30 ft", "2.5", "500 Mt", "2018-05", "No", "High", "Internal",
         "Yes, slump in 1999", "External only", "No", "a) Yes b) No", "No", ""]  # fmt: skip


def form(folder: Path, rows: list[list[str]], name: str = "form.csv") -> Path:
    path = folder / name
    path.write_text("\n".join("\t".join(row) for row in rows) + "\n", encoding="utf-8")
    return path


def test_the_registry_with_its_new_headings(tmp_path: Path) -> None:
    path = tmp_path / "icold.csv"
    path.write_text(ICOLD, encoding="utf-8")
    dams = icold_registry.read(path).records["facilities"]
    conform(dams, "facilities")
    first = dams.iloc[0]
    assert (first["source_key"], first["name"], first["mine_name"], first["owner"]) == (
        "7",
        "North",
        "Big",
        "Acme",
    )
    assert (first["lon"], first["lat"]) == (-70.147482, -33.1)
    assert (
        first["dam_height_m"],
        first["stored_volume_m3"],
        first["year_start"],
        first["embankments_count"],
    ) == (45, 1.2e6, 1999, 2)
    assert (first["consequence_class_raw"], first["classification_system"], first["raising_method_raw"]) == (
        "Very High",
        "CDA",
        "Upstream",
    )
    assert (first["commodities_raw"], first["status_raw"], first["remarks"]) == (
        "Copper",
        "Active",
        "walls raised",
    )
    assert len(dams) == 2 and dams["lon"].isna()[1]


def test_the_registry_with_its_other_headings(tmp_path: Path) -> None:
    path = tmp_path / "icold.csv"
    path.write_text(OTHER, encoding="utf-8")
    dam = icold_registry.read(path).records["facilities"].iloc[0]
    assert (dam["source_key"], dam["name"], dam["dam_height_m"], dam["capacity_m3"], dam["year_start"]) == (
        "9",
        "West",
        12.5,
        1e6,
        2001,
    )


def test_every_question_has_a_home(tmp_path: Path) -> None:
    from lithoscope.domain.fields import field

    reading = imtsi.read(form(tmp_path, [QUESTIONS, NORTH, SOUTH]))
    dams = reading.records["facilities"]
    conform(dams, "facilities")
    given = [field(name) for name in dams.columns if dams[name].notna().any()]
    answered = {each.question or (field(each.raw_of).question if each.raw_of else None) for each in given}
    assert answered >= set(range(1, 21))
    north, south = dams.iloc[0], dams.iloc[1]
    assert (north["lat"], north["lon"]) == (-33.1, -70.2)
    assert (north["dam_height_m"], north["stored_volume_m3"], north["planned_volume_m3"]) == (
        45,
        12.5e6,
        15e6,
    )
    assert south["dam_height_m"] == pytest.approx(9.144) and south["stored_volume_m3"] == 2.5
    assert (north["review_date"], south["review_date"]) == ("2019-03", "2018-05")
    assert (north["oversight"], south["oversight"]) == ("both", "external")
    assert north["impact_analysis_date"] == "2018" and bool(north["has_impact_analysis"])
    assert [bool(north["has_long_term_monitoring"]), bool(south["has_long_term_monitoring"])] == [True, False]
    assert bool(south["has_stability_concern"]) and south["stability_note"] == "Yes, slump in 1999"
    told = set(zip(reading.findings["row"], reading.findings["field"], reading.findings["code"], strict=True))
    assert told == {(3, "stored_volume_m3", "unit_suspected"), (3, "planned_volume_m3", "unit_suspected")}


def test_short_and_misspelled_headings(tmp_path: Path) -> None:
    names = [
        "Company",
        "TSF",
        "longditude",
        "lattitude",
        "raising",
        "current_maximum",
        "current_tailings",
        "planned_tailings",
        "hazard",
        "guideline",
    ]
    values = [
        "Acme",
        "N",
        "-70.2",
        "-33.1",
        "Downstream",
        "45",
        "1200000",
        "2000000",
        "Significant",
        "CDA 2013",
    ]
    dam = imtsi.read(form(tmp_path, [names, values])).records["facilities"].iloc[0]
    assert (dam["lon"], dam["lat"], dam["owner"], dam["name"]) == (-70.2, -33.1, "Acme", "N")
    assert (dam["dam_height_m"], dam["stored_volume_m3"], dam["planned_volume_m3"]) == (45, 1.2e6, 2e6)
    assert (dam["consequence_class_raw"], dam["classification_system"]) == ("Significant", "CDA 2013")


@pytest.mark.parametrize("source", [icold_registry, imtsi])
def test_another_table_is_refused(tmp_path: Path, source: object) -> None:
    with pytest.raises(BadInput, match="headings"):
        source.read(form(tmp_path, [["Name", "Latitude", "Longitude", "Wind"], ["a", "1", "1", "3"]]))  # type: ignore[attr-defined]


def test_two_forms_in_a_folder_are_two_readings(tmp_path: Path) -> None:
    form(tmp_path, [QUESTIONS, NORTH], "a.csv")
    form(tmp_path, [QUESTIONS, SOUTH], "b.csv")
    readings = imtsi.read(tmp_path)
    assert isinstance(readings, list) and [reading.rows_read for reading in readings] == [1, 1]
