"""A basis of simulated metabolites for any field, with ideal pulses."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.checks import as_numbers, positive_number
from biomarkers.errors import InputError
from biomarkers.mrs.basis import Basis
from biomarkers.mrs.density_matrix import Delays, molecule_lines, signal
from biomarkers.mrs.names import canonical_name
from biomarkers.mrs.scan import WATER_PPM
from biomarkers.mrs.spin_systems import find_molecules
from biomarkers.ranges import check_possible
from biomarkers.units import conversion_factor

# Sequences, and how many echo times each has: one for every refocusing pulse, one for STEAM.
SEQUENCES = {"press": 2, "steam": 1, "pulse_acquire": 1, "spin_echo": 1, "slaser": 4}

# Lines weaker than this, in signals of one proton, may lie outside the bandwidth.
_VISIBLE = 0.01

# What is usually seen in a brain.
BRAIN_METABOLITES = (
    *("Ala", "Asc", "Asp", "Cr", "PCr", "GABA", "Glc", "Gln", "Glu", "Gly", "GPC", "PCho"),
    *("GSH", "Ins", "sIns", "Lac", "NAA", "NAAG", "PE", "Ser", "Tau"),
)


def simulate_basis(  # noqa: PLR0913  (what an acquisition is made of)
    *,
    sequence: str = "press",
    te: float | Sequence[float] = (0.011, 0.019),
    tm: float | None = None,
    field_t: float | None = None,
    frequency_mhz: float | None = None,
    metabolites: str | Iterable[str] | None = None,
    dwell: float = 2.5e-4,
    points: int = 2048,
    width_hz: float = 1.0,
    t2: Mapping[str, float] | None = None,
    ppm_reference: float = WATER_PPM,
) -> Basis:
    """Simulate what metabolites look like after ideal pulses.

    Exact for instantaneous pulses that act on all protons alike, without relaxation. Shaped
    pulses differ: they take time, and move with the chemical shift, so that coupled protons are
    refocused in part of the voxel only.

    Parameters
    ----------
    sequence
        `press`, `steam`, `pulse_acquire`, `spin_echo` (SPECIAL) or `slaser` (semi-LASER).
    te
        Echo times of the refocusing pulses in their order, s: two for PRESS (TE1, TE2: from the
        excitation to the first echo, from there to the second), four for semi-LASER, one for the
        others; 0 for an acquisition right after the pulse.
    tm
        Mixing time of STEAM, s; needed there.
    field_t, frequency_mhz
        Field strength, T, or the protons' frequency, MHz; one of them.
    metabolites
        By the names of `molecules()`; None for `BRAIN_METABOLITES`, those usually seen.
    dwell, points
        Time from sample to sample, s, and their number.
    width_hz
        Lorentzian line width, Hz.
    t2
        T2 of metabolites by name, s (`mrs.relaxation_times`): their lines are broader by it from
        the echo on, so that a fit need not find out what is known. Those without one, and all if
        not given, have the line width alone.
    ppm_reference
        Chemical shift of frequency 0, ppm.

    Returns
    -------
    Basis
        Signals of one molecule of each: 1 per proton at t = 0 without coupling, in every sequence
        (the half that STEAM loses is left out of account). The first point is whole, not halved.

    Raises
    ------
    InputError
        If an argument is impossible or missing, the sequence or a metabolite unknown, or the
        bandwidth 1 / `dwell` too narrow for a metabolite's shifts.

    Examples
    --------
    >>> from biomarkers.mrs import simulate_basis
    >>> basis = simulate_basis(sequence="press", te=(0.011, 0.019), field_t=2.9)
    >>> basis.fid.shape, basis.te
    ((21, 2048), 0.03)
    >>> round(float(abs(basis["Cr"][0])), 6)  # as many protons as creatine shows
    6.0

    """
    delays = _delays(sequence, te, tm)
    frequency = _frequency(field_t, frequency_mhz)
    dwell = positive_number("dwell", dwell, "s")
    check_possible("dwell", dwell, source="dwell")
    ppm_reference = positive_number("ppm_reference", ppm_reference, "ppm")
    time = np.arange(_count("points", points)) * dwell
    decay = np.exp(-np.pi * _at_least_0("width_hz", width_hz) * time)
    wanted = [metabolites] if isinstance(metabolites, str) else metabolites
    names = tuple(map(canonical_name, BRAIN_METABOLITES if wanted is None else wanted))
    times = {canonical_name(name): positive_number("t2", each) for name, each in (t2 or {}).items()}
    fids = []
    for name, molecule in zip(names, find_molecules(names), strict=True):
        frequencies, amplitudes = molecule_lines(molecule, delays, frequency, ppm_reference)
        _check_bandwidth(name, frequencies[np.abs(amplitudes) > _VISIBLE], dwell)
        own = np.exp(-time / times.get(name, np.inf))
        fids.append(decay * own * signal(frequencies, amplitudes, dwell, len(time)))
    return Basis(
        names,
        np.array(fids),
        dwell,
        frequency,
        te=sum(delays.echoes),
        sequence=sequence,
        ppm_reference=ppm_reference,
        source=f"the simulated basis ({_in_words(sequence, delays)})",
    )


def _delays(sequence: str, te: float | Sequence[float], tm: float | None) -> Delays:
    """Return the delays of a sequence, or refuse what does not make one."""
    if sequence not in SEQUENCES:
        raise InputError(f"sequence is {sequence!r}; expected one of {', '.join(SEQUENCES)}")
    echoes = np.atleast_1d(as_numbers("te", te))
    if echoes.shape != (SEQUENCES[sequence],):
        raise InputError(
            f"te has {echoes.size} echo times; {sequence} takes {SEQUENCES[sequence]}, in s"
            + (": te=(te1, te2), with te1 + te2 the echo time" if sequence == "press" else "")
        )
    for echo in echoes.tolist():
        if _at_least_0("te", echo) > 0.0:
            check_possible("mrs_te", echo, source="te")
    if (tm is not None) != (sequence == "steam"):
        raise InputError(f"tm is {tm}; STEAM needs its mixing time (s), other sequences have none")
    if tm is not None:
        check_possible("mixing_time", _at_least_0("tm", tm), source="tm")
    return Delays(tuple(echoes.tolist()), tm)


def _frequency(field_t: float | None, frequency_mhz: float | None) -> float:
    """Return the protons' frequency, MHz, from it or from the field strength."""
    if (field_t is None) == (frequency_mhz is None):
        raise InputError("give either field_t (T) or frequency_mhz (MHz)")
    if frequency_mhz is None:
        field_t = positive_number("field_t", field_t or 0.0, "T")
        check_possible("field_t", field_t, source="field_t")
        return field_t * conversion_factor("T", "MHz")
    frequency = positive_number("frequency_mhz", frequency_mhz, "MHz")
    check_possible("frequency_mhz", frequency, source="frequency_mhz")
    return frequency


def _count(name: str, given: int) -> int:
    """Return a whole positive number."""
    count = positive_number(name, given)
    if not count.is_integer():
        raise InputError(f"{name} is {given}; expected a whole number")
    return int(count)


def _at_least_0(name: str, given: float) -> float:
    """Return a number that is not negative."""
    number = as_numbers(name, given)
    if number.ndim != 0 or not (np.isfinite(number) and number >= 0.0):
        raise InputError(f"{name} is {given}; expected one number, 0 or more")
    return float(number)


def _check_bandwidth(name: str, frequencies: FloatArray, dwell: float) -> None:
    """Refuse lines that the bandwidth does not hold: they would appear elsewhere."""
    highest = float(np.abs(frequencies).max(initial=0.0))
    if highest > 0.5 / dwell:
        raise InputError(
            f"dwell is {dwell:g} s: lines of {name} at {highest:.0f} Hz are outside the bandwidth;"
            f" expected at most {0.5 / highest:.2g} s, or another frequency at ppm_reference"
        )


def _in_words(sequence: str, delays: Delays) -> str:
    """Return a sequence with its delays."""
    echoes = " + ".join(f"{1e3 * echo:g}" for echo in delays.echoes)
    mixing = "" if delays.mixing is None else f", TM {1e3 * delays.mixing:g} ms"
    return f"{sequence}, TE {echoes} ms{mixing}, ideal pulses"
