"""Leakage of contrast out of vessels, and its removal from the change of R2*.

Contrast that leaks shortens T1, which hides its bolus, and R2*, which adds to it. Both grow with
what has leaked, which follows from the curve of tissue that does not leak, M(t):

    change(t) = K1·M(t) - K2·∫M                      one way (Boxerman, Schmainda & Weisskoff,
                                                     AJNR 2006;27:859)
    change(t) = K1·M(t) - K2·(exp(-kep·t) ⊗ M)(t)    both ways (Leu et al., AJNR 2016;37:1440,
                                                     doi:10.3174/ajnr.A4759)

K2 (1/s) is positive where T1 prevails and negative where R2* does.
"""

from dataclasses import dataclass
from typing import Literal, cast

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.errors import InputError
from biomarkers.kinetics import Decay, Direct, Input, Integral, Model, respond
from biomarkers.kinetics import parameters as known
from biomarkers.timing import Frames

Leakage = Literal["bsw", "bidirectional"]

K1, K2 = known.known("K1_leakage"), known.known("K2")

_MINUTE = 60.0
# 1/min: what returns within half a minute cannot be told from a bolus that is slow to pass.
_FASTEST = 2.0
MODELS = {
    "bsw": Model(
        "bsw",
        terms=(
            Direct("K1_leakage", source="blood", nonnegative=False),
            Integral("leak", source="blood", nonnegative=False),
        ),
        parameters=(K1, K2),
        physiology=lambda x: {"K1_leakage": x["K1_leakage"], "K2": -x["leak"] / _MINUTE},
        source="Boxerman, Schmainda & Weisskoff, AJNR 2006;27:859",
    ),
    "bidirectional": Model(
        "bidirectional",
        terms=(
            Direct("K1_leakage", source="blood", nonnegative=False),
            Decay("leak", rate="kep", fastest=_FASTEST, source="blood", nonnegative=False),
        ),
        parameters=(K1, K2, known.KEP),
        physiology=lambda x: {
            "K1_leakage": x["K1_leakage"],
            "K2": -x["leak"] / _MINUTE,
            "kep": x["kep"],
        },
        source="Leu et al., AJNR 2016;37:1440. doi:10.3174/ajnr.A4759",
    ),
}
# Rates at which the errors of a corrected curve are tabulated, 1/min.
_RATES = np.concatenate([[0.0], np.geomspace(0.01, _FASTEST, 40)])


@dataclass(frozen=True, eq=False)
class Corrected:
    """Curves without their leakage.

    Parameters
    ----------
    curves
        (V, T), 1/s.
    values
        K1, K2 (1/s) and, both ways, kep (1/min), each (V,).
    weights
        Of the samples of a curve in each of these, (V, T), for a small change of the curve; NaN
        where the value hangs on nothing measured.
    failed
        Voxels without a fit, whose curves are NaN.
    rate
        Index into the tables of `Corrector`, (V,).

    """

    curves: FloatArray
    values: dict[str, FloatArray]
    weights: dict[str, FloatArray]
    failed: BoolArray
    rate: npt.NDArray[np.int64]


class Corrector:
    """Removes leakage by one model and one reference curve.

    Parameters
    ----------
    model
        "bsw" or "bidirectional".
    time, reference
        (T,): s, and the mean change of R2* of tissue that does not leak, 1/s.

    """

    def __init__(self, model: Leakage, time: FloatArray, reference: FloatArray) -> None:
        self.model = MODELS[model]
        self.time, self.reference = time, reference
        self.source = Input(time, blood=reference)
        self._leak, self._reader = self._tables(_RATES if model == "bidirectional" else _RATES[:1])

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is estimated."""
        return self.model.names

    def correct(self, curves: FloatArray) -> Corrected:
        """Fit and remove the leakage of curves (V, T)."""
        fit = self.model.fit(curves, self.time, self.source)
        height = fit.coefficients["K1_leakage"]
        leaked = fit.predicted() - height[:, None] * self.reference
        failed = ~(fit.converged & np.isfinite(leaked).all(axis=1))
        rates = np.nan_to_num(fit.coefficients.get("kep", np.zeros(len(curves))))
        steps = np.diff(_RATES)[: len(self._leak) - 1] / 2.0
        nearest = np.searchsorted(_RATES[: len(steps)] + steps, rates)
        rate = nearest.astype(np.int64)
        read = self._reader[rate]
        # The last row tells the rate times what leaks, of which K2 has the other sign.
        with np.errstate(divide="ignore", invalid="ignore"):
            heights: list[FloatArray | float] = [1.0, -1.0, -_MINUTE / fit["K2"]]
        weights = {
            name: np.where(np.isfinite(fit.se[name]), height, np.nan)[:, None] * read[:, k]
            for k, (name, height) in enumerate(zip(self.names, heights, strict=False))
        }
        return Corrected(
            np.where(failed[:, None], np.nan, curves - leaked),
            {name: fit[name] for name in self.names},
            weights,
            failed,
            rate,
        )

    def pull_back(self, weights: FloatArray, rate: npt.NDArray[np.int64]) -> FloatArray:
        """Return the weights (V, T) of measured curves that equal `weights` of corrected ones.

        The correction is linear in a curve for a small change of it: what it takes away is the
        part of the curve along the leakage and, both ways, its derivative by the rate.
        """
        along = np.einsum("vt,vkt->vk", weights, self._leak[rate])
        return np.asarray(weights - np.einsum("vk,vkt->vt", along, self._reader[rate, 1:]))

    def _tables(self, rates: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return leakage curves (rates, 1 or 2, T), and what reads K1 and their heights."""
        frames = Frames.instants(self.time)
        leak, reader = [], []
        for rate in rates:
            each = respond(rate / _MINUTE, self.time, self.reference, frames)
            columns = [each.value] if rates.size == 1 else [each.value, each.by_rate]
            leak.append(np.array(columns))
            reader.append(np.linalg.pinv(np.column_stack([self.reference, *columns])))
        return np.array(leak), np.array(reader)


def checked_leakage(leakage: str | None) -> Leakage | None:
    """Return the model's name; `InputError` if there is none such."""
    if leakage is None or leakage in MODELS:
        return cast("Leakage | None", leakage)
    raise InputError(f"leakage is {leakage!r}; expected None, {' or '.join(map(repr, MODELS))}")
