"""A dynamic susceptibility scan: its voxels, one baseline, and their changes of R2*."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray, IntArray
from biomarkers.cbv.bolus.artery import (
    UNREADABLE,
    checked_input,
    find_input,
    samples_before,
)
from biomarkers.cbv.bolus.bias import bias_notes, typical_bias
from biomarkers.cbv.bolus.leakage import Corrector, Leakage, checked_leakage
from biomarkers.cbv.bolus.maps import DSCMaps
from biomarkers.cbv.bolus.perfusion import (
    Perfusion,
    Volume,
    checked_volume,
    measure_slices,
    perfusion_by,
)
from biomarkers.cbv.bolus.reference import reference_curve
from biomarkers.cbv.bolus.regularisation import DEFAULTS, Method, regulariser
from biomarkers.cbv.bolus.scaling import AS_MEASURED, Scaling, quantity_of
from biomarkers.cbv.bolus.signal import (
    CHUNK,
    REMARKS,
    Change,
    DSCFlag,
    checked_echoes,
    checked_signal,
    checked_time,
    find_baseline,
    relaxation_change,
    unusual_sampling,
)
from biomarkers.cbv.signals import Signals
from biomarkers.checks import as_mask, require_type
from biomarkers.errors import InputError
from biomarkers.estimates import Reasons, in_chunks, with_signal
from biomarkers.images.scaled import Series, volumes_of
from biomarkers.kinetics import Artery, Input, mean_input
from biomarkers.kinetics.arrival import Baseline, checked_baseline
from biomarkers.kinetics.slices import as_listed, on_one_clock, read_at, slice_offsets
from biomarkers.kinetics.volumes import LeftOutChoice, left_out_of

BaselineChoice: TypeAlias = "Baseline | Literal['auto']"


class BolusScan:
    """A dynamic T2*-weighted series of a bolus of contrast.

    Parameters
    ----------
    signal
        Series, (..., T), any unit, an array or an image. Of several echoes (..., E, T), (..., T,
        E) or a list of series: the change of R2* then is the slope over echoes, which T1 does not
        touch.
    time
        When each sample was taken, (T,), s. Uneven steps are brought to the middle one by straight
        lines.
    te
        Echo time, or echo times, s.
    mask
        Voxels to work on, (...); all that have signal if not given.
    baseline
        First sample before contrast and the one after the last, numbered as given; `auto` finds it.
    left_out
        Samples to leave out, counted from 0, for instance moved volumes. Bright volumes before the
        steady state and corrupt ones are found and left out besides, of a baseline that is given,
        too; `none` leaves out nothing.
    scaling
        Haematocrit and density: `AS_MEASURED`, `HUMAN`, `RAT`, or your own. With a density, flow
        and volume are per mass of tissue.
    slice_timing
        How much later than `time` each slice is taken, s: offsets that broadcast to the voxels,
        (Z,) for slices along the last axis. All voxels are taken at `time` if not given.

    Raises
    ------
    InputError
        If shapes do not fit, a setting is not physical, or the mask is empty.

    Warns
    -----
    AssumptionWarning
        If volumes are kept that are unlike the others.
    UnusualValueWarning
        If times are possible but not usual.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.cbv import BolusScan
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> scan = BolusScan(100 * np.exp(-0.03 * np.outer([9, 1], bolus)), time, te=0.03)
    >>> artery = scan.input([True, False])
    >>> print(scan.baseline, scan.maps(artery, method="sSVD")["CBV"].round(3))
    (0, 10) [1.    0.111]

    """

    def __init__(
        self,
        signal: Signals,
        time: npt.ArrayLike,
        *,
        te: npt.ArrayLike,
        mask: npt.ArrayLike | None = None,
        baseline: BaselineChoice = "auto",
        left_out: LeftOutChoice = (),
        scaling: Scaling = AS_MEASURED,
        slice_timing: npt.ArrayLike | None = None,
    ) -> None:
        require_type("scaling", scaling, Scaling, "cbv.HUMAN, cbv.RAT or cbv.Scaling(...)")
        instants, self.echoes = checked_time(time), checked_echoes(te)
        series = checked_signal(signal, instants.size, self.echoes.times.size)
        if baseline != "auto":
            checked_baseline(baseline, instants.size)
        self._offset = slice_offsets(slice_timing, series.shape[:-2], instants)
        self._slices = as_listed(slice_timing)
        self.notes = unusual_sampling(instants, self.echoes)
        self.left_out = left_out_of(
            series, left_out, brightens=False, baseline=None if baseline == "auto" else baseline
        )
        if self.left_out.indices:
            kept = self.left_out.rest(instants.size)
            instants, series = checked_time(instants[kept]), volumes_of(series, kept)
            if baseline != "auto":
                start, stop = np.searchsorted(kept, baseline)
                baseline = int(start), int(stop)
                checked_baseline(baseline, instants.size)
        self.series, self.time, self.scaling = series, instants, scaling
        self.chosen = with_signal(series.reshape(*series.shape[:-2], -1), mask)
        if baseline != "auto":
            self.baseline = baseline

    @property
    def voxels(self) -> FloatArray:
        """Signals of the voxels worked on, (V, E, T).

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
        >>> cbv.BolusScan(signal, time, te=0.03).voxels.shape
        (2, 1, 40)

        """
        return np.asarray(self._rows if self.chosen.all else self._rows[self.chosen.index])

    @cached_property
    def _rows(self) -> Series:
        """Signals of all voxels, (N, E, T)."""
        return self.series.reshape(-1, *self.series.shape[-2:])

    @cached_property
    def baseline(self) -> Baseline:
        """First sample before contrast and the one after the last.

        Raises
        ------
        InputError
            If it was not given, and no bolus stands out of the voxels' mean.

        """
        return self._baseline_of(self.chosen.index)

    def curves(self, region: npt.ArrayLike | None = None) -> FloatArray:
        """Return the change of R2* of the voxels (V, T), 1/s; NaN where it cannot be trusted.

        Parameters
        ----------
        region
            Other voxels than those of the scan, (...), in its mask or not.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
        >>> curves = cbv.BolusScan(signal, time, te=0.03).curves()
        >>> print(curves.max(axis=1).round(1), (9 * bolus.max()).round(1))
        [13.1  1.5] 13.1

        """
        return self._curves(self._index(region))

    def _curves(self, index: IntArray) -> FloatArray:
        curves = np.empty((index.size, self.time.size))

        def work(part: slice) -> None:
            change = self._change_at(index[part])
            curves[part] = np.where(change.flags[:, None] > 0, np.nan, change.curves)

        in_chunks(work, index.size, size=CHUNK)
        return curves

    def _index(self, region: npt.ArrayLike | None) -> IntArray:
        """Return the voxels of a region, or those worked on."""
        if region is None:
            return self.chosen.index
        return np.flatnonzero(as_mask("region", region, self.chosen.shape)).astype(np.int64)

    def _later(self, region: npt.ArrayLike | None = None) -> FloatArray | None:
        """Return how much later than its volume each voxel of `curves` is taken, (V,), s."""
        return None if self._offset is None else self._offset[self._index(region)]

    def input(self, artery: npt.ArrayLike) -> Input:
        """Take the input from the voxels of an artery that was drawn, (...): their mean curve.

        Where no bolus stands out of the mean of the scan, the artery tells its own baseline.

        Raises
        ------
        InputError
            If shapes do not fit, the artery has no voxel, or none can be read.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
        >>> artery = cbv.BolusScan(signal, time, te=0.03).input([True, False])
        >>> print(artery.blood.max().round(1), (9 * bolus.max()).round(1))
        13.1 13.1

        """
        inside = as_mask("artery", artery, self.chosen.shape)
        scan = self._with_baseline(lambda: self._baseline_of(np.flatnonzero(inside)))
        curves, instants = on_one_clock(scan.curves(inside), scan.time, scan._later(inside))
        return mean_input(curves, instants, unreadable=UNREADABLE)

    def artery(self) -> Artery:
        """Find the artery by what a first pass looks like in it; see `dsc_artery`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> passed = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 6), 0)
        >>> signal = 100 * np.exp(-0.03 * np.array([9 * bolus] * 3 + [0.5 * passed] * 20))
        >>> artery = cbv.BolusScan(signal, time, te=0.03).artery()
        >>> print(artery.mask.sum(), artery.curve.max().round(1))
        3 13.1

        """
        moved, instants = on_one_clock(self.curves(), self.time, self._later())
        if not self.chosen.all:
            curves = np.full((len(self._rows), self.time.size), np.nan)
            curves[self.chosen.index] = moved
            moved = curves
        whole = moved.reshape(*self.chosen.shape, -1)
        return find_input(whole, instants, self.chosen.mask)

    def maps(
        self,
        input: Input | None = None,
        *,
        method: Method = "oSVD",
        regularisation: float | str | None = None,
        leakage: Leakage | None = None,
        reference: npt.ArrayLike | None = None,
        volume: Volume = "area",
    ) -> DSCMaps:
        """Compute maps of blood flow, blood volume and transit; parameters and errors as `dsc`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
        >>> scan = cbv.BolusScan(signal, time, te=0.03)
        >>> maps = scan.maps(scan.input([True, False]), method="sSVD")
        >>> print(f"CBV {maps['CBV'][1]:.3f}, true {1 / 9:.3f}")
        CBV 0.111, true 0.111

        """
        setting = DEFAULTS.get(method, "") if regularisation is None else regularisation
        regularise, model = regulariser(method, setting), checked_leakage(leakage)
        checked_volume(volume)
        scan, notes = self, self.notes
        if input is not None:
            notes += checked_input(input, self.time)
            latest = 0.0 if self._offset is None else self._offset.max()
            scan = self._with_baseline(lambda: samples_before(input, self.time + latest))
        source = scan.artery().input if input is None else input
        before = checked_baseline(scan.baseline, scan.time.size)
        intact = None if model is None else scan._reference(reference, source)

        def perfusion_at(later: float) -> Perfusion:
            instants, corrector = scan.time + later, None
            if model is not None and intact is not None:
                corrector = Corrector(model, instants, intact(instants))
            return perfusion_by(
                source,
                instants,
                before,
                regularise,
                corrector,
                volume=volume,
                factor=scan.scaling.factor,
            )

        index, later = scan.chosen.index, scan._later()
        values, errors, flags, bias = measure_slices(
            perfusion_at, lambda rows: scan._change_at(index[rows]), index.size, later
        )
        expected, place = typical_bias(bias), scan.chosen.place
        return DSCMaps(
            f"DSC, {method}",
            tuple(quantity_of(name, scan.scaling) for name in values),
            {name: place(each) for name, each in values.items()},
            {name: place(each) for name, each in errors.items()},
            Reasons(place(flags.astype(np.uint16), outside=0), DSCFlag, int(REMARKS)),
            mask=scan.chosen.mask,
            settings={
                "EchoTime": scan.echoes.times.tolist(),
                "BaselineSamples": [int(sample) for sample in scan.baseline],
                "LeftOut": list(scan.left_out.indices),
                **({} if scan._offset is None else {"SliceTiming": scan._slices}),
                "Deconvolution": method,
                "Regularisation": setting,
                "Leakage": leakage,
                "Volume": volume,
                "HaematocritRatio": scan.scaling.kappa,
                "TissueDensity": scan.scaling.density,
                "Artery": "found" if input is None else "given",
                "ExpectedBias": expected,
            },
            notes=(*notes, *scan.left_out.notes, *bias_notes(expected, method)),
            input=source,
        )

    def _baseline_of(self, index: IntArray) -> Baseline:
        try:
            return find_baseline(self._rows, self.echoes, index)
        except InputError as error:
            if not self.left_out.unsteady:
                raise
            raise InputError(
                f"{error}. The series was begun before the steady state: it is not reached in the "
                f"first {len(self.left_out.unsteady)} volumes, which cannot be baseline; measure "
                "longer before the bolus, or give baseline= to take some of them as they are"
            ) from error

    def _with_baseline(self, otherwise: Callable[[], Baseline]) -> "BolusScan":
        """Return the scan with a baseline, another one where no bolus stands out of the mean."""
        try:
            self.baseline  # noqa: B018  (found on first use)
        except InputError:
            scan = copy(self)
            scan.baseline = otherwise()
            return scan
        return self

    def _reference(
        self, reference: npt.ArrayLike | None, artery: Input
    ) -> Callable[[FloatArray], FloatArray]:
        """Return the mean curve of tissue that does not leak, given or found, by instants (T,)."""
        inside = None
        if reference is not None:
            inside = as_mask("reference", reference, self.chosen.shape)
        curves, clock = on_one_clock(self.curves(inside), self.time, self._later(inside))
        sound = np.isfinite(curves).all(axis=1)
        if reference is None:
            before = checked_baseline(self.baseline, self.time.size)
            mean = reference_curve(curves, clock, before, artery)
        elif sound.any():
            mean = np.asarray(curves[sound].mean(axis=0))
        else:
            raise InputError(f"none of the {len(curves)} voxels of the reference has a curve")
        return lambda at: mean if np.array_equal(at, clock) else read_at(mean, clock, at)

    def _change_at(self, index: IntArray) -> Change:
        return relaxation_change(
            np.asarray(self._rows[index], dtype=float), self.echoes, self.baseline
        )
