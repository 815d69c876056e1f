"""The tests of a combination hold their size, and find what is there."""

from itertools import islice

import numpy as np
import pytest

from biomarkers.stats.combination import permuted
from biomarkers.stats.combination.nested import MODELS, Procedure
from biomarkers.stats.combination.permuted import areas_of_one, chance_areas, p_besides
from biomarkers.stats.labels import make_units

LDA = MODELS["lda"]


class Recorder:
    """Keeps what it is asked to cross-validate; the area is always ½."""

    def __init__(self, units):
        self.units, self.seen = units, []

    def run(self, values, positive, random):
        self.seen.append((values.copy(), positive.copy()))
        return self

    def area(self, positive):
        return 0.5

    def single_area(self, values, positive):
        return 0.5


def test_only_what_the_given_marker_does_not_explain_is_permuted():
    random = np.random.default_rng(1)
    values = random.normal(size=(30, 3))
    values[:, 1] += 2 * values[:, 0]
    recorder = Recorder(make_units(30))
    list(islice(areas_of_one(values, np.arange(30) < 15, recorder, given=0, seed=1), 20))
    design = np.column_stack([values[:, 0], np.ones(30)])
    residuals = values - design @ np.linalg.lstsq(design, values, rcond=None)[0]
    for made, _ in recorder.seen:
        np.testing.assert_array_equal(made[:, 0], values[:, 0])
        left = made - (values - residuals)
        # The other markers travel together.
        order = np.lexsort(left[:, 1:].T)
        expected = np.lexsort(residuals[:, 1:].T)
        np.testing.assert_allclose(left[order, 1:], residuals[expected, 1:], atol=1e-12)
    assert not np.allclose(recorder.seen[0][0], recorder.seen[1][0])


def test_clusters_travel_whole_and_within_their_block():
    cluster = np.repeat(np.arange(12), [1, 2, 3] * 4)
    block = cluster % 2
    units = make_units(len(cluster), clusters=cluster, blocks=block)
    mark = np.arange(len(cluster), dtype=float)
    values = np.column_stack([np.zeros(len(cluster)), mark])
    recorder = Recorder(units)
    list(islice(areas_of_one(values, cluster % 3 == 0, recorder, given=0, seed=2), 10))
    for made, _ in recorder.seen:
        origin = np.rint(made[:, 1]).astype(int)
        assert sorted(origin) == list(range(len(cluster)))
        np.testing.assert_array_equal(block[origin], block)
        for name in range(12):
            came = origin[cluster == name]
            assert len(set(cluster[came])) == 1
            np.testing.assert_array_equal(np.diff(came), 1)


def test_chance_permutes_labels_of_whole_clusters():
    cluster = np.repeat(np.arange(10), [1, 2] * 5)
    recorder = Recorder(make_units(len(cluster), clusters=cluster))
    chance_areas(np.zeros((15, 2)), cluster < 5, recorder, permutations=20, seed=3)
    labels = np.array([positive for _, positive in recorder.seen])
    assert len(labels) == 20
    for name in range(10):
        own = labels[:, cluster == name]
        np.testing.assert_array_equal(own.any(axis=1), own.all(axis=1))


@pytest.mark.parametrize(("as_high", "expected"), [(0, 1 / 100), (3, 4 / 100), (40, 20 / 39)])
def test_p_counts_the_data_and_stops_when_it_is_known(monkeypatch, as_high, expected):
    areas = ([0.9, 0.1] * as_high) + [0.1] * 99
    monkeypatch.setattr(permuted, "areas_of_one", lambda *_, **__: iter(areas))
    p = p_besides(None, None, None, 0.8, given=0, permutations=99, seed=1)
    assert p == pytest.approx(expected)


def study(random, second):
    """Two correlated markers; the first is useful, the second by itself only if asked."""
    positive = np.arange(16) < 8
    values = random.multivariate_normal([0, 0], [[1, 0.6], [0.6, 1]], size=16)
    values[positive] += [1.2, 0.72 + second]
    return (values - values.mean(axis=0)) / values.std(axis=0), positive


@pytest.mark.parametrize(("second", "low", "high"), [(0.0, 0, 0.13), (-2.5, 0.4, 1)])
def test_a_marker_that_only_repeats_another_is_seldom_called_a_gain(second, low, high):
    # benchmarks/combination.py has the full sizes and powers.
    random = np.random.default_rng(11)
    plan = Procedure(LDA, make_units(16), folds=4, repeats=1)
    found = 0
    for seed in range(80):
        values, positive = study(random, second)
        reached = plan.run(values, positive, random).area(positive)
        # At .05 and 19 permutations no area may be as high.
        areas = areas_of_one(values, positive, plan, given=0, seed=seed)
        found += all(area < reached - 1e-12 for area in islice(areas, 19))
    # At a size of .05, more than 10 of 80 happens once in 300 times.
    assert low <= found / 80 <= high


def test_p_against_chance_is_uniform_where_there_is_nothing():
    random = np.random.default_rng(12)
    plan = Procedure(LDA, make_units(12), folds=3, repeats=1)
    positive = np.arange(12) < 6
    found = []
    for seed in range(120):
        values = random.normal(size=(12, 3))
        reached = plan.run(values, positive, random).area(positive)
        chance = chance_areas(values, positive, plan, permutations=9, seed=seed)[:, 0]
        found.append((1 + (chance >= reached - 1e-12).sum()) / 10)
    assert np.mean(np.array(found) <= 0.1) <= 0.19  # .1 and three standard errors
    assert 0.4 < np.mean(found) < 0.65
