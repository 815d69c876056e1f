"""From blood samples to the input of a model: whole blood, and the tracer itself in plasma."""

import numpy as np

from biomarkers.checks import positive_number, require_type
from biomarkers.errors import InputError
from biomarkers.kinetics import Input
from biomarkers.pet.blood import Blood, Samples
from biomarkers.pet.blood_fractions import constant, fit_parent_fraction, fit_ratio
from biomarkers.pet.time_course import TimeCourse
from biomarkers.timing import FloatArray

# Of the highest sample: below, there is no tracer to take a ratio of.
_ENOUGH = 0.01


def arterial_input(
    blood: Blood,
    *,
    ratio: str | float | TimeCourse = "exponential",
    parent: str | float | TimeCourse = "hill",
) -> Input:
    """Make an input of blood samples.

    Whole blood is the autosampler's recording, corrected for dispersion, and after its end the
    manual samples; or these alone. Plasma is measured where manual samples are all there is;
    where a recording leads, it is the recording times the plasma-to-blood ratio, and measured
    after its end. Plasma times the parent fraction is what feeds the tissue.

    Parameters
    ----------
    blood
        From `load_blood` or `read_blood`.
    ratio
        Plasma-to-blood ratio: how to fit it to the samples (`RATIOS`, or "interpolated"), a
        number, or a time course of your own. Used where plasma was not measured.
    parent
        Parent fraction: how to fit it (`PARENT_FRACTIONS`, or "interpolated"), a number, or a
        course. 1 for a tracer without metabolites, or if the plasma is already corrected for
        them.

    Returns
    -------
    Input
        `blood` is whole blood, `plasma` the tracer in plasma, kBq/mL. `shifted` and `dispersed`
        move it on to the tissue.

    Raises
    ------
    InputError
        If there is no whole blood or plasma to begin with, or what is to be fitted was not
        sampled.

    Examples
    --------
    >>> from biomarkers import pet, sample_data
    >>> arterial = sample_data.pet_input()
    >>> time = arterial.time.to_numpy()
    >>> whole = pet.Samples(time, arterial.blood.to_numpy())
    >>> plasma = pet.Samples(time, arterial.plasma.to_numpy())
    >>> aif = pet.arterial_input(pet.Blood(whole=whole, plasma=plasma), parent=1.0)
    >>> print(f"{aif.blood.max():.1f} and {aif.plasma.max():.1f} kBq/mL")
    37.4 and 64.5 kBq/mL

    """
    require_type("blood", blood, Blood, "what read_blood or load_blood gives")
    recorded = None
    if blood.continuous is not None:
        recorded = undispersed(blood.continuous, blood.dispersion)
    whole = blood.whole if recorded is None else _continued(recorded, blood.whole)
    plasma = _plasma_of(blood, recorded, ratio)
    share = _parent_of(blood, parent).at(plasma.time)
    return _as_input(whole, Samples(plasma.time, plasma.value * share))


def with_plasma(
    input: Input,  # noqa: A002
    *,
    ratio: float | TimeCourse,
    parent: float | TimeCourse = 1.0,
) -> Input:
    """Give an input of whole blood its plasma.

    Parameters
    ----------
    input
        Whole blood, for instance from `image_input`.
    ratio, parent
        Plasma-to-blood ratio and parent fraction: a number, or a time course as `fit_ratio` and
        `fit_parent_fraction` give it.

    Raises
    ------
    InputError
        If the input has no whole blood, or a number makes no sense.

    Examples
    --------
    A fifth more tracer in plasma than in blood, of which nine tenths is the parent:

    >>> from biomarkers.kinetics import Input
    >>> from biomarkers.pet import with_plasma
    >>> whole = Input([0.0, 60.0, 3600.0], blood=[0.0, 50.0, 5.0])
    >>> with_plasma(whole, ratio=1.2, parent=0.9).plasma.round(2)
    array([ 0. , 54. ,  5.4])

    """
    if input.blood is None:
        raise InputError("input has no concentration in whole blood to take the plasma's from")
    factors = [_number("ratio", ratio), _number("parent", parent, highest=1.0)]
    plasma = input.blood * factors[0].at(input.time) * factors[1].at(input.time)
    return Input(input.time, blood=input.blood, plasma=plasma)


def undispersed(samples: Samples, tau: float) -> Samples:
    """Undo dispersion ``c ⊗ exp(-t/tau)/tau``: the concentration plus tau times its slope.

    Parameters
    ----------
    samples
        A recording dense enough for slopes; their noise is in the result, too.
    tau
        Time constant, s; 0 for none.

    References
    ----------
    Iida H et al. J Cereb Blood Flow Metab 1986;6:536.

    Examples
    --------
    What a tube of 10 s did to a bolus is undone:

    >>> import numpy as np
    >>> from biomarkers import pet, sample_data
    >>> from biomarkers.kinetics import Input
    >>> arterial = sample_data.pet_input().iloc[:90]
    >>> true = Input(arterial.time, blood=arterial.blood)
    >>> seen = true.dispersed(10.0)
    >>> back = pet.undispersed(pet.Samples(seen.time, seen.blood), 10.0)
    >>> peaks = [each.max() for each in (true.blood, seen.blood, back.value)]
    >>> print("true, seen, and again:", np.round(peaks), "kBq/mL")
    true, seen, and again: [37. 26. 37.] kBq/mL

    """
    if not (np.isfinite(tau) and tau >= 0):
        raise InputError(f"dispersion time constant {tau:g} s; expected 0 or more")
    if tau == 0:
        return samples
    slope = np.gradient(samples.value, samples.time)
    return Samples(samples.time, samples.value + tau * slope)


def _continued(first: Samples, then: Samples | None) -> Samples:
    """Return `first`, and what of `then` comes after its end."""
    if then is None:
        return first
    later = then.time > first.time[-1]
    return Samples(
        np.concatenate([first.time, then.time[later]]),
        np.concatenate([first.value, then.value[later]]),
    )


def _plasma_of(blood: Blood, recorded: Samples | None, ratio: str | float | TimeCourse) -> Samples:
    """Return all activity in plasma, metabolites included."""
    lead = blood.whole if recorded is None else recorded
    if blood.plasma is not None and recorded is None:
        return blood.plasma
    if lead is None:
        raise InputError(f"{blood.source}: neither whole blood nor plasma was sampled")
    derived = Samples(lead.time, lead.value * _ratio_of(blood, ratio).at(lead.time))
    return _continued(derived, blood.plasma)


def _ratio_of(blood: Blood, ratio: str | float | TimeCourse) -> TimeCourse:
    if not isinstance(ratio, str):
        return _number("ratio", ratio)
    if blood.plasma is None or blood.whole is None:
        raise InputError(
            f"{blood.source}: the plasma-to-blood ratio is to be fitted, but plasma and whole "
            "blood were not both sampled by hand; give ratio= as a number or a time course"
        )
    time, at_plasma, at_whole = np.intersect1d(
        blood.plasma.time, blood.whole.time, return_indices=True
    )
    whole, plasma = blood.whole.value[at_whole], blood.plasma.value[at_plasma]
    enough = whole > _ENOUGH * blood.whole.value.max()
    return fit_ratio(time[enough], plasma[enough] / whole[enough], form=ratio)


def _parent_of(blood: Blood, parent: str | float | TimeCourse) -> TimeCourse:
    if not isinstance(parent, str):
        return _number("parent", parent, highest=1.0)
    if blood.parent is None:
        raise InputError(
            f"{blood.source}: no metabolite_parent_fraction was sampled; give parent=1 if the "
            "tracer has no metabolites or its plasma is already corrected for them, else a "
            "time course"
        )
    return fit_parent_fraction(blood.parent.time, blood.parent.value, form=parent)


def _number(name: str, value: float | TimeCourse, *, highest: float = np.inf) -> TimeCourse:
    if isinstance(value, TimeCourse):
        return value
    number = positive_number(name, value)
    if number > highest:
        raise InputError(f"{name} is {value!r}; expected at most {highest:g}")
    return constant(number)


def _as_input(whole: Samples | None, plasma: Samples) -> Input:
    """Bring both to the times of either; zero at injection unless something was sampled by then."""
    times = plasma.time if whole is None else np.union1d(whole.time, plasma.time)
    if times[0] > 0:
        times = np.concatenate([[0.0], times])
    return Input(
        times,
        blood=None if whole is None else _at(whole, times),
        plasma=_at(plasma, times),
    )


def _at(samples: Samples, time: FloatArray) -> FloatArray:
    """Straight lines between the samples, from zero at injection."""
    when, level = samples.time, samples.value
    if when[0] > 0:
        when, level = np.concatenate([[0.0], when]), np.concatenate([[0.0], level])
    return np.asarray(np.interp(time, when, level))
