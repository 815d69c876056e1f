"""What is relabelled and drawn as one, and within what."""

import numpy as np
import pytest

from biomarkers.errors import InputError
from biomarkers.stats.labels import (
    drawn_weights,
    make_units,
    permuted_labels,
    relabellings,
)

POSITIVE = np.array([True, False, False, True, True, False, True])


def test_every_subject_is_its_own_unit_by_default():
    labels = permuted_labels(POSITIVE, permutations=500, seed=1)
    assert (labels[:, 0] == POSITIVE).all()
    assert (labels.sum(axis=0) == 4).all()
    assert len(np.unique(labels, axis=1).T) == 35 == relabellings(POSITIVE, make_units(7))


def test_labels_are_permuted_within_blocks():
    units = make_units(7, blocks=np.array(list("aaabbbb")))
    labels = permuted_labels(POSITIVE, permutations=300, seed=3, units=units)
    assert (labels[:3].sum(axis=0) == 1).all()
    assert (labels[3:].sum(axis=0) == 3).all()
    assert len(np.unique(labels, axis=1).T) == 3 * 4 == relabellings(POSITIVE, units)


def test_a_cluster_keeps_one_label():
    positive = np.array([True, True, False, False, False, True])
    clusters = np.array(["p", "p", "q", "q", "r", "s"])
    units = make_units(6, clusters=clusters)
    labels = permuted_labels(positive, permutations=100, seed=3, units=units)
    for name in "pqrs":
        assert (np.ptp(labels[clusters == name].astype(int), axis=0) == 0).all()
    assert relabellings(positive, units) == 6


def test_clusters_are_permuted_within_blocks():
    clusters = np.array([0, 0, 1, 2, 2, 3])
    units = make_units(6, clusters=clusters, blocks=np.array([0, 0, 0, 1, 1, 1]))
    positive = np.array([True, True, False, False, False, True])
    labels = permuted_labels(positive, permutations=50, seed=1, units=units)
    assert ({tuple(column) for column in labels[[0, 2]].T}) == {(True, False), (False, True)}
    assert (labels[0] != labels[2]).all()
    assert (labels[3] != labels[5]).all()


def test_a_resample_keeps_the_classes_and_the_clusters():
    weights = drawn_weights(POSITIVE, draws=40, seed=2)
    assert (weights[:, POSITIVE].sum(axis=1) == 4).all()
    assert (weights[:, ~POSITIVE].sum(axis=1) == 3).all()
    units = make_units(7, clusters=np.array([0, 1, 1, 2, 2, 3, 3]))
    with pytest.raises(InputError, match="a cluster holds positives and negatives"):
        drawn_weights(POSITIVE, draws=40, seed=2, units=units)
    units = make_units(7, clusters=np.array([0, 1, 1, 0, 0, 2, 3]))
    weights = drawn_weights(POSITIVE, draws=40, seed=2, units=units)
    assert (weights[:, 0] == weights[:, 3]).all()
    assert len(np.unique(weights[:, 0])) > 1


def test_what_cannot_be_is_refused():
    with pytest.raises(InputError, match="more than one block"):
        make_units(3, clusters=np.array([0, 0, 1]), blocks=np.array([0, 1, 1]))
    with pytest.raises(InputError, match="draws: found 0"):
        drawn_weights(POSITIVE, draws=0, seed=1)
