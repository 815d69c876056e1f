"""The work on each chunk of voxels: correct, deconvolve, and carry the noise along."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.first_pass import first_pass
from biomarkers.cbv.bolus.ladders import Ladder, left_over
from biomarkers.cbv.bolus.leakage import Corrector
from biomarkers.cbv.bolus.signal import Change, DSCFlag, FlagArray

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
Maps = dict[str, FloatArray]

TIMES = ("Tmax", "TTP")  # these have no standard errors
PER_100_PER_MINUTE = 6000.0
# Of the noise of a mean of three samples, which alone reaches about three among a hundred.
_STANDS_OUT = 4.0
_FEWEST_FREE = 1.0  # degrees of freedom left, below which the noise is not known


@dataclass(frozen=True, eq=False)
class Pipeline:
    """What all voxels share.

    Parameters
    ----------
    time
        (T,), s.
    step, onto_grid
        Even step, s, and what brings curves to it, (T, N); None where they are even already.
    baseline
        Samples before contrast.
    ladder
        The deconvolution.
    volume
        Weights of a curve in its volume, (N,): its integral over the artery's.
    artery_pass
        Area of the artery's first pass, 1/s·s, where volume is from that; else None.
    corrector
        What removes leakage; None for nothing.
    factor
        What relates a ratio of curves to blood in tissue.

    """

    time: FloatArray
    step: float
    onto_grid: FloatArray | None
    baseline: slice
    ladder: Ladder
    volume: FloatArray
    artery_pass: float | None
    corrector: Corrector | None
    factor: float

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is estimated."""
        leaked = () if self.corrector is None else self.corrector.names
        return ("CBF", "CBV", "MTT", *TIMES, *leaked)

    def measure(self, change: Change) -> tuple[Maps, Maps]:
        """Return estimates and errors, each (V,), of a chunk; raises flags in `change`."""
        curves, rate = change.curves, np.zeros(len(change.curves), dtype=np.int64)
        values: Maps = {}
        errors: Maps = {}
        if self.corrector is not None:
            found = self.corrector.correct(curves)
            curves, rate = found.curves, found.rate
            values = dict(found.values)
            change.flags[found.failed] |= np.uint8(DSCFlag.NO_LEAKAGE_FIT)
        even = np.nan_to_num(curves if self.onto_grid is None else curves @ self.onto_grid)
        answer = Answer.of(self.ladder, even)
        noise = np.sqrt(answer.left / change.spread.mean(axis=1))

        def of_measured(weights: FloatArray) -> FloatArray:
            seen = self._before_baseline(weights)
            return np.asarray(noise * np.sqrt((seen**2 * change.spread).sum(axis=1)))

        def error(weights: FloatArray) -> FloatArray:
            return of_measured(self._measured(weights, rate))

        if self.corrector is not None:
            errors = {name: of_measured(each) for name, each in found.weights.items()}
        self._perfusion(even, answer, error, values, errors)
        values |= {"Tmax": answer.lag, "TTP": self.time[curves.argmax(axis=1)]}
        _hide(values, errors, change.flags, self._seen(even, noise**2 * change.spread.mean(axis=1)))
        return values, errors

    def _perfusion(
        self,
        even: FloatArray,
        answer: "Answer",
        error: Callable[[FloatArray], FloatArray],
        values: Maps,
        errors: Maps,
    ) -> None:
        """Fill in flow, volume and transit time, and their errors."""
        read = answer.weights()
        flow, flow_se = answer.height, error(read)
        if self.artery_pass is None:
            volume = even @ self.volume
            volume_se = error(np.broadcast_to(self.volume, read.shape))
            relative = error(self.volume / _unless_0(volume) - read / _unless_0(flow))
        else:
            bolus = first_pass(even, self.step)
            volume, volume_se = bolus.area / self.artery_pass, bolus.area_se / self.artery_pass
            # The fitted area is not linear in the curve: taken as independent of the flow.
            relative = np.hypot(volume_se / volume, flow_se / _unless_0(flow)[:, 0])
        per_minute = self.factor * PER_100_PER_MINUTE
        transit = volume / _unless_0(flow)[:, 0]
        values |= {"CBF": per_minute * flow, "CBV": self.factor * volume, "MTT": transit}
        errors |= {
            "CBF": per_minute * flow_se,
            "CBV": self.factor * volume_se,
            "MTT": np.abs(transit) * relative,
        }

    def _seen(self, even: FloatArray, variance: FloatArray) -> BoolArray:
        """Return where a bolus stands out of noise of a variance, (V,)."""
        highest = (even[:, :-2] + even[:, 1:-1] + even[:, 2:]).max(axis=1) / 3.0
        count = self.baseline.stop - self.baseline.start
        noise = np.sqrt(np.nan_to_num(variance) * (1.0 / 3.0 + 1.0 / count))
        return np.asarray(highest > _STANDS_OUT * noise)

    def _measured(self, weights: FloatArray, rate: IntArray) -> FloatArray:
        """Return weights (V, T) of measured samples that equal those (V, N) of even curves."""
        seen = weights if self.onto_grid is None else weights @ self.onto_grid.T
        return seen if self.corrector is None else self.corrector.pull_back(seen, rate)

    def _before_baseline(self, weights: FloatArray) -> FloatArray:
        """Return the weights of samples whose level before contrast was not yet taken away."""
        seen = np.array(weights)
        count = self.baseline.stop - self.baseline.start
        seen[:, self.baseline] -= seen.sum(axis=1, keepdims=True) / count
        return seen


@dataclass(frozen=True, eq=False)
class Answer:
    """Residues of a chunk of curves, read at their highest sample.

    Parameters
    ----------
    ladder
        The deconvolution.
    rung, top
        Which filter each curve took, and where its residue is highest, (V,).
    height, lag
        Of the residue there, (V,), 1/s and s.
    left
        Variance of what the deconvolution leaves, per degree of freedom, (V,).

    """

    ladder: Ladder
    rung: IntArray
    top: IntArray
    height: FloatArray
    lag: FloatArray
    left: FloatArray

    @classmethod
    def of(cls, ladder: Ladder, curves: FloatArray) -> "Answer":
        """Deconvolve curves (V, N)."""
        operator = ladder.operator
        coefficients = operator.project(curves)
        rung = ladder.choose(coefficients)
        residues = (coefficients * ladder.inverse[rung]) @ operator.right
        top = residues.argmax(axis=1)
        height = residues[np.arange(len(top)), top]
        missed = (coefficients**2 * ((1.0 - ladder.filters) ** 2)[rung]).sum(axis=1)
        free = left_over(operator, ladder.filters, power=2)[rung]
        left = np.where(free >= _FEWEST_FREE, missed / np.maximum(free, _FEWEST_FREE), np.nan)
        return cls(ladder, rung, top, height, operator.lags[top], left)

    def weights(self) -> FloatArray:
        """Return the weights (V, N) of each curve in the height of its residue."""
        operator = self.ladder.operator
        read = self.ladder.inverse[self.rung] * operator.right.T[self.top]
        return np.asarray(read @ operator.left.T)


def _unless_0(value: FloatArray) -> FloatArray:
    """Return a column to divide by, NaN where it is 0."""
    return np.where(value == 0.0, np.nan, value)[:, None]


def _hide(values: Maps, errors: Maps, flags: FlagArray, seen: BoolArray) -> None:
    """Put NaN where a number would mean nothing."""
    no_curve = flags > 0
    unseen = ~no_curve & ~(seen & (values["CBF"] > 0) & (values["CBV"] > 0))
    flags[unseen] |= np.uint8(DSCFlag.NO_BOLUS)
    for table in (values, errors):
        for name in table:
            kept = name in ("CBV", "K1_leakage", "K2", "kep")
            table[name] = np.where(no_curve | (unseen & (not kept)), np.nan, table[name])
