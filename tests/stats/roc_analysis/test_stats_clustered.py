"""Lesions in patients."""

import numpy as np
import pytest
from scipy import stats as distributions

from biomarkers import stats
from biomarkers.errors import InputError
from biomarkers.stats.roc_analysis.auc import obuchowski_variance, structural_components


def lesions(seed=0, patients=20, shared=0.7, auc=0.8):
    """One to four lesions per patient, the outcome of the patient, a correlated marker."""
    random = np.random.default_rng(seed)
    patient = np.repeat(np.arange(patients), random.integers(1, 5, patients))
    outcome = patient % 2
    marker = random.normal(size=patients)[patient] * np.sqrt(shared)
    marker += random.normal(size=len(patient)) * np.sqrt(1 - shared)
    return marker + outcome * np.sqrt(2) * distributions.norm.ppf(auc), outcome, patient


def test_the_area_is_that_of_the_lesions():
    marker, outcome, patient = lesions()
    found = stats.clustered_roc(marker, outcome, patient)
    assert found.auc == pytest.approx(stats.roc(marker, outcome).auc)
    assert found.clusters == 20
    assert found.design_effect > 1
    plain = stats.roc(marker, outcome)
    assert found.auc_high - found.auc_low > plain.auc_high - plain.auc_low
    assert "20 clusters" in found.summary()


def test_one_lesion_each_is_no_cluster_but_for_degrees_of_freedom():
    marker, outcome, _ = lesions(shared=0)
    found = stats.clustered_roc(marker, outcome, np.arange(len(marker)))
    assert found.variance == pytest.approx(stats.roc(marker, outcome).variance, rel=0.01)
    assert found.design_effect == pytest.approx(1, abs=0.01)


def test_a_lesion_counted_twice_adds_nothing():
    marker, outcome, _ = lesions(shared=0)
    alone = stats.clustered_roc(marker, outcome, np.arange(len(marker)))
    twice = stats.clustered_roc(np.tile(marker, 2), np.tile(outcome, 2),
                                np.tile(np.arange(len(marker)), 2))  # fmt: skip
    assert twice.variance == pytest.approx(alone.variance, rel=1e-12)
    assert twice.auc_low == pytest.approx(alone.auc_low, abs=0.01)


def test_variance_as_the_formula_sums_it():
    # Obuchowski 1997, eq. 2–5, patient by patient; patients with lesions of both kinds.
    random = np.random.default_rng(2)
    patient = np.repeat(np.arange(8), 3)
    truth = random.random(24) < 0.5
    values = random.normal(size=24).round(1) + truth
    v10, v01 = structural_components(values[truth], values[~truth])
    auc, m, n = v10.mean(), truth.sum(), (~truth).sum()
    s10 = s01 = s11 = 0.0
    for name in range(8):
        of_positive = (v10[patient[truth] == name] - auc).sum()
        of_negative = (v01[patient[~truth] == name] - auc).sum()
        s10, s01 = s10 + of_positive**2, s01 + of_negative**2
        s11 += of_positive * of_negative
    i10, i01 = len(set(patient[truth])), len(set(patient[~truth]))
    expected = s10 * i10 / ((i10 - 1) * m) / m + s01 * i01 / ((i01 - 1) * n) / n
    expected += 2 * s11 * 8 / 7 / (m * n)
    found = obuchowski_variance((v10, v01), (patient[truth], patient[~truth]))
    assert found == pytest.approx(expected, rel=1e-12)


def test_interval_covers_where_independence_would_not():
    covered = np.zeros(2)
    for seed in range(250):
        marker, outcome, patient = lesions(seed, patients=24)
        for place, found in enumerate(
            (
                stats.clustered_roc(marker, outcome, patient, direction="higher"),
                stats.roc(marker, outcome, direction="higher"),
            )
        ):
            covered[place] += found.auc_low <= 0.8 <= found.auc_high
    assert covered[0] / 250 >= 0.91
    assert covered[1] / 250 < 0.9


def test_perfect_separation_counts_a_cluster_as_one():
    found = stats.clustered_roc([1, 2, 3, 4, 5, 6, 7, 8], [0] * 4 + [1] * 4, list("aabbccdd"))
    assert found.design_effect == 2
    assert found.auc_low == pytest.approx(stats.roc([1, 2, 3, 4], [0, 0, 1, 1]).auc_low)


def test_what_cannot_be_known_is_explained():
    with pytest.raises(InputError, match="cluster: blank in row 2"):
        stats.clustered_roc([1, 2, 3, 4], [0, 0, 1, 1], ["a", None, "b", "c"])
    with pytest.raises(InputError, match="every positive belongs to b"):
        stats.clustered_roc([1, 2, 3, 4], [0, 0, 1, 1], ["a", "c", "b", "b"])
