"""Repeatability, and which changes exceed it."""

import numpy as np
import pytest

from biomarkers import stats
from biomarkers.errors import InputError


def test_pairs_have_the_textbook_standard_deviation():
    # With two replicates wSD² is the mean of half the squared differences.
    first, second = np.array([1.0, 4.0, 9.0]), np.array([2.0, 4.5, 8.0])
    found = stats.repeatability([*first, *second], list("abcabc"))
    assert found.wsd == pytest.approx(np.sqrt(np.mean((first - second) ** 2) / 2))
    assert found.rc == pytest.approx(1.96 * np.sqrt(2) * found.wsd)
    assert (found.df, found.subjects) == (3, 3)
    assert found.rc_low < found.rc < found.rc_high
    assert found.coefficient_of_variation == pytest.approx(found.wsd / found.mean)


def test_the_interval_covers_the_true_spread():
    random = np.random.default_rng(7)
    subjects = np.repeat(np.arange(8), 2)
    covered = 0
    for _ in range(400):
        values = 10 * subjects + random.normal(0, 2, 16)
        found = stats.repeatability(values, subjects)
        covered += found.wsd_low <= 2 <= found.wsd_high
    assert 0.92 <= covered / 400 <= 0.98


def test_spread_in_proportion_is_found_in_logarithms():
    random = np.random.default_rng(3)
    subjects = np.repeat(np.arange(400), 2)
    values = np.exp(subjects / 50) * random.lognormal(0, 0.1, 800)
    found = stats.repeatability(values, subjects, scale="log_ratio")
    assert found.wsd == pytest.approx(0.1, rel=0.08)
    assert found.coefficient_of_variation == pytest.approx(0.1, rel=0.08)
    down, up = found.percent_limits
    assert (1 + up / 100) * (1 + down / 100) == pytest.approx(1)
    assert "exceeds repeatability" in found.headline


def test_changes_are_classified_by_the_coefficient():
    found = stats.repeatability([1.0, 1.2, 5.0, 5.1], list("aabb"))
    beyond = found.rc * 1.01
    assert found.classify([-beyond, 0.0, beyond, np.nan]).tolist() == [
        "lower", "within", "higher", "",
    ]  # fmt: skip


def test_missing_and_single_measurements_are_left_out():
    found = stats.repeatability([1, 2, np.nan, 5, 7], ["a", "a", "a", "b", None])
    assert (found.df, found.subjects) == (1, 1)


def test_what_cannot_be_known_is_explained():
    with pytest.raises(InputError, match="nobody was measured twice"):
        stats.repeatability([1, 2], ["a", "b"])
    with pytest.raises(InputError, match="found the value 0; a log ratio needs above 0"):
        stats.repeatability([0, 2], ["a", "a"], scale="log_ratio")
    with pytest.raises(InputError, match="scale: found 'percent'"):
        stats.repeatability([1, 2], ["a", "a"], scale="percent")
    with pytest.raises(InputError, match="found an infinite value"):
        stats.repeatability([1, np.inf], ["a", "a"])
    with pytest.raises(InputError, match="expected a number and a subject"):
        stats.repeatability([1, 2, 3], ["a", "a"])


def test_results_can_be_read_and_drawn():
    found = stats.repeatability([1.0, 1.2, 5.0, 5.1], list("aabb"))
    assert "exceeds repeatability" in found.summary()
    assert found.plot().get_xlabel() == "Repeatability coefficient (absolute)"
    assert np.isnan(found.percent_limits).all()
