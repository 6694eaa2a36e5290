"""What the documents say is true: every field has a meaning, every table a source, every command runs."""

import re
import shlex
from pathlib import Path

import pandas as pd
import pytest

from lithoscope.domain import fields, reference
from lithoscope.domain.scales import CONSEQUENCE, TOXICITY

ROOT = Path(__file__).resolve().parents[1]
UNIT_ENDINGS = {
    "_m": "m",
    "_m2": "m2",
    "_m3": "m3",
    "_km": "km",
    "_mg_kg": "mg/kg",
    "_g_t": "g/t",
    "_mg_l": "mg/L",
    "_t_m3": "t/m3",
}


@pytest.mark.parametrize("each", fields.FIELDS, ids=lambda each: each.name)
def test_field_has_label_meaning_and_unit(each):
    assert each.label
    assert len(each.meaning) > 10
    ending = max((ending for ending in UNIT_ENDINGS if each.name.endswith(ending)), key=len, default=None)
    assert ending is None or each.unit == UNIT_ENDINGS[ending]
    if each.dtype == "number":
        assert each.unit


def test_the_twenty_questions_have_a_home():
    assert {each.question for each in fields.FIELDS} >= set(range(1, 21))


@pytest.mark.parametrize("name", reference.names())
def test_reference_table_has_source_and_rows(name):
    table = reference.load(name)
    assert len(table.rows)
    assert "<" not in table.source


@pytest.mark.parametrize(
    "path", sorted((ROOT / "data" / "harmonise").glob("*.csv")), ids=lambda path: path.stem
)
def test_harmonising_table_gives_only_allowed_values(path):
    table = reference.load_file(path)
    if fields.is_field(path.stem) and fields.field(path.stem).allowed and "standard" in table.rows:
        given = {item for text in table.rows["standard"].dropna() for item in str(text).split("; ")}
        assert given <= set(fields.field(path.stem).allowed)


def test_scales_use_different_colours():
    for scale in (CONSEQUENCE, TOXICITY):
        assert len({level.colour for level in scale.levels}) == len(scale.levels)


def commands() -> list[str]:
    blocks = re.findall(
        r"```(?:sh|bash|console)\n(.*?)```", (ROOT / "README.md").read_text(encoding="utf-8"), re.S
    )
    lines = [line.strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line.startswith("lithoscope ") and "#runs-not" not in line]


@pytest.mark.parametrize("line", commands())
def test_command_of_the_readme_exists(line, lithoscope):
    name = shlex.split(line, comments=True)[1]
    ran = lithoscope(name, "--help")
    assert ran.status == 0
    for option in re.findall(r"(?<=\s)--[a-z-]+", line):
        assert option in ran.out, option


def test_sites_that_the_readme_names_stand_in_the_starter_register():
    named = re.findall(r"\btsf:(\w+):(\w+)", (ROOT / "README.md").read_text(encoding="utf-8"))
    rows = pd.read_csv(ROOT / "data" / "starter" / "facilities.csv", dtype=str)
    assert set(named) and set(named) <= set(zip(rows["source_id"], rows["source_key"], strict=True))
