"""Folds: everybody held out once, both classes everywhere, clusters whole, blocks spread."""

import numpy as np
import pytest

from biomarkers.stats.combination.folds import make_folds
from biomarkers.stats.labels import make_units


def split(positive, *, folds=5, repeats=3, seed=0, **tied):
    units = make_units(len(positive), **tied)
    random = np.random.default_rng(seed)
    return make_folds(positive, units, folds=folds, repeats=repeats, random=random)


@pytest.mark.parametrize("counts", [(3, 3), (6, 6), (4, 25), (25, 4), (8, 25), (24, 25)])
def test_everybody_is_held_out_once_and_every_set_has_both_classes(counts):
    positive = np.arange(sum(counts)) < counts[0]
    found = split(positive)
    folds = min(5, *counts)
    assert found.held_out.shape == (3 * folds, sum(counts))
    assert (found.held_out.reshape(3, folds, -1).sum(axis=1) == 1).all()
    for sets in (found.held_out, found.training, found.inner, found.inner_training):
        assert (sets & positive).any(axis=-1).all()
        assert (sets & ~positive).any(axis=-1).all()
    held = (found.held_out & positive).sum(axis=1)
    assert held.max() - held.min() <= 1


def test_inner_folds_divide_the_training_set():
    found = split(np.arange(33) < 8)
    np.testing.assert_array_equal(found.inner.sum(axis=1), found.training)
    assert not (found.inner & found.inner_training).any()
    np.testing.assert_array_equal(found.inner[:, 0] | found.inner_training[:, 0], found.training)


def test_clusters_stay_whole():
    cluster = np.repeat(np.arange(14), [1, 3] * 7)
    found = split(cluster % 2 == 0, clusters=cluster)
    for sets in (found.held_out, found.inner.reshape(-1, len(cluster))):
        for name in range(14):
            own = sets[:, cluster == name]
            np.testing.assert_array_equal(own.any(axis=1), own.all(axis=1))


def test_blocks_are_spread_over_the_folds():
    positive = np.tile([True, False], 30)
    block = np.repeat(np.arange(3), 20)
    found = split(positive, blocks=block)
    for name in range(3):
        for kind in (positive, ~positive):
            held = (found.held_out & kind & (block == name)).sum(axis=1)
            assert set(held) == {2}  # 10 of a class and block in 5 folds


def test_no_fold_is_always_the_larger():
    positive = np.arange(23) < 11
    sizes = split(positive, repeats=400).held_out.sum(axis=1).reshape(400, 5)
    np.testing.assert_allclose(sizes.mean(axis=0), 23 / 5, atol=0.15)
