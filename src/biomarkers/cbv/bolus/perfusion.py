"""The work on each chunk of voxels: correct, deconvolve, and carry the noise along."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from biomarkers.arrays import BoolArray, FloatArray, IntArray
from biomarkers.cbv.bolus.bias import BIASED, MISSING, Expected, late
from biomarkers.cbv.bolus.deconvolution import area
from biomarkers.cbv.bolus.first_pass import first_pass
from biomarkers.cbv.bolus.leakage import Corrector
from biomarkers.cbv.bolus.regularisation import Regularisation, Regulariser
from biomarkers.cbv.bolus.residue import Residue
from biomarkers.cbv.bolus.signal import CHUNK, Change, DSCFlag, FlagArray, Rows
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, in_chunks
from biomarkers.kinetics import Input
from biomarkers.kinetics.slices import by_offset
from biomarkers.quantities import QUANTITIES
from biomarkers.ranges import beyond_usual

Maps = dict[str, FloatArray]
Volume = Literal["area", "first_pass"]

PER_100_PER_MINUTE = 6000.0
# Of the noise of a mean of three samples, which alone reaches about three among a hundred.
_STANDS_OUT = 4.0
# Share of a curve's area that a tail may have without a cause in the artery.
_TAIL = 0.2
# Steps between samples that differ by less than this share are even.
_EVEN = 1e-3


@dataclass(frozen=True, eq=False)
class Perfusion:
    """What all voxels share.

    Parameters
    ----------
    time
        (T,), s.
    step, onto_grid
        Even step, s, and what brings curves to it, (T, N); None where they are even already.
    baseline
        Samples before contrast.
    regularisation
        Of the deconvolution.
    volume
        Weights of a curve in its volume, (N,): its integral over the artery's.
    artery_pass
        Area of the artery's first pass, 1/s·s, where volume is from that; else None.
    corrector
        What removes leakage; None for nothing.
    factor
        What relates a ratio of curves to blood in tissue.
    expected
        What the method makes of a known flow.

    """

    time: FloatArray
    step: float
    onto_grid: FloatArray | None
    baseline: slice
    regularisation: Regularisation
    volume: FloatArray
    artery_pass: float | None
    corrector: Corrector | None
    factor: float
    expected: Expected

    @property
    def names(self) -> tuple[str, ...]:
        """Names of what is estimated."""
        leaked = () if self.corrector is None else self.corrector.names
        return ("CBF", "CBV", "MTT", "Tmax", "TTP", *leaked)

    def measure_all(
        self, change_of: Callable[[Rows], Change], voxels: IntArray | range
    ) -> tuple[Maps, Maps, FlagArray, Maps]:
        """Return estimates, errors, flags and expected bias, chunk by chunk over threads.

        `change_of` gives the change of R2* of some voxels, those of a chunk at a time: kept for
        all of them it would fill memory that takes longer to get than to compute it. The bias is
        that of CBF, CBV and MTT over the true value, less 1.
        """
        count = len(voxels)
        values = {name: np.full(count, np.nan) for name in self.names}
        errors = {name: np.full(count, np.nan) for name in values if QUANTITIES[name].has_error}
        bias = {name: np.full(count, np.nan) for name in ("CBF", "CBV", "MTT")}
        flags = np.zeros(count, dtype=np.uint16)

        def work(part: slice) -> None:
            chunk = change_of(part if isinstance(voxels, range) else voxels[part])
            for table, of_part in zip((values, errors, bias), self.measure(chunk), strict=True):
                for name, each in of_part.items():
                    table[name][part] = each
            flags[part] = chunk.flags

        in_chunks(work, count, size=CHUNK)
        return values, errors, flags, bias

    def measure(self, change: Change) -> tuple[Maps, Maps, Maps]:
        """Return estimates, errors and bias, each (V,), of a chunk; raises flags in `change`."""
        curves, rate = change.curves, np.zeros(len(change.curves), dtype=np.int64)
        values: Maps = {}
        errors: Maps = {}
        if self.corrector is not None:
            corrected = self.corrector.correct(curves)
            curves, rate = corrected.curves, corrected.rate
            values = dict(corrected.values)
            change.flags[corrected.failed] |= np.uint16(DSCFlag.NO_LEAKAGE_FIT)
        even = np.nan_to_num(curves if self.onto_grid is None else curves @ self.onto_grid)
        residue = Residue.of(self.regularisation, even)
        noise = np.sqrt(residue.left / change.spread.mean(axis=1))

        def of_measured(weights: FloatArray) -> FloatArray:
            weights = self._before_baseline(weights)
            return np.asarray(noise * np.sqrt((weights**2 * change.spread).sum(axis=1)))

        def error(weights: FloatArray) -> FloatArray:
            return of_measured(self._measured(weights, rate))

        if self.corrector is not None:
            errors = {name: of_measured(each) for name, each in corrected.weights.items()}
        self._perfusion(even, residue, error, values, errors)
        if self.artery_pass is not None:
            change.flags[np.isnan(values["CBV"]) & (change.flags == 0)] |= np.uint16(
                DSCFlag.NO_FIRST_PASS
            )
        values |= {"Tmax": residue.lag, "TTP": self.time[curves.argmax(axis=1)]}
        variance = np.nan_to_num(noise**2 * change.spread.mean(axis=1))
        _hide(values, errors, change.flags, self._bolus(even, variance))
        flow, volume, tail = self.expected.at(residue.level, values["MTT"])
        bias = {"CBF": flow - 1.0, "CBV": volume - 1.0, "MTT": volume / flow - 1.0}
        _remark(values, errors, bias, change.flags)
        above = self._above(even, tail * values["CBV"] / self.factor, variance)
        change.flags[above] |= np.uint16(DSCFlag.TAIL_REMAINS)
        return values, errors, bias

    def _perfusion(
        self,
        even: FloatArray,
        residue: Residue,
        error: Callable[[FloatArray], FloatArray],
        values: Maps,
        errors: Maps,
    ) -> None:
        """Fill in flow, volume and transit time, and their errors."""
        read = residue.weights()
        flow, flow_se = residue.height, error(read)
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

    def _bolus(self, even: FloatArray, variance: FloatArray) -> BoolArray:
        """Return where a bolus stands out of noise of a variance, (V,)."""
        highest = (even[:, :-2] + even[:, 1:-1] + even[:, 2:]).max(axis=1) / 3.0
        return np.asarray(highest > _STANDS_OUT * self._noise_of_mean(variance, 3))

    def _above(self, even: FloatArray, tail: FloatArray, variance: FloatArray) -> BoolArray:
        """Return where curves, (V, N), end higher than tissue of their volume and transit does.

        By more than noise, and so that the excess, from the peak to the end, makes up a share of
        the area.
        """
        last = late(even.shape[1])
        excess = even[:, last].mean(axis=1) - tail
        after, whole = even.shape[1] - even.argmax(axis=1), even.sum(axis=1)
        noise = self._noise_of_mean(variance, -last.start)
        with np.errstate(invalid="ignore"):
            return np.asarray((excess * after > _TAIL * whole) & (excess > _STANDS_OUT * noise))

    def _noise_of_mean(self, variance: FloatArray, count: int) -> FloatArray:
        """Return the noise, (V,), of a mean of some samples less the level before contrast."""
        baseline = self.baseline.stop - self.baseline.start
        return np.asarray(np.sqrt(variance * (1.0 / count + 1.0 / baseline)))

    def _measured(self, weights: FloatArray, rate: IntArray) -> FloatArray:
        """Return weights (V, T) of measured samples that equal those (V, N) of even curves."""
        measured = weights if self.onto_grid is None else weights @ self.onto_grid.T
        return measured if self.corrector is None else self.corrector.pull_back(measured, rate)

    def _before_baseline(self, weights: FloatArray) -> FloatArray:
        """Return the weights of samples whose level before contrast was not yet taken away."""
        before = np.array(weights)
        count = self.baseline.stop - self.baseline.start
        before[:, self.baseline] -= before.sum(axis=1, keepdims=True) / count
        return before


def measure_slices(
    perfusion_at: Callable[[float], Perfusion],
    change_of: Callable[[Rows], Change],
    count: int,
    later: FloatArray | None,
) -> tuple[Maps, Maps, FlagArray, Maps]:
    """Measure voxels at their own instants; returns as `Perfusion.measure_all`.

    Parameters
    ----------
    perfusion_at
        Binds what voxels share that are taken so much later than their volume, s.
    change_of, count
        The change of R2* of some voxels, and how many there are.
    later
        How much later each is taken, (V,), s; None if all are with it.

    """
    if later is None:
        return perfusion_at(0.0).measure_all(change_of, range(count))
    slices = list(by_offset(later, Chosen.of(None, later.shape)))
    order = np.argsort(np.concatenate([part.index for _, part in slices]))
    measured = [perfusion_at(shift).measure_all(change_of, part.index) for shift, part in slices]
    values, errors, flags, bias = zip(*measured, strict=True)

    def whole(parts: Sequence[Maps]) -> Maps:
        return {name: np.concatenate([each[name] for each in parts])[order] for name in parts[0]}

    return whole(values), whole(errors), np.concatenate(flags)[order], whole(bias)


def checked_volume(volume: str) -> None:
    """Raise `InputError` unless it is said how volumes are taken."""
    if volume not in ("area", "first_pass"):
        raise InputError(f"volume is {volume!r}; expected 'area' or 'first_pass'")


def perfusion_by(
    source: Input,
    times: FloatArray,
    baseline: slice,
    regularise: Regulariser,
    corrector: Corrector | None,
    *,
    volume: Volume,
    factor: float,
) -> Perfusion:
    """Bind artery, sample times (T,), baseline, deconvolution and correction.

    Raises
    ------
    InputError
        If the input encloses no area within the series, or has no first pass where that is wanted.

    """
    time, onto_grid = _even_steps(times)
    step = float(time[1] - time[0])
    whole = area(source, time[0], time[-1])
    if not whole > 0:
        raise InputError(
            f"the artery's area is {whole:.3g} within the series; check the clocks of input and "
            "time, and that the input is a change of R2*, not a signal"
        )
    weights = np.full(time.size, step)
    weights[[0, -1]] *= 0.5
    weights /= whole
    artery_pass = _first_pass_area(source, time) if volume == "first_pass" else None
    regularisation = regularise(source, float(time[0]), step, time.size)

    expected = Expected.of(
        source,
        times,
        regularisation,
        lambda curves: curves if onto_grid is None else curves @ onto_grid,
        weights if artery_pass is None else None,
    )
    return Perfusion(
        times,
        step,
        onto_grid,
        baseline,
        regularisation,
        weights,
        artery_pass,
        corrector,
        factor,
        expected,
    )


def _first_pass_area(source: Input, time: FloatArray) -> float:
    """Return the area under the artery's first pass, 1/s·s."""
    at = np.interp(time, source.time, np.asarray(source.blood), left=0.0)
    passed = float(first_pass(at[None], float(time[1] - time[0])).area[0])
    if not passed > 0:
        raise InputError(
            "the artery has no first pass to be fitted, or none that ends within the series; take "
            "volume='area'"
        )
    return passed


def _even_steps(time: FloatArray) -> tuple[FloatArray, FloatArray | None]:
    """Return even sample times, and the straight lines that bring curves (T,) to them (T, N)."""
    steps = np.diff(time)
    if np.ptp(steps) <= _EVEN * steps.mean():
        return time[0] + steps.mean() * np.arange(time.size), None
    even = np.arange(time[0], time[-1] + 1e-9, np.median(steps))
    return even, np.array([np.interp(even, time, unit) for unit in np.eye(time.size)])


def _unless_0(value: FloatArray) -> FloatArray:
    """Return a column to divide by, NaN where it is 0."""
    return np.where(value == 0.0, np.nan, value)[:, None]


def _hide(values: Maps, errors: Maps, flags: FlagArray, bolus: BoolArray) -> None:
    """Put NaN where a number would mean nothing."""
    no_curve = flags > 0
    no_bolus = ~no_curve & ~(bolus & (values["CBF"] > 0) & (values["CBV"] > 0))
    flags[no_bolus] |= np.uint16(DSCFlag.NO_BOLUS)
    for table in (values, errors):
        for name in table:
            kept = name in ("CBV", "K1_leakage", "K2", "kep")
            table[name] = np.where(no_curve | (no_bolus & (not kept)), np.nan, table[name])


def _remark(values: Maps, errors: Maps, bias: Maps, flags: FlagArray) -> None:
    """Flag values that cannot be, and remark upon those that are expected to be biased."""
    # Of flow, an artery's own may be any.
    beyond = beyond_usual((QUANTITIES["CBV"], QUANTITIES["MTT"]), values, errors)
    flags[beyond] |= np.uint16(DSCFlag.IMPLAUSIBLE)
    with np.errstate(invalid="ignore"):
        flags[np.abs(bias["CBV"]) > MISSING] |= np.uint16(DSCFlag.CUT_SHORT)
        slow = (np.abs(bias["CBF"]) > BIASED) | (np.abs(bias["MTT"]) > BIASED)
    flags[slow] |= np.uint16(DSCFlag.FLOW_BIASED)
