"""Results of models for correlated measurements, fitted by (restricted) maximum likelihood."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.stats.arrays import Floats
from biomarkers.stats.longitudinal.linear_result import LinearResult


@dataclass(frozen=True, eq=False, repr=False)
class MixedResult(LinearResult):
    """A linear model of correlated measurements.

    Parameters
    ----------
    covariance
        Estimated covariance of the visits, or of the random effects.
    parameters
        Covariance parameters: `parameter`, `estimate`, `se` (from the observed information).
    log_likelihood
        Restricted or full, at its maximum; as PROC MIXED, without the term in log |X'X|.
    restricted
        Whether the likelihood is restricted.
    n_subjects, n_observations
        That have at least one measurement; and their measurements.

    """

    covariance: pd.DataFrame
    parameters: pd.DataFrame
    log_likelihood: float
    restricted: bool
    n_subjects: int
    n_observations: int

    @property
    def n_parameters(self) -> int:
        """Parameters that AIC and BIC count: under REML, those of the covariance only."""
        return len(self.parameters) + (0 if self.restricted else self.beta.size)

    @property
    def aic(self) -> float:
        """Akaike's criterion; comparable between covariance structures of one formula."""
        return -2 * self.log_likelihood + 2 * self.n_parameters

    @property
    def bic(self) -> float:
        """Schwarz's criterion, with the number of subjects as sample size."""
        return -2 * self.log_likelihood + float(np.log(self.n_subjects)) * self.n_parameters

    @property
    def correlation(self) -> pd.DataFrame:
        """The covariance as correlations; NaN where nothing varies."""
        scale = np.outer(self.sd, self.sd)
        correlation = self.covariance.copy()
        correlation[:] = self.covariance.to_numpy() / np.where(scale > 0, scale, np.nan)
        return correlation

    @property
    def sd(self) -> "pd.Series[float]":
        """Standard deviations: square roots of the diagonal of the covariance."""
        values: Floats = np.sqrt(np.diagonal(self.covariance.to_numpy()))
        return pd.Series(values, index=self.covariance.index, name="sd")

    def summary(self) -> str:
        """Return the model, its coefficients and its covariance as text."""
        criteria = (
            f"log likelihood {self.log_likelihood:.4f}, AIC {self.aic:.2f}, BIC {self.bic:.2f}"
        )
        covariance = self.covariance.to_string(float_format=lambda value: f"{value:.4g}")
        return f"{super().summary()}\n\ncovariance\n{covariance}\n\n{criteria}"

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            **super().to_dict(),
            "covariance": self.covariance.to_numpy().tolist(),
            "parameters": self.parameters.to_dict(orient="records"),
            "aic": self.aic,
            "bic": self.bic,
            "n_missing": self.design.n_missing,
        }
