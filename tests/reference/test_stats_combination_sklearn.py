"""Ridge logistic regression and discriminant analysis as scikit-learn 1.9.1, on aSAH (pROC).

Z is age, s100b and ndka of the 113 patients, standardised with n in the denominator; positive is
a poor outcome.
"""

import numpy as np
import pandas as pd
import pytest

from biomarkers.stats.combination.discriminant import ridge_lda
from biomarkers.stats.ridge import ridge_logistic


@pytest.fixture(scope="module")
def patients(shared_data):
    table = pd.read_csv(shared_data("stats/aSAH.csv"))
    values = table[["age", "s100b", "ndka"]].to_numpy(dtype=float)
    return (values - values.mean(axis=0)) / values.std(axis=0), (
        table["outcome"] == "Poor"
    ).to_numpy()


# LogisticRegression(C=1 / (113 * penalty), tol=1e-14, solver="newton-cholesky").fit(Z, y)
LOGISTIC = {
    0.01: [-0.5075312492765073, 0.2959163091447225, 1.1876436501593826, 0.8231170264501029],
    0.1: [-0.5616909009677641, 0.23150500089736478, 0.6606416718467587, 0.19729422970609603],
    1.0: [-0.5663471154834978, 0.07429363632263793, 0.1546988193500844, 0.04326378641433818],
}


def test_ridge_logistic_as_scikit_learn(patients):
    values, positive = patients
    rules = ridge_logistic(values, positive, np.ones((1, 113)), np.array(list(LOGISTIC)))[0]
    np.testing.assert_allclose(rules, list(LOGISTIC.values()), atol=1e-8)


# LinearDiscriminantAnalysis(solver="lsqr", shrinkage=shrinkage).fit(Z, y)
DISCRIMINANT = {
    0.1: [-0.7043909368319302, 0.3199447247768069, 1.1021540331002342, -0.20629040986843422],
    0.5: [-0.7020581468633242, 0.387367112436099, 0.9406069253559877, 0.07785313083242962],
    1.0: [-0.7209030501508878, 0.47686064136097495, 0.9463928188793307, 0.35975255364763126],
}


def test_ridge_lda_as_scikit_learn(patients):
    values, positive = patients
    rules = ridge_lda(values, positive, np.ones((1, 113)), np.array(list(DISCRIMINANT)))[0]
    expected = np.array(list(DISCRIMINANT.values()))
    # Its covariance is divided by n, ours by n − 2; the log odds of the prevalence stay.
    prior = np.log(41 / 72)
    expected[:, 0] -= prior
    expected *= 111 / 113
    expected[:, 0] += prior
    np.testing.assert_allclose(rules, expected, atol=1e-8)
