"""An input with few blood samples or none: from a vessel in the image, or from a population."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.images import Regions
from biomarkers.kinetics import Input
from biomarkers.pet.scan import Scan
from biomarkers.pet.time_activity import tacs
from biomarkers.pet.time_course import checked_samples


def image_input(
    scan: Scan,
    regions: Regions,
    *,
    vessel: str,
    around: str | None = None,
    recovery: float = 1.0,
) -> Input:
    """Take whole blood from a vessel in the image, and undo its partial volume.

    The vessel shows ``recovery * blood + (1 - recovery) * surroundings``.

    Parameters
    ----------
    scan
        Dynamic scan.
    regions
        On its grid, as in `tacs`.
    vessel, around
        Regions of the vessel and of the tissue around it, near enough to have its activity and
        far enough not to see the vessel. Without `around` the surroundings count as cold.
    recovery
        Share of its activity that the vessel keeps, above 0, at most 1: from
        `recovery_coefficient`, or from a phantom.

    Returns
    -------
    Input
        `blood`, kBq/mL, at mid-frame; `with_plasma` gives it its plasma.

    Raises
    ------
    GeometryError
        If scan and regions do not share a grid.
    InputError
        If a region is missing, or `recovery` is not above 0 and at most 1.

    References
    ----------
    Zanotti-Fregonara P et al. J Cereb Blood Flow Metab 2011, doi:10.1038/jcbfm.2011.107 (when this
    can be trusted).

    Examples
    --------
    A vessel that keeps 60 % of its activity, in cold surroundings:

    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.images import Image
    >>> from biomarkers.timing import Frames
    >>> arterial = sample_data.pet_input()
    >>> frames = Frames(10.0 * np.arange(30), np.full(30, 10.0))
    >>> blood = np.interp(frames.mid, arterial.time, arterial.blood)
    >>> series = np.array([0.6 * blood, 0.0 * blood]).reshape(2, 1, 1, -1)
    >>> image = Image(series, np.eye(4), "simulated", unit="kBq/mL")
    >>> scan = pet.Scan(image, frames, pet.nuclide("F18"))
    >>> regions = {"aorta": np.array([True, False]).reshape(2, 1, 1)}
    >>> aif = pet.image_input(scan, regions, vessel="aorta", recovery=0.6)
    >>> print(f"{aif.blood.max():.1f} kBq/mL, true {blood.max():.1f} kBq/mL")
    34.3 kBq/mL, true 34.3 kBq/mL

    """
    if not 0 < recovery <= 1:
        raise InputError(f"recovery is {recovery!r}; expected above 0 and at most 1")
    curves = tacs(scan, regions)
    spill = 0.0 if around is None else (1.0 - recovery) * curves[around]
    blood = (curves[vessel] - spill) / recovery
    frames = scan.frames
    before = frames.duration[0] > 0
    time = np.concatenate([frames.start[:1], frames.mid]) if before else frames.mid
    return Input(time, blood=np.concatenate([[0.0], blood]) if before else blood)


@dataclass(frozen=True, eq=False)
class ScaledInput:
    """A population's input, scaled to a subject.

    Parameters
    ----------
    input
        For the models.
    scale, se
        What the population's input was multiplied by, and the standard error of that from the
        scatter of the samples; NaN with one sample.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> arterial = sample_data.pet_input()
    >>> population = Input(arterial.time, plasma=arterial.plasma)
    >>> scaled = pet.scale_population(population, [1800.0, 2700.0], [2.2, 1.0])
    >>> print(f"{scaled.scale:.2f} ± {scaled.se:.2f}")
    0.79 ± 0.02

    """

    input: Input
    scale: float
    se: float


def scale_population(
    input: Input, time: npt.ArrayLike, values: npt.ArrayLike, *, curve: str = "plasma"
) -> ScaledInput:
    """Scale a population's input by blood samples of the subject.

    The scale is the mean of the ratios of sample and curve: samples are taken to have errors in
    proportion to their size. The population's input is best normalised by dose and weight.

    Parameters
    ----------
    input
        Mean input of the population.
    time, values
        Samples of the subject, (n,), s and kBq/mL; late ones, when the curve is smooth, are best.
    curve
        What was sampled: "plasma" (tracer in plasma) or "blood".

    Raises
    ------
    InputError
        If the input lacks the curve, a sample is not within its time, or either is not above zero
        there.

    References
    ----------
    Takikawa S et al. Radiology 1993;188:131. doi:10.1148/radiology.188.1.8511286

    Examples
    --------
    A subject with half of the population's concentration:

    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> arterial = sample_data.pet_input()
    >>> population = Input(arterial.time, plasma=arterial.plasma)
    >>> late = [1800.0, 2700.0, 3600.0]
    >>> samples = 0.5 * np.interp(late, arterial.time, arterial.plasma)
    >>> print(f"{pet.scale_population(population, late, samples).scale:.3f}")
    0.500

    """
    levels = {"plasma": input.plasma, "blood": input.blood}.get(curve)
    if levels is None:
        raise InputError(f"curve is {curve!r}, which the input does not have")
    when, sampled = checked_samples("samples", time, values, fewest=1)
    if when[0] < input.time[0] or when[-1] > input.time[-1]:
        raise InputError(
            f"samples from {when[0]:g} to {when[-1]:g} s; the population's input lasts from "
            f"{input.time[0]:g} to {input.time[-1]:g} s"
        )
    expected = np.interp(when, input.time, levels)
    if (expected <= 0).any() or (sampled <= 0).any():
        raise InputError("samples and the population's input must be above zero to be compared")
    ratios = sampled / expected
    scale = float(ratios.mean())
    se = float(ratios.std(ddof=1) / np.sqrt(ratios.size)) if ratios.size > 1 else float("nan")
    scaled = Input(
        input.time,
        blood=None if input.blood is None else scale * input.blood,
        plasma=None if input.plasma is None else scale * input.plasma,
    )
    return ScaledInput(scaled, scale, se)
