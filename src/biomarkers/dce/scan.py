"""A dynamic series and how it was scanned: one baseline, one conversion, all that is measured."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_mask, as_numbers, positive_number
from biomarkers.dce.conversion import Voxels, enhancement, own_error_of_t1, values_of
from biomarkers.dce.delay import Delay
from biomarkers.dce.fitting import DCEMaps, Settings, fit_maps
from biomarkers.dce.inversion import from_enhancement
from biomarkers.dce.of_input import errors_of_artery, with_error_of_input
from biomarkers.dce.quality import Misfit, evenly, misfit
from biomarkers.dce.regions import RegionFit, fit_mean, mean_of
from biomarkers.dce.sequence import PulseSequence, as_sequence
from biomarkers.dce.shape_maps import Reader, blood_areas, mean_arrival
from biomarkers.dce.volumes import (
    checked_input,
    checked_map,
    checked_times,
    is_coarse,
)
from biomarkers.dce.water_exchange import Lifetime
from biomarkers.errors import InputError
from biomarkers.estimates import Chosen, Estimates, FitFlag, checked_series, with_signal
from biomarkers.images import Image
from biomarkers.images.scaled import Series, volumes_of
from biomarkers.kinetics import Input, mean_input
from biomarkers.kinetics.arrival import (
    Baseline,
    baseline_before_arrival,
    baseline_of_mean,
    checked_baseline,
)
from biomarkers.kinetics.input import smooth_between_samples
from biomarkers.kinetics.slices import as_listed, on_one_clock, slice_offsets
from biomarkers.kinetics.volumes import LeftOutChoice, left_out_of
from biomarkers.ranges import check_possible

_UNREADABLE = (
    "have samples that no concentration explains (saturated, or without baseline signal); check "
    "t10_blood and flip_deg, or draw the artery elsewhere"
)


class Scan:
    """A dynamic series with its times, its sequence and what calibrates it.

    It has one baseline and one conversion to concentration, whatever is measured of it: `maps`,
    `semiquantitative`, `fit` of a region, `misfit`. Voxels are converted some at a time, so that
    none of them takes much more memory than the series.

    Parameters
    ----------
    signal
        Dynamic series, (..., T), any unit; an array or an `Image`.
    time
        When each volume was taken, (T,), s, on the clock of the input; volumes are numbered if it
        is not given, which is enough for `concentration`.
    t10
        T1 before contrast, s, a map (...) or one value; or a `T1Map`, whose flagged voxels have
        no T1 and whose errors then are in the errors of what is measured, but for the part that
        comes from B1.
    r1
        Relaxivity of the agent, 1/(s·mM); see `relaxivity`.
    tr, flip_deg
        Repetition time, s, and nominal flip angle, degrees, of a spoiled gradient echo.
    sequence
        In place of these, a `TurboFlash` or a `GradientEcho` with the agent's effect on T2*.
    b1
        Actual over nominal flip angle, a number, a map or `Estimates` of it; 1 if not given.
    baseline
        Half-open indices of the volumes before contrast, or `auto`: as `baseline_before_arrival`
        finds them in the mean curve of the voxels of `mask`.
    mask
        Voxels of the tissue, (...); those that have signal throughout if not given. Methods take
        them where they are given no other.
    left_out
        Indices of volumes that are left out everywhere, for instance where the animal moved,
        besides those that are found: before the steady state, and corrupt ones, in a baseline
        that is given, too. `none` leaves out none. Results have the other volumes only, at `time`.
    slice_timing
        How much later than `time` each slice of a 2-D sequence is taken, s: offsets that broadcast
        to the voxels, (Z,) for slices along the last axis. All voxels are taken at `time` if not
        given. Curves and concentrations stay at their own instants, and are fitted there.

    Attributes
    ----------
    signal, time
        Of the volumes that are not left out.
    left_out
        Indices of those that are.
    notes
        What is to be said of the scan: volumes that were found unusable, settings that are not
        usual.
    sequence
        The sequence, `GradientEcho` or `TurboFlash`.
    baseline
        Half-open indices of the volumes before contrast, in the numbering of the series as given.

    Raises
    ------
    InputError
        If shapes do not fit or a setting is not physical.

    Examples
    --------
    A voxel of tumour and one of an artery, as the scanner sees them:

    >>> from biomarkers import dce, sample_data
    >>> curve = sample_data.dce_curve()  # Ktrans 0.12/min
    >>> how = {"t10": [1.4, 1.7], "tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
    >>> signal = dce.concentration_to_signal([curve.tissue, 0.58 * curve.plasma], **how)
    >>> scan = dce.Scan(signal, curve.time, **how)
    >>> aif = scan.input([False, True], t10_blood=1.7, hct=0.42)
    >>> print(f"Ktrans {scan.maps(aif)['Ktrans'][0]:.3f} 1/min")
    Ktrans 0.120 1/min

    """

    def __init__(  # noqa: PLR0913  (the settings of a scan, each with its own name)
        self,
        signal: npt.ArrayLike | Image,
        time: npt.ArrayLike | None = None,
        *,
        t10: npt.ArrayLike | Estimates,
        r1: float,
        tr: float | None = None,
        flip_deg: float | None = None,
        b1: npt.ArrayLike | Estimates | None = None,
        baseline: Baseline | Literal["auto"] = "auto",
        mask: npt.ArrayLike | None = None,
        left_out: LeftOutChoice = (),
        sequence: PulseSequence | None = None,
        slice_timing: npt.ArrayLike | None = None,
    ) -> None:
        self.sequence = as_sequence(sequence, tr, flip_deg)
        positive_number("r1", r1, "1/(s mM)")
        series = checked_series(signal.data if isinstance(signal, Image) else signal)
        count = series.shape[-1]
        t = np.arange(float(count)) if time is None else as_numbers("time", time)
        if t.shape != (count,):
            raise InputError(f"time of shape {t.shape} does not fit a series of {count} volumes")
        self.r1, self._t10, self._mask = r1, t10, mask
        own_clock = None if time is None else t
        self._slices, self._offset = slice_timing, None
        if slice_timing is not None:
            self._offset = slice_offsets(slice_timing, series.shape[:-1], own_clock)
        self._b1_given, self._b1 = b1, None if b1 is None else values_of("B1", b1)
        self._voxel_size = signal.voxel_size if isinstance(signal, Image) else None
        words = [check_possible("r1", r1, source="r1")]
        words.append(checked_map("T1", values_of("T1", t10), source="t10"))
        words.append("" if self._b1 is None else checked_map("B1", self._b1, source="b1"))
        words += [] if time is None else checked_times(t)
        self._given = None if isinstance(baseline, str) and baseline == "auto" else baseline
        if self._given is not None:
            checked_baseline(self._given, count)
        unusable = left_out_of(series, left_out, brightens=True, mask=mask, baseline=self._given)
        self._kept, self.left_out = unusable.rest(count), unusable.indices
        self.signal = series if self._kept.size == count else volumes_of(series, self._kept)
        self.time = t[self._kept]
        self.notes = (*unusable.notes, *(each for each in words if each))

    def __repr__(self) -> str:
        return f"Scan of {self.shape} voxels, {self.time.size} volumes, {self.sequence}"

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the voxels."""
        return self.signal.shape[:-1]

    @cached_property
    def baseline(self) -> Baseline:
        """Half-open indices of the volumes before contrast, in the numbering of all volumes.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> scan.baseline
        (0, 11)

        """
        before = self._before
        return int(self._kept[before.start]), int(self._kept[before.stop - 1]) + 1

    def concentration(self, mask: npt.ArrayLike | None = None) -> FloatArray:
        """Return concentrations, mM, (..., T), of every voxel or those of a mask, else NaN.

        NaN too where there is none, see `dce.concentration`.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> print(f"{scan.concentration().max():.3f} mM, true {curve.tissue.max():.3f} mM")
        0.351 mM, true 0.351 mM

        """
        chosen = Chosen.of(mask, self.shape)
        agent = self._voxels.converted(chosen.index, 1).agent[0]
        if chosen.all:
            return np.asarray(agent.reshape(self.signal.shape))
        whole = np.full(self._rows.shape, np.nan)
        whole[chosen.index] = agent
        return whole.reshape(self.signal.shape)

    def curves(self, mask: npt.ArrayLike) -> FloatArray:
        """Return the concentrations of the voxels of a mask, (V, T), mM.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> scan.curves([True]).shape
        (1, 180)

        """
        index = Chosen.of(mask, self.shape).index
        return np.asarray(self._voxels.converted(index, 1).agent[0])

    def input(self, artery: npt.ArrayLike, *, t10_blood: float, hct: float) -> Input:
        """Return the input, the mean concentration in an artery, see `dce.measured_input`.

        Where the baseline is not given, that of the artery ends with its own arrival: the agent
        is there before it is in the tissue.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"tr": 0.005, "flip_deg": 20.0, "r1": 4.5}
        >>> voxels = [curve.tissue, 0.58 * curve.plasma]
        >>> signal = dce.concentration_to_signal(voxels, t10=1.7, **how)
        >>> scan = dce.Scan(signal, curve.time, t10=1.7, **how)
        >>> aif = scan.input([False, True], t10_blood=1.7, hct=0.42)
        >>> print(f"{aif.plasma.max():.2f} mM in plasma, true {curve.plasma.max():.2f} mM")
        6.45 mM in plasma, true 6.45 mM

        """
        check_possible("blood_t1", t10_blood, source="t10_blood")
        chosen = Chosen.of(as_mask("artery", artery, self.shape), self.shape)
        rows = np.asarray(self._rows[chosen.index], dtype=float)
        own = self._given is None and len(rows)
        before = slice(*baseline_before_arrival(rows)) if own else self._before
        ratio = enhancement(rows, before)
        blood: dict[str, Any] = {"t10": t10_blood, "r1": self.r1}
        blood["b1"] = None if self._b1 is None else chosen.take("b1", self._b1)
        curves = from_enhancement(self.sequence, ratio, **blood)
        later = None if self._offset is None else self._offset[chosen.index]
        curves, instants = on_one_clock(curves, self.time, later)
        made = mean_input(curves, instants, unreadable=_UNREADABLE, hct=hct)
        samples = len(range(*before.indices(self.time.size)))
        moves = errors_of_artery(
            self.sequence, ratio, **blood, b1_se=self._error_of_b1(chosen), samples=samples
        )
        return replace(made, errors=moves / (1.0 - hct))

    def arrival(self, mask: npt.ArrayLike | None = None) -> float:
        """Return when the agent arrives in the mean signal of some voxels, s; NaN if unseen.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> print(f"{scan.arrival():.0f} s")
        20 s

        """
        return mean_arrival(self._voxels, self._chosen(mask), self.time)[0]

    def maps(
        self,
        input: Input,
        *,
        model: str | Sequence[str] = "extended_tofts",
        mask: npt.ArrayLike | None = None,
        delay: Delay = None,
        water_lifetime: Lifetime = 0.0,
    ) -> DCEMaps:
        """Fit kinetic models to the voxels.

        Parameters
        ----------
        input
            Arterial input, for instance from `input`. Straight lines are drawn between its samples
            if they are finer than the series, else a smooth curve (`smooth_between_samples`).
        model
            Name of a model in `kinetics.MODELS`; or several, of which each voxel takes the one of
            lowest AICc. Errors then take that model as true.
        mask
            Voxels to fit, (...).
        delay
            How much later than in `input` the tissue is reached, s: None for not at all, a number,
            (low, high) to fit it in every voxel, or `SharedDelay(low, high)` to find the one that
            suits all voxels.
        water_lifetime
            Mean lifetime of water in cells, s. 0 (the default) is fast exchange, where
            concentration follows from signal. Otherwise (extended) Tofts kinetics are fitted to the
            signal, see `two_pool_signal`: infinity is the slow limit, (low, high) fits the
            lifetime, `tau_i`. It goes with a spoiled gradient echo whose T2* is taken as unchanged.

        Returns
        -------
        DCEMaps
            `maps["Ktrans"]`, `maps.se["Ktrans"]`, `maps.flags`, `maps.save(folder, like=image)`.

        Raises
        ------
        InputError
            If shapes do not fit, a model is unknown, the mask is empty or a setting is not
            physical.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> from biomarkers.kinetics import Input
        >>> curve = sample_data.dce_curve()
        >>> aif = Input(curve.time, plasma=curve.plasma)
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> maps = scan.maps(aif)
        >>> print(f"Ktrans {maps['Ktrans'][0]:.3f} 1/min, vp {maps['vp'][0]:.3f}")
        Ktrans 0.120 1/min, vp 0.030
        >>> chosen = scan.maps(aif, model=["tofts", "extended_tofts"])
        >>> print(chosen.model.split(" | ")[chosen.choice[0]])
        extended_tofts

        """
        wanted = Settings.of(model, delay, water_lifetime, self.sequence)
        chosen = self._chosen(mask)
        settings = {**self.settings, **wanted.described()}
        settings["ErrorsInclude"] = ["residuals", *self._voxels.errors]
        notes = (*self.notes, *checked_input(input))
        made = fit_maps(self._voxels, chosen, self.time, input, wanted=wanted, settings=settings)
        if "vp" in made.values and is_coarse(input):
            bits = made.reasons.bits | np.uint16(FitFlag.COARSE_SAMPLING) * made.inside
            made = replace(made, reasons=replace(made.reasons, bits=bits))
        made = replace(made, notes=notes) if notes else made
        source = smooth_between_samples(input, self.time)
        return with_error_of_input(made, source, self.time, _lag(wanted, made))

    def semiquantitative(
        self,
        input: Input | None = None,
        *,
        mask: npt.ArrayLike | None = None,
        arrival: float | Literal["shared", "voxel"] = "shared",
        early: float = 90.0,
    ) -> Estimates:
        """Read areas, times, slopes and ratios off the voxels' curves, see `dce.curve_shape`.

        Samples are taken as they are: peaks are the highest sample, noise included.

        Parameters
        ----------
        input
            Arterial input; with it the areas are also given over those of blood (of plasma, where
            it holds no blood), from its own arrival on.
        mask
            Voxels to read, (...).
        arrival
            Where areas begin and times count from, s: `shared`, the arrival in the mean curve of
            all voxels, `voxel`, that of each voxel, or a number.
        early
            Early time of the signal enhancement ratio, s after arrival; the late one is the end of
            the series.

        Returns
        -------
        Estimates
            BAT (of each voxel), IAUC60, IAUC90, nIAUC60 and nIAUC90 with an input, TTP_arrival,
            peak_enhancement, wash_in, wash_out, SER. Errors come from the scatter before contrast,
            that of areas from T1 too where a `T1Map` was given; those of TTP_arrival and wash_in
            allow for noise that makes another sample the highest. Flagged is what has no
            concentration at some sample.

        Raises
        ------
        InputError
            As `maps`.

        Examples
        --------
        IAUC60 is what the curve encloses within 60 s of its arrival:

        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> read = scan.semiquantitative()
        >>> area = curve.tissue[(curve.time > 20) & (curve.time <= 80)].sum() * 2.0
        >>> print(f"{read['IAUC60'][0]:.1f} mM s, sum of the samples {area:.1f} mM s")
        18.5 mM s, sum of the samples 18.8 mM s

        """
        reader = Reader(self._voxels, self.time, arrival, early, blood_areas(input))
        made = reader.maps(self._chosen(mask), self.settings)
        return replace(made, notes=(*self.notes, *made.notes))

    def fit(
        self,
        mask: npt.ArrayLike,
        input: Input,
        *,
        model: str = "extended_tofts",
        delay: float | tuple[float, float] | None = None,
    ) -> RegionFit:
        """Return the fit of the mean curve of a region; see `dce.fit_region`.

        Errors hold those of the baseline and of T1 as the mean of the region's voxels has them.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> from biomarkers.kinetics import Input
        >>> curve = sample_data.dce_curve()
        >>> aif = Input(curve.time, plasma=curve.plasma)
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> fit = scan.fit([True], aif)
        >>> print(f"Ktrans {fit['Ktrans']:.3f} 1/min from {fit.voxels} voxel")
        Ktrans 0.120 1/min from 1 voxel

        """
        index = Chosen.of(mask, self.shape).index
        made = fit_mean(
            mean_of(self._voxels, index),
            self.time,
            input,
            model=model,
            delay=delay,
            samples=self._voxels.baseline_samples,
        )
        return replace(made, notes=(*self.notes, *checked_input(input)))

    def misfit(
        self,
        input: Input,
        *,
        mask: npt.ArrayLike | None = None,
        model: str = "extended_tofts",
        delay: float | tuple[float, float] | None = None,
    ) -> Misfit:
        """Return what a fit leaves of the voxels' curves; see `dce.misfit`.

        Examples
        --------
        A model without plasma leaves the first pass over:

        >>> from biomarkers import dce, sample_data
        >>> from biomarkers.kinetics import Input
        >>> curve = sample_data.dce_curve()
        >>> aif = Input(curve.time, plasma=curve.plasma)
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> late = scan.misfit(aif, model="tofts").of_frame.argmax()
        >>> print(f"worst frame at {scan.time[late]:.0f} s")
        worst frame at 26 s

        """
        index = self._chosen(mask).index
        sound = np.flatnonzero(self._voxels.finite(index))
        sample = evenly(sound)
        made = misfit(
            self._voxels.converted(index[sample], 1).agent[0],
            self.time,
            input,
            baseline=(self._before.start, self._before.stop),
            model=model,
            delay=delay,
            later=self._voxels.later(index[sample]),
        )
        return replace(made, voxels=sample[made.voxels])

    @property
    def settings(self) -> Mapping[str, Any]:
        """How the series was scanned and converted, by sidecar keys.

        Examples
        --------
        >>> from biomarkers import dce, sample_data
        >>> curve = sample_data.dce_curve()
        >>> how = {"t10": 1.4, "tr": 0.005, "flip_deg": 15.0, "r1": 4.5}
        >>> signal = dce.concentration_to_signal([curve.tissue], **how)
        >>> scan = dce.Scan(signal, curve.time, **how)
        >>> scan.settings["FlipAngle"], scan.settings["BaselineSamples"]
        (15.0, [0, 11])

        """
        settings = {
            **self.sequence.described(),
            "ContrastAgentRelaxivity": self.r1,
            "BaselineSamples": list(self.baseline),
            "B1Corrected": self._b1 is not None,
        }
        if self.left_out:
            settings["VolumesLeftOut"] = list(self.left_out)
        if self._offset is not None:
            settings["SliceTiming"] = as_listed(self._slices)
        return settings

    def _chosen(self, mask: npt.ArrayLike | None) -> Chosen:
        return self._tissue if mask is None else with_signal(self.signal, mask)

    def _error_of_b1(self, chosen: Chosen) -> FloatArray | None:
        """Return the error of B1 as the mean over some voxels keeps it, (V,); None if unknown."""
        field = self._b1_given
        if not isinstance(field, Estimates) or "B1" not in field.se:
            return None
        kept = 1.0 / np.sqrt(len(chosen))
        if "B1" in field.shared:
            size = self._voxel_size
            kept = 1.0 if size is None else field.shared["B1"].kept(chosen.mask, size)
        return np.asarray(kept * np.nan_to_num(chosen.take("b1", field.se["B1"])))

    @cached_property
    def _rows(self) -> Series:
        return self.signal.reshape(-1, self.time.size)

    @cached_property
    def _tissue(self) -> Chosen:
        return with_signal(self.signal, self._mask)

    @cached_property
    def _before(self) -> slice:
        """The samples before contrast, of those that are kept."""
        if self._given is not None:
            first, stop = np.searchsorted(self._kept, self._given)
            if first == stop:
                raise InputError(f"every volume of the baseline {self._given!r} is left out")
            return slice(int(first), int(stop))
        return slice(*baseline_of_mean(self._rows, self._tissue.index))

    @cached_property
    def _voxels(self) -> Voxels:
        every = Chosen.of(None, self.shape)
        t10, se = every.take("t10", values_of("T1", self._t10)), own_error_of_t1(self._t10, every)
        b1 = None if self._b1 is None else every.take("b1", self._b1)
        calibration = self.sequence, self.r1, t10, se, b1
        return Voxels(self._rows, self._before, *calibration, self._offset)


def _lag(wanted: Settings, maps: DCEMaps) -> float | tuple[float, float]:
    """Return the delay of all voxels, or the bounds within which each has its own."""
    if isinstance(wanted.delay, tuple | list):
        low, high = wanted.delay
        return float(low), float(high)
    late = maps.values.get("delay")
    return 0.0 if late is None or np.isnan(late).all() else float(np.nanmedian(late))
