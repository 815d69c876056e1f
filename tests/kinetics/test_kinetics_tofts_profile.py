"""Profile intervals of Tofts' parameters: at each end the least sum of squares is the limit."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar, nnls

from biomarkers.kinetics import respond
from biomarkers.kinetics.convolution import read
from biomarkers.kinetics.tabulated import TabulatedTofts
from biomarkers.kinetics.tofts_profile import ToftsProfile
from biomarkers.timing import Frames

TIME = np.arange(0.0, 600.0, 10.0)
TRUTH = {"Ktrans": 0.2 / 60, "kep": 0.6 / 60, "vp": 0.05}  # 1/s


@pytest.fixture(scope="module", params=[True, False], ids=["extended", "standard"])
def case(aif, request):
    """A noisy curve with weights, its profile, and the least sum of squares with one held."""
    frames, random = Frames.instants(TIME), np.random.default_rng(5)
    weights = random.uniform(0.2, 3.0, TIME.size)
    plasma = read(aif.time, aif.plasma, frames) * request.param

    def columns(kep):
        spread = respond(kep, aif.time, aif.plasma, frames).value
        return np.sqrt(weights) * np.array([spread, plasma])

    truth = columns(TRUTH["kep"]).T @ [TRUTH["Ktrans"], TRUTH["vp"]]
    curve = truth + 0.02 * random.standard_normal(TIME.size)

    def squares(kep, **held):
        """Least sum of squares of amplitudes that are not negative, but for one that is held."""
        spread, vessel = columns(kep)
        if "ve" in held:
            held["Ktrans"] = held["ve"] * kep
        if "Ktrans" in held:
            return nnls(vessel[:, None], curve - held["Ktrans"] * spread)[1] ** 2
        if "vp" in held:
            return nnls(spread[:, None], curve - held["vp"] * vessel)[1] ** 2
        return nnls(np.column_stack([spread, vessel]), curve)[1] ** 2

    def least(name, value):
        if name == "kep":
            return squares(value)
        rates = np.geomspace(1e-4, 0.1, 200)
        k = int(np.argmin([squares(rate, **{name: value}) for rate in rates]))
        ends = rates[max(k - 1, 0)], rates[min(k + 1, rates.size - 1)]
        found = minimize_scalar(
            lambda rate: squares(rate, **{name: value}), bounds=ends, options={"xatol": 1e-9}
        )
        return found.fun

    limit = 1.1 * minimize_scalar(squares, bounds=(1e-3, 0.1), options={"xatol": 1e-9}).fun
    kinetics = TabulatedTofts.tabulate(aif, frames, vascular=request.param)
    return ToftsProfile(kinetics, curve / np.sqrt(weights), weights, limit), least


def test_the_least_sum_of_squares_reaches_the_limit_at_both_ends(case):
    profile, least = case
    names = ["Ktrans", "kep", "ve", *["vp"] * profile.kinetics.vascular]
    for name, (low, high) in profile.ends(names, around=np.array([])).items():
        assert 0 < low < high, name
        reached = [least(name, end) for end in (low, high)]
        assert reached == pytest.approx([profile.limit] * 2, rel=1e-5), name
        assert least(name, 0.5 * (low + high)) < profile.limit, name
        assert least(name, low - 0.1 * (high - low)) > profile.limit, name
        assert least(name, high + 0.1 * (high - low)) > profile.limit, name


def test_no_rate_within_the_limit_has_no_interval(case):
    profile, _ = case
    none = ToftsProfile(profile.kinetics, profile.curve, profile.weights, 0.5 * profile.limit)
    assert np.isnan(none.ends(["Ktrans"], around=np.array([]))["Ktrans"]).all()
