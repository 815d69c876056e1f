import math

import numpy as np
import pytest

from biomarkers.report import words


@pytest.mark.parametrize("value", [1, 0.5, np.int64(1), np.float64(2.0)])
def test_a_number_is_one_wherever_it_was_read(value):
    assert words.is_number(value)
    assert words.interval(value, value) != words.ABSENT


@pytest.mark.parametrize("value", [None, math.nan, math.inf, "1", np.float64("nan")])
def test_what_is_unknown_is_no_number(value):
    assert not words.is_number(value)


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [
        (0.774, 2, "0.77"),
        (-0.5, 1, "−0.5"),
        (None, 2, "–"),
        (math.nan, 2, "–"),
        (-math.inf, 2, "−∞"),
        (43.0, 0, "43"),
    ],
)
def test_decimal_shows_a_true_minus_and_admits_what_is_absent(value, places, text):
    assert words.decimal(value, places) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0003, "= 0.0003"),
        (0.0496, "= 0.0496"),
        (0.213, "= 0.21"),
        (1.0, "= 1.00"),
        (0.00002, "< 0.0001"),
        (None, "= –"),
    ],
)
def test_p_keeps_the_digits_that_decide(value, text):
    assert words.p_equals(value) == text


@pytest.mark.parametrize(
    ("value", "permutations", "text"),
    [(0.0001, 9999, "≤ 0.0001"), (0.005, 199, "≤ 0.005"), (0.0002, 9999, "= 0.0002"),
     (0.0001, 0, "= 0.0001"), (0.05, 19, "≤ 0.05")],
)  # fmt: skip
def test_the_smallest_p_of_permutations_is_a_bound(value, permutations, text):
    assert words.p_equals(value, permutations) == text


@pytest.mark.parametrize(
    ("ascii_unit", "printed"),
    [
        ("mm^3", "mm³"),
        ("mm^2/s", "mm²/s"),
        ("1/min", "min⁻¹"),
        ("mL/min/100mL", "mL/min/100 mL"),
        ("10^-3 mm^2/s", "10⁻³ mm²/s"),
        ("", ""),
        ("g", "g"),
    ],
)
def test_units_are_set_as_in_print(ascii_unit, printed):
    assert words.pretty_unit(ascii_unit) == printed


@pytest.mark.parametrize(
    ("days", "text"),
    [
        ((7,), "day 7"),
        ((6, 7), "days 6–7"),
        ((17, 18, 19), "days 17–19"),
        ((0, 3, 9), "days 0, 3 and 9"),
        ((6.5, 7.5), "days 6.5–7.5"),
    ],
)
def test_days_that_follow_each_other_are_a_range(days, text):
    assert words.days(days) == text


def test_an_interval_with_an_unknown_end_is_no_interval():
    assert words.interval(0.65, 0.86) == "0.65–0.86"
    assert words.interval(0.65, math.nan) == "–"
    assert words.interval(None, None) == "–"


def test_lists_and_counts_read_like_language():
    assert words.listed([]) == ""
    assert words.listed(["a"]) == "a"
    assert words.listed(["a", "b", "c"], "or") == "a, b or c"
    assert words.count(1, "subject") == "1 subject"
    assert words.count(12345, "subject") == "12\u202f345 subjects"
    assert words.capitalised("ADC in rim") == "ADC in rim"
    assert words.capitalised("day 3") == "Day 3"


def test_significant_digits():
    assert words.significant(0.00071234) == "0.0007123"
    assert words.significant(1.5e-7) == "1.5e−7"
    assert words.significant(math.nan) == "–"
