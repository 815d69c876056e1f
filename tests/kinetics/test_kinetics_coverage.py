"""A small version of `benchmarks/kinetics_coverage.py`: intervals cover, errors are finite."""

import numpy as np
import pytest
from benchmarks.kinetic_cases import CASES
from benchmarks.kinetics_coverage import both_passes, coverage, profiled
from scipy import stats

from biomarkers.kinetics import MODELS

COUNT = 2000
ONE, TWO = (0.93, 0.97), (0.90, 0.97)


@pytest.mark.parametrize(
    ("name", "parameters", "limits"),
    [
        ("tofts", ("Ktrans", "kep", "ve"), ONE),
        ("extended_tofts", ("Ktrans", "kep", "ve", "vp"), ONE),
        ("patlak", ("Ktrans", "vp"), ONE),
        ("1tcm", ("K1", "k2", "VT", "vB"), ONE),
        ("srtm", ("R1", "k2", "k2a", "BPND"), ONE),
        ("srtm2", ("R1", "k2", "k2a", "BPND"), ONE),
        ("2cum", ("Fp", "Ktrans"), TWO),
        ("2cxm", ("Fp", "Ktrans"), TWO),
        ("2tcm", ("K1", "Ki", "VT"), TWO),
        ("2tcm_irreversible", ("K1", "Ki"), TWO),
    ],
)
def test_intervals_cover_and_errors_are_finite(name, parameters, limits):
    table = coverage(CASES[name], COUNT, seed=41).set_index("parameter")
    assert table["all_finite"].iloc[0] >= 0.9
    for parameter in parameters:
        assert limits[0] <= table["covered"][parameter] <= limits[1], parameter


def test_intervals_cover_with_the_reference_region_s_rate_found():
    covered = both_passes(COUNT, seed=42).set_index("parameter")["covered"]
    assert covered.between(*ONE).all()


def test_profiles_cover_where_the_objective_is_no_parabola():
    covered, still_open = profiled(CASES["2cxm"], "PS", 25, seed=43)
    assert covered >= 0.84  # 0.95 but for chance, p = .003
    assert still_open <= 0.1


def test_a_volume_is_refused_only_where_it_might_be_infinite():
    """Where VT is NaN, trapping without release fits no worse than chance allows, even at 68 %."""
    case = CASES["2tcm_slow"]
    curves = case.noisy(case.clean(case.draw(COUNT, seed=44)), seed=44)
    fit = case.model.fit(curves, case.frames, case.input)
    trapped = MODELS["2tcm_irreversible"].fit(curves, case.frames, case.input)
    freedom = len(case.frames) - len(fit.coefficients)
    statistic = (trapped.rss / fit.rss - 1.0) * freedom
    refused = np.isnan(fit["VT"])
    assert 0.05 < refused.mean() < 0.2
    assert np.mean(statistic[refused] < stats.f.ppf(0.68, 1, freedom)) > 0.99
