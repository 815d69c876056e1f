"""From the data and a covariance structure to a fit and its inference."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from biomarkers.errors import InputError
from biomarkers.stats.longitudinal.covariance import Covariance, Floats
from biomarkers.stats.longitudinal.inference import (
    FixedDf,
    Inference,
    KenwardRoger,
    kenward_roger,
    satterthwaite,
)
from biomarkers.stats.longitudinal.likelihood import Block, Slopes, State, differentiate
from biomarkers.stats.longitudinal.maximise import is_definite, maximise

METHODS = ("reml", "ml")

# Twice what the log likelihood could still gain, in effect; an inner maximum has far less.
_STILL_RISING = 1e-6

# How a sentence names each choice of degrees of freedom.
DF_LABELS = {
    "kr": "Kenward–Roger",
    "kr_linear": "first-order Kenward–Roger",
    "satterthwaite": "Satterthwaite",
    "residual": "residual degrees of freedom",
    "normal": "normal approximation",
}


@dataclass(frozen=True, eq=False)
class Fit:
    """A likelihood at its maximum.

    Parameters
    ----------
    state, slopes
        The likelihood there and its derivatives.
    free
        The optimiser's variables there.
    uncertainty
        Covariance of the covariance parameters, (K, K).
    singular
        The estimate lies on the border of what the structure allows; `uncertainty` then comes
        from the expected information, the observed one being no guide there.

    """

    state: State
    slopes: Slopes
    free: Floats
    uncertainty: Floats
    singular: bool


def check_choices(*, df: str, method: str) -> None:
    """Refuse unknown or contradictory choices."""
    if method not in METHODS:
        raise InputError(f"method: found {method!r}, expected {' | '.join(METHODS)}")
    if df not in DF_LABELS:
        raise InputError(f"df: found {df!r}, expected {' | '.join(DF_LABELS)}")
    if method == "ml" and df in ("kr", "kr_linear"):
        raise InputError(
            f"df {df!r} is derived for restricted likelihood: use method='reml', or "
            "df='satterthwaite' with method='ml'"
        )


def fit(covariance: Covariance, start: Floats, blocks: Sequence[Block], *, method: str) -> Fit:
    """Maximise the likelihood.

    Raises
    ------
    NoMaximumError
        If it has none, or none was reached.

    """
    state, free = maximise(covariance, start, blocks, restricted=method == "reml")
    slopes = differentiate(state)
    singular = _on_border(slopes) or not is_definite(slopes.observed)
    information = slopes.expected if singular else slopes.observed
    return Fit(state, slopes, free, _inverse(information), singular)


def _inverse(information: Floats) -> Floats:
    """Return the inverse, without the directions that the data say nothing about.

    Parameters have units of their own, so what is nothing is judged after scaling.
    """
    scale = np.sqrt(np.maximum(np.diagonal(information), 0))
    both = np.outer(*[np.where(scale > 0, scale, 1.0)] * 2)
    return np.asarray(np.linalg.pinv(information / both, rcond=1e-12, hermitian=True) / both)


def _on_border(slopes: Slopes) -> bool:
    """Whether the likelihood would still rise, were it not for the border of the structure."""
    return float(slopes.gradient @ _inverse(slopes.expected) @ slopes.gradient) > _STILL_RISING


def inference_of(result: Fit, *, df: str) -> Inference:
    """Return the uncertainty of the coefficients, as `df` names it."""
    state, slopes, uncertainty = result.state, result.slopes, result.uncertainty
    if df == "satterthwaite":
        return satterthwaite(state, slopes, uncertainty)
    if df in ("kr", "kr_linear"):
        return _require_definite(
            kenward_roger(state, slopes, uncertainty, second_order=df == "kr"), df
        )
    count = sum(one.block.y.size for one in state.blocks)
    return FixedDf(state.unscaled, count - state.beta.size if df == "residual" else np.inf)


def _require_definite(inference: KenwardRoger, df: str) -> KenwardRoger:
    """Refuse an adjusted covariance that is none: its Taylor series failed in this sample."""
    if is_definite(inference.covariance):
        return inference
    others = "'kr_linear' or 'satterthwaite'" if df == "kr" else "'satterthwaite'"
    raise InputError(
        "the covariance of the coefficients is not positive definite after the adjustment of "
        f"Kenward and Roger; the sample is too small for it. Use df={others}, or a covariance "
        "with fewer parameters"
    )


def parameter_table(covariance: Covariance, result: Fit) -> pd.DataFrame:
    """Return the covariance parameters with standard errors."""
    return pd.DataFrame(
        {
            "parameter": covariance.parameters,
            "estimate": result.state.theta,
            "se": np.sqrt(np.diagonal(result.uncertainty)),
        }
    )
