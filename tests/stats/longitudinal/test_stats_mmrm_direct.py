"""MMRM with awkward data against restricted likelihood and Kenward–Roger written out in full.

Everything here is a big matrix over all measurements, as the papers print it: the projector P of
restricted likelihood for the fit, and P, Q, Φ, A₁, A₂, B of Kenward and Roger (Biometrics
1997;53:983) with the observed information and a covariance linear in its parameters, so that R
is 0. Nothing is shared with the implementation but numpy; designs are written without formulas.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from scipy import optimize

from biomarkers.stats import mmrm

VISITS = [3, 7, 14, 21, 28]


@dataclass
class Direct:
    """Coefficients, their adjusted covariance, and what Kenward–Roger needs besides."""

    beta: np.ndarray
    adjusted: np.ndarray
    phi: np.ndarray
    P: np.ndarray
    W: np.ndarray
    log_likelihood: float

    def contrast(self, L):
        """Return F, its degrees of freedom, as Kenward and Roger print them, for rows L."""
        rows = np.atleast_2d(L)
        size = len(rows)
        middle = rows.T @ np.linalg.inv(rows @ self.phi @ rows.T) @ rows
        parts = [middle @ self.phi @ one @ self.phi for one in self.P]
        pairs = [(i, j) for i in range(len(parts)) for j in range(len(parts))]
        A1 = sum(self.W[i, j] * np.trace(parts[i]) * np.trace(parts[j]) for i, j in pairs)
        A2 = sum(self.W[i, j] * np.trace(parts[i] @ parts[j]) for i, j in pairs)
        B = (A1 + 6 * A2) / (2 * size)
        g = ((size + 1) * A1 - (size + 4) * A2) / ((size + 2) * A2)
        below = 3 * size + 2 * (1 - g)
        c1, c2, c3 = g / below, (size - g) / below, (size + 2 - g) / below
        E = 1 / (1 - A2 / size)
        V = 2 / size * (1 + c1 * B) / ((1 - c2 * B) ** 2 * (1 - c3 * B))
        m = 4 + (size + 2) / (size * V / (2 * E**2) - 1)
        scale = m / (E * (m - 2))
        estimate = rows @ self.beta
        wald = estimate @ np.linalg.inv(rows @ self.adjusted @ rows.T) @ estimate / size
        return scale * wald, m


def direct(X, y, subject, visit, levels):
    """Fit an unstructured covariance by brute force."""
    same = subject[:, None] == subject[None, :]
    place = np.array([levels.index(one) for one in visit])
    pairs = [(a, b) for a in range(len(levels)) for b in range(a + 1)]
    patterns = []
    for a, b in pairs:
        hit = (place[:, None] == a) & (place[None, :] == b)
        patterns.append((same & (hit | hit.T)).astype(float))
    patterns = np.array(patterns)
    size = len(levels)

    def theta_of(free):
        root = np.zeros((size, size))
        root[np.tril_indices(size)] = free
        return (root @ root.T)[np.tril_indices(size)]

    def parts(theta):
        V = np.einsum("k,kab->ab", theta, patterns)
        inverse = np.linalg.inv(V)
        information = X.T @ inverse @ X
        projector = inverse - inverse @ X @ np.linalg.inv(information) @ X.T @ inverse
        deviance = np.linalg.slogdet(V)[1] + np.linalg.slogdet(information)[1]
        return V, inverse, projector, deviance + y @ projector @ y

    residual = y - X @ np.linalg.lstsq(X, y, rcond=None)[0]
    start = np.diag([residual[place == a].std() for a in range(size)])[np.tril_indices(size)]
    found = optimize.minimize(
        lambda free: parts(theta_of(free))[3], start, method="BFGS", options={"gtol": 1e-2}
    )
    theta = theta_of(found.x)
    for _ in range(12):  # Newton, to the last digit
        _, _, projector, _ = parts(theta)
        slopes = np.array([np.trace(projector @ V) for V in patterns])
        pulled = projector @ y
        slopes -= np.array([pulled @ V @ pulled for V in patterns])
        observed = -0.5 * np.einsum(
            "ab,kbc,cd,hda->kh", projector, patterns, projector, patterns, optimize=True
        ) + np.einsum(
            "a,kab,bc,hcd,d->kh", pulled, patterns, projector, patterns, pulled, optimize=True
        )
        theta = theta - np.linalg.solve(observed, 0.5 * slopes)
    assert np.abs(slopes).max() < 1e-6
    _, inverse, _, deviance = parts(theta)
    phi = np.linalg.inv(X.T @ inverse @ X)
    P = np.array([-X.T @ inverse @ V @ inverse @ X for V in patterns])
    W = np.linalg.inv(observed)
    total = np.zeros_like(phi)
    for i in range(len(P)):
        for j in range(len(P)):
            Q = X.T @ inverse @ patterns[i] @ inverse @ patterns[j] @ inverse @ X
            total += W[i, j] * (Q - P[i] @ phi @ P[j])
    return Direct(
        beta=phi @ X.T @ inverse @ y,
        adjusted=phi + 2 * phi @ total @ phi,
        phi=phi,
        P=P,
        W=W,
        log_likelihood=-0.5 * ((len(y) - X.shape[1]) * np.log(2 * np.pi) + deviance),
    )


def cohort(visits, *, subjects, missing, seed):
    """Return a cohort with gaps, its rows shuffled; two subjects have one measurement only."""
    rng = np.random.default_rng(seed)
    size = len(visits)
    spread = 0.6 ** np.abs(np.subtract.outer(range(size), range(size)))
    sd = np.linspace(1, 2.5, size)
    noise = rng.multivariate_normal(np.zeros(size), spread * np.outer(sd, sd), size=subjects)
    rows = [
        (f"M{one:02d}", visit, ("a", "b", "c")[one % 3], noise[one, at] + at * (one % 3))
        for one in range(subjects)
        for at, visit in enumerate(visits)
    ]
    table = pd.DataFrame(rows, columns=["subject", "visit", "dose", "value"])
    table["base"] = table["subject"].map(
        dict(zip(table["subject"].unique(), rng.normal(5, 2, subjects), strict=True))
    )
    gone = rng.uniform(size=len(table)) < missing
    gone |= (table["subject"] == "M00") & (table["visit"] != visits[0])
    gone |= (table["subject"] == "M04") & (table["visit"] != visits[-1])
    table.loc[gone, "value"] = np.nan
    return table.sample(frac=1, random_state=seed)


def columns(table, visits, *, slope_by_visit=False, intercept=True):
    """Return the design of dose × visit, and base × visit, in treatment coding."""
    at = [(table["visit"] == visit).to_numpy(float) for visit in visits]
    if not intercept:
        return np.column_stack(at)
    dose = [(table["dose"] == name).to_numpy(float) for name in ("b", "c")]
    X = [np.ones(len(table)), *at[1:], *dose]
    X += [one * other for one in dose for other in at[1:]]
    if slope_by_visit:
        base = table["base"].to_numpy()
        X += [base, *(base * other for other in at[1:])]
    return np.column_stack(X)


CASES = {
    "factor by visit, three visits": ("value ~ dose * visit", VISITS[:3], {}, 24, 0.15),
    "numeric covariate by visit": (
        "value ~ dose * visit + base * visit", VISITS[:3], {"slope_by_visit": True}, 24, 0.15,
    ),
    "no intercept": ("value ~ 0 + visit", VISITS[:4], {"intercept": False}, 18, 0.2),
    "five visits": ("value ~ dose * visit", VISITS, {}, 30, 0.1),
}  # fmt: skip


@pytest.fixture(scope="module", params=CASES)
def both(request):
    formula, visits, shape, subjects, missing = CASES[request.param]
    table = cohort(visits, subjects=subjects, missing=missing, seed=5)
    there = table.dropna()
    X = columns(there, visits, **shape)
    slow = direct(
        X,
        there["value"].to_numpy(),
        there["subject"].to_numpy(),
        there["visit"].to_numpy(),
        visits,
    )
    return mmrm(table, formula), slow, X


def in_our_terms(result, X):
    """Return the matrix that turns coefficients of X into ours: both span the same means."""
    return np.linalg.lstsq(result.design.X, X, rcond=None)[0]


def test_the_likelihood_and_the_coefficients(both):
    ours, slow, X = both
    turned = in_our_terms(ours, X)
    assert ours.log_likelihood == pytest.approx(slow.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(ours.beta, turned @ slow.beta, atol=1e-6)


def test_standard_errors_and_degrees_of_freedom(both):
    ours, slow, X = both
    turned = in_our_terms(ours, X)
    table = ours.table
    for place, row in enumerate(turned):
        _, df = slow.contrast(row)
        assert table["se"][place] == pytest.approx(np.sqrt(row @ slow.adjusted @ row), rel=1e-6)
        assert table["df"][place] == pytest.approx(df, rel=1e-6)


def test_joint_tests(both):
    ours, slow, X = both
    factors, terms = list(ours.design.factors), ours.design.terms
    if "dose" in factors:  # do the doses differ alike at all visits?
        L = np.eye(len(terms))[[":" in term and "dose" in term for term in terms]]
    else:  # are the visits equal?
        L = np.diff(np.eye(len(terms)), axis=0)
    test = ours.f_test(factors).iloc[0]
    expected = slow.contrast(L @ in_our_terms(ours, X))
    assert (test["f"], test["df_denominator"]) == pytest.approx(expected, rel=1e-6)
    assert test["df_numerator"] == len(L)


def test_labels_in_any_order_change_nothing():
    table = cohort(VISITS[:3], subjects=24, missing=0.15, seed=5)
    names = table.assign(visit=table["visit"].map({3: "second", 7: "first look", 14: "at last"}))
    numbered, named = (
        mmrm(one, "value ~ dose * visit").contrasts("dose").drop(columns="visit").round(8)
        for one in (table, names)
    )
    found = set(map(tuple, named.to_numpy()))
    assert found == set(map(tuple, numbered.to_numpy()))
