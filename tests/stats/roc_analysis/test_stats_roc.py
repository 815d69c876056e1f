"""The ROC curve of one marker."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats
from biomarkers.errors import InputError

MARKER = [1.0, 2.0, 2.0, 3.0, 4.0, 5.0]
OUTCOME = [0, 0, 1, 0, 1, 1]


def test_area_interval_and_counts():
    found = stats.roc(MARKER, OUTCOME)
    assert found.auc == pytest.approx(7.5 / 9)
    assert 0 < found.auc_low < 0.5 < found.auc < found.auc_high < 1
    assert (found.n_positive, found.n_negative, found.direction) == (3, 3, "higher")


def test_auto_takes_the_direction_that_separates():
    found = stats.roc([-value for value in MARKER], OUTCOME)
    assert (found.direction, found.auc) == ("lower", pytest.approx(7.5 / 9))


def test_a_declared_direction_is_kept_even_below_one_half():
    found = stats.roc(MARKER, OUTCOME, direction="lower")
    assert found.auc == pytest.approx(1.5 / 9)
    assert found.auc_low < found.auc < found.auc_high


@pytest.mark.parametrize(
    ("outcome", "positive"),
    [
        ([False, False, True, False, True, True], 1),
        (["0", "0", "1", "0", "1", "1"], 1),
        (["no", "no", "yes", "no", "yes", "yes"], "yes"),
        (pd.Series([0.0, 0, 1, 0, 1, 1], index=list("fedcba")), True),
    ],
)
def test_outcomes_come_in_many_spellings(outcome, positive):
    assert stats.roc(MARKER, outcome, positive=positive).auc == pytest.approx(7.5 / 9)


def test_subjects_without_marker_or_outcome_are_left_out():
    found = stats.roc([*MARKER, np.nan, 9.0, 9.0], [*OUTCOME, 1, np.nan, None])
    assert found.auc == pytest.approx(7.5 / 9)


@pytest.mark.parametrize("sign", [1, -1])
def test_curve_calls_positive_beyond_its_threshold(sign):
    curve = stats.roc([sign * value for value in MARKER], OUTCOME).curve
    values, truth = sign * np.array(MARKER), np.array(OUTCOME) == 1
    for row in curve.itertuples():
        called = sign * values > sign * row.threshold
        assert row.sensitivity == pytest.approx(called[truth].mean())
        assert row.specificity == pytest.approx((~called)[~truth].mean())
    area = np.trapezoid(curve["sensitivity"][::-1], 1 - curve["specificity"][::-1])
    assert area == pytest.approx(7.5 / 9)


def test_a_marker_gone_to_minus_infinity_has_a_place_on_the_curve():
    found = stats.roc([-np.inf, 0.0, 1.0, 2.0], [0, 1, 0, 1])
    assert found.auc == 0.75
    assert found.curve["specificity"].tolist() == [0, 0.5, 0.5, 1, 1]


def test_delong_interval_is_walds_within_zero_and_one():
    found = stats.roc(MARKER, OUTCOME, ci="delong", level=0.9)
    half = 1.6448536269514722 * np.sqrt(found.variance)
    assert found.auc_low == pytest.approx(found.auc - half)
    assert found.auc_high == min(1, found.auc + half)


def test_one_positive_has_an_interval_but_no_variance():
    found = stats.roc([1.0, 2.0, 3.0], [0, 0, 1])
    assert np.isnan(found.variance)
    assert found.auc_low < 1
    assert np.isnan(stats.roc([1.0, 2.0, 3.0], [0, 0, 1], ci="delong").auc_low)


@pytest.mark.parametrize(
    ("marker", "outcome", "settings", "message"),
    [
        (MARKER, [1] * 6, {}, "found 1 among subjects with a marker; expected two kinds"),
        (MARKER, [0, 1, 2, 0, 1, 2], {}, "found 0, 1, 2 among"),
        (MARKER, OUTCOME, {"positive": "yes"}, "expected two kinds, one of them yes"),
        (MARKER, OUTCOME[:5], {}, r"found shapes \[\(6,\)\] of marker and \(5,\) of outcome"),
        (["a"] * 6, OUTCOME, {}, "expected a marker of numbers"),
        (MARKER, OUTCOME, {"direction": "up"}, "direction: found 'up'"),
        (MARKER, OUTCOME, {"ci": "wald"}, "ci: found 'wald', expected newcombe"),
    ],
)
def test_what_cannot_be_a_roc_is_explained(marker, outcome, settings, message):
    with pytest.raises(InputError, match=message):
        stats.roc(marker, outcome, **settings)


def test_a_result_can_be_read_drawn_and_taken_apart():
    found = stats.roc(MARKER, OUTCOME)
    assert "AUC 0.833" in found.summary()
    assert str(found) == found.summary()
    assert "<table" in found._repr_html_()
    assert found.to_dict()["table"][0]["n_positive"] == 3
    assert len(found.plot().lines) == 2


@pytest.mark.parametrize("ci", ["delong", "bootstrap"])
def test_an_interval_of_no_width_says_that_it_knows_nothing(ci):
    found = stats.roc([1, 2, 3, 4], [0, 0, 1, 1], ci=ci)
    assert found.auc_low == found.auc_high == 1
    assert "says nothing about other subjects" in found.headline
    assert "says nothing" not in stats.roc([1, 2, 3, 4], [0, 0, 1, 1]).headline


@pytest.mark.parametrize("level", [0, 1, 1.5, -0.95])
def test_a_level_is_between_zero_and_one(level):
    table = pd.DataFrame({"subject": list("aabbcc"), "rater": [1, 2] * 3, "value": range(6)})
    x, y = MARKER, MARKER[::-1]
    for call in (
        lambda: stats.roc(MARKER, OUTCOME, level=level),
        lambda: stats.compare_roc(MARKER, MARKER, OUTCOME, level=level),
        lambda: stats.accuracy(MARKER, OUTCOME, threshold=2, level=level),
        lambda: stats.clustered_roc(MARKER, OUTCOME, list("aabbcc"), level=level),
        lambda: stats.adjusted_auc(MARKER, OUTCOME, {"age": range(6)}, level=level),
        lambda: stats.mean_change(MARKER, level=level),
        lambda: stats.mean_difference(x, y, level=level),
        lambda: stats.limits_of_agreement(x, y, level=level),
        lambda: stats.regression_limits(x, y, level=level),
        lambda: stats.concordance_correlation(x, y, level=level),
        lambda: stats.deming(x, y, level=level),
        lambda: stats.passing_bablok(x, y, level=level),
        lambda: stats.repeatability(MARKER, list("aabbcc"), level=level),
        lambda: stats.icc(table, level=level),
    ):
        with pytest.raises(InputError, match="level: found"):
            call()


def test_no_sensitivity_is_above_one():
    found = stats.roc(MARKER, OUTCOME)
    with pytest.raises(InputError, match=r"specificity: found 1\.9"):
        found.sensitivity_at(1.9)
    with pytest.raises(InputError, match=r"sensitivity: found -0\.1"):
        found.specificity_at(-0.1)
