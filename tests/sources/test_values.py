"""Text of a cell -> number, angle, date, year, yes or no."""

# ruff: noqa: E501  tables of cases read better in one line each

import math

import pandas as pd
import pytest

from lithoscope.sources import values

POINT = [
    ("12", 12.0), ("12.5", 12.5), (" 12.50 ", 12.5), ("1,234", 1234.0), ("1,234,567.8", 1234567.8), ("-0.5", -0.5),
    ("1 234 567", 1234567.0), ("1'234.5", 1234.5), ("12,5", 12.5), ("1.234.567", 1234567.0), ("1e3", 1000.0),
    ("\u221210", -10.0), ("0,123", 0.123), (".5", 0.5),
]  # fmt: skip
COMMA = [
    ("12,5", 12.5),
    ("1.234", 1234.0),
    ("67.719.070,00", 67719070.0),
    ("1,234", 1.234),
    ("12.5", 12.5),
    ("0.123", 0.123),
]
NO_NUMBER = ["25-30", "> 500", "~100", "yes", "12 m", "1,23,4", "1.2.3", "inf", "nan1", "--3", "1e999"]


@pytest.mark.parametrize(("text", "number"), POINT)
def test_numbers_with_a_decimal_point(text: str, number: float) -> None:
    found, bad = values.numbers(pd.Series([text], dtype="str"), decimal=".")
    assert found.tolist() == [number] and not bad.any()


@pytest.mark.parametrize(("text", "number"), COMMA)
def test_numbers_with_a_decimal_comma(text: str, number: float) -> None:
    found, bad = values.numbers(pd.Series([text], dtype="str"), decimal=",")
    assert found.tolist() == [number] and not bad.any()


@pytest.mark.parametrize("decimal", [".", ","])
@pytest.mark.parametrize("text", NO_NUMBER)
def test_other_text_is_no_number(text: str, decimal: values.Decimal) -> None:
    found, bad = values.numbers(pd.Series([text], dtype="str"), decimal=decimal)
    assert found.isna().all() and bad.all()


@pytest.mark.parametrize("text", [None, "", "  ", "-", "n/a", "Unknown", "Não se aplica", "S/I", "NaN"])
def test_blank_words_are_missing_and_no_finding(text: str | None) -> None:
    found, bad = values.numbers(pd.Series([text], dtype="str"), decimal=".")
    assert found.isna().all() and not bad.any()
    assert values.without_blanks(pd.Series([text], dtype="str")).isna().all()


ANGLES = [
    ("-19°24'38.340''", -(19 + 24 / 60 + 38.34 / 3600)), ("19°24'38.3\" S", -(19 + 24 / 60 + 38.3 / 3600)),
    ("S 19 24 38", -(19 + 24 / 60 + 38 / 3600)), ("19 24 38.3 N", 19 + 24 / 60 + 38.3 / 3600), ("-70,5", -70.5),
    ("70.5W", -70.5), ("70.5 O", -70.5), ("43d30m00s", 43.5), ("45.25", 45.25), ("-00°30'00''", -0.5), ("19:30:00", 19.5),
    ("12°30'", 12.5), ("-09°34'60.000''", -(9 + 35 / 60)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "degrees"), ANGLES)
def test_angles(text: str, degrees: float) -> None:
    found, bad = values.angles(pd.Series([text], dtype="str"))
    assert found.tolist() == pytest.approx([degrees], abs=1e-12) and not bad.any()


@pytest.mark.parametrize("text", ["north", "12°99999'", "-12 N", "1;2", "E", "12°30'100''"])
def test_what_is_no_angle_is_told(text: str) -> None:
    found, bad = values.angles(pd.Series([text], dtype="str"))
    assert found.isna().all() and bad.all()


def test_minutes_of_sixty_are_told() -> None:
    cells = pd.Series(["-09°34'60.000''", "00°51'80.200''", "10°61'00''", "10°10'10''", "45.75"], dtype="str")
    assert values.is_carried(cells).tolist() == [False, True, True, False, False]


def test_the_decimal_mark_is_that_which_more_cells_prove() -> None:
    assert values.decimal_of([pd.Series(["12,5", "3,25", "7"], dtype="str")]) == ","
    assert values.decimal_of([pd.Series(["12.5", "1,234.5", "1,234"], dtype="str")]) == "."
    assert values.decimal_of([pd.Series(["1234", None], dtype="str")]) == "."


@pytest.mark.parametrize(
    ("text", "order", "date"),
    [("24/02/2022", "dmy", "2022-02-24"), ("02/24/22", "mdy", "2022-02-24"), ("23-JUL-18", "dmy", "2018-07-23"),
     ("2019-05", "dmy", "2019-05"), ("2019", "dmy", "2019"), ("10/04/89", "mdy", "1989-10-04"),
     ("2022-12-05 00:00:00", "dmy", "2022-12-05"), ("31/02x", "dmy", None), ("13/13/2020", "dmy", None)],
)  # fmt: skip
def test_dates(text: str, order: values.DateOrder, date: str | None) -> None:
    assert values.parse_date(text, order) == date


@pytest.mark.parametrize(
    ("text", "year"),
    [("1993.0", 1993), ("12/05/1999", 1999), ("about 1900", 1900), ("1990-1995", None), ("x", None)],
)
def test_years(text: str, year: int | None) -> None:
    assert values.parse_year(text) == year


def test_yes_and_no_in_several_languages() -> None:
    cells = pd.Series(["Yes", "NÃO", "oui", "Sí, desde 2019", "maybe", None, "N"], dtype="str")
    found, bad = values.booleans(cells)
    assert found.tolist()[:4] == [True, False, True, True] and found.tolist()[6] is False
    assert bad.tolist() == [False, False, False, False, True, False, False]


def test_a_number_is_finite_or_missing() -> None:
    found, _ = values.numbers(pd.Series(["inf", "-inf", "1e308", "nan"], dtype="str"), decimal=".")
    assert all(math.isfinite(number) for number in found.dropna())
