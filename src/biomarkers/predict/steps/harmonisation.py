"""ComBat: shifts and scales of sites taken out of image values, without looking at the outcome.

Neither statsmodels nor scikit-learn has it; `neuroCombat` keeps no estimates for new cases.
"""

from dataclasses import dataclass

import numpy as np

from biomarkers.predict.cases import Cases, Names
from biomarkers.stats.arrays import Bools, Floats

_FEWEST = 3  # cases of a site, below which it has no shift and scale of its own
_ROUNDS, _STILL = 100, 1e-6


@dataclass(frozen=True)
class Combat:
    """Location and scale of each site, shrunk over features by empirical Bayes.

    Clinical columns and indicators are left as they are. A site unseen in training, or with
    fewer than 3 cases there, is left as it is: nothing is known of it.

    References
    ----------
    Johnson, Li & Rabinovic 2007, doi:10.1093/biostatistics/kxj037; without covariates, lest the
    outcome of the training set enter.

    Examples
    --------
    >>> from biomarkers import predict
    >>> predict.recipe("logistic", harmonise=predict.Combat()).harmonise
    Combat()

    """

    def fit(self, cases: Cases) -> "Harmonised":
        """Estimate every site's shift and scale.

        Examples
        --------
        >>> from biomarkers import predict, sample_data
        >>> table, people = sample_data.measurements(), sample_data.participants()
        >>> rows = table[table["day"] == 10]
        >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
        >>> predict.Combat().fit(cohort.cases).transform(cohort.cases).names
        ('Ktrans', 'volume')

        """
        touched = cases.images & (cases.features.std(axis=0) > 0)
        values = cases.features[:, touched]
        sites, counts = np.unique(cases.site, return_counts=True)
        sites = sites[counts >= _FEWEST]
        mean, spread = _pooled(values, cases.site, sites)
        standard = (values - mean) / spread
        effects = [_effect_of(standard[cases.site == site]) for site in sites]
        shift, scale = np.moveaxis(np.reshape(effects, (len(sites), 2, values.shape[1])), 1, 0)
        return Harmonised(touched, mean, spread, sites.astype(str), shift, scale)


@dataclass(frozen=True, eq=False)
class Harmonised:
    """Pooled mean and spread of each feature, and every site's shift and scale against them."""

    touched: Bools
    mean: Floats
    spread: Floats
    sites: Names
    shift: Floats
    scale: Floats

    def transform(self, cases: Cases) -> Cases:
        """Return the cases with the effect of each known site taken out."""
        values = cases.features.copy()
        standard = (values[:, self.touched] - self.mean) / self.spread
        for site, shift, scale in zip(self.sites, self.shift, self.scale, strict=True):
            rows = cases.site == site
            standard[rows] = (standard[rows] - shift) / scale
        values[:, self.touched] = standard * self.spread + self.mean
        return cases.with_features(values, cases.names)

    def unseen(self, site: Names) -> list[str]:
        """Return the sites that are left as they are."""
        return sorted(set(site) - set(self.sites))


def _pooled(values: Floats, site: Names, sites: Names) -> tuple[Floats, Floats]:
    """Return the mean over cases and the standard deviation within sites."""
    residual = values - values.mean(axis=0)
    for each in sites:
        rows = site == each
        residual[rows] = values[rows] - values[rows].mean(axis=0)
    spread = np.sqrt((residual**2).mean(axis=0))
    return values.mean(axis=0), np.where(spread > 0, spread, 1.0)


def _effect_of(standard: Floats) -> tuple[Floats, Floats]:
    """Return shift and scale of the site of some cases."""
    return site_effect(len(standard), standard.mean(axis=0), standard.var(axis=0, ddof=1))


def site_effect(count: int, seen: Floats, variance: Floats) -> tuple[Floats, Floats]:
    """Return shift and scale of a site: posterior means under priors fitted over the features.

    With n cases, observed shift g and variance d² of a feature, prior N(ḡ, t²) of shifts and
    inverse gamma (a, b) of variances:
    shift = (n t² g + d² ḡ)/(n t² + d²), d² = (b + ½ Σ (z − shift)²)/(n/2 + a − 1).

    Parameters
    ----------
    count
        Cases of the site.
    seen, variance
        Mean and variance (n − 1) of each feature there, on the pooled scale.

    """
    about = (count - 1) * variance
    variance = np.maximum(variance, 1e-6)
    if len(seen) < 2:
        return seen, np.sqrt(variance)
    centre, between = seen.mean(), max(seen.var(ddof=1), 1e-12)
    mean, spread = variance.mean(), max(variance.var(ddof=1), 1e-12)
    a, b = mean**2 / spread + 2, mean**3 / spread + mean
    shift, scale = seen, variance
    for _ in range(_ROUNDS):
        moved = (count * between * seen + scale * centre) / (count * between + scale)
        squares = about + count * (seen - moved) ** 2
        changed = (b + squares / 2) / (count / 2 + a - 1)
        step = max(np.abs(moved - shift).max(), np.abs(changed - scale).max())
        shift, scale = moved, changed
        if step < _STILL:
            break
    return shift, np.sqrt(scale)
