"""A model outside the family, as a user would plug it in: adiabatic tissue homogeneity.

St. Lawrence & Lee, J Cereb Blood Flow Metab 1998;18:1365: plasma passes in time Tc, then leaves
a share E of it that washes out at E·Fp/ve.
"""

import numpy as np
import pytest
from scipy import stats

from biomarkers.errors import InputError
from biomarkers.kinetics import MODELS, FunctionModel, Parameter, respond
from biomarkers.timing import Frames

TIME = np.arange(0.0, 240.0, 1.5)
NAMES = ("Fp", "E", "Tc", "kep")


def one_curve(point, frames, source):
    """Curve and derivatives at Fp (1/min), E, Tc (s) and kep (1/min)."""
    flow, share, transit, kep = point[0] / 60, point[1], point[2], point[3] / 60
    whole = respond(0.0, source.time, source.plasma, frames)
    passed = respond(0.0, source.time, source.plasma, frames, delay=transit)
    left = respond(kep, source.time, source.plasma, frames, delay=transit)
    vascular = whole.value - passed.value
    tissue = vascular + share * left.value
    rows = [
        tissue / 60,
        flow * left.value,
        flow * (share * left.by_delay - passed.by_delay),
        flow * share * left.by_rate / 60,
    ]
    return flow * tissue, np.array(rows)


def homogeneity(values, frames, source):
    found = [one_curve(point, frames, source) for point in values]
    return np.array([curve for curve, _ in found]), np.array([rows for _, rows in found])


MODEL = FunctionModel(
    "aath",
    parameters=tuple(Parameter(name, "1", name) for name in NAMES),
    function=homogeneity,
    lower=[0.01, 0.0, 0.5, 0.0],
    upper=[5.0, 1.0, 40.0, 10.0],
    starts=[[0.5, 0.3, 5.0, 0.5], [0.5, 0.3, 15.0, 0.5]],
)
TRUTH = np.array([[0.6, 0.25, 7.3, 0.5], [0.9, 0.15, 4.1, 0.9]])


@pytest.fixture(scope="module")
def curves(aif):
    return homogeneity(TRUTH, Frames.instants(TIME), aif)[0]


def test_a_plugged_in_model_fits_through_the_same_call(aif, curves):
    fit = MODEL.fit(curves, TIME, aif)
    for k, name in enumerate(NAMES):
        np.testing.assert_allclose(fit[name], TRUTH[:, k], rtol=1e-5)
    assert fit.converged.all()
    np.testing.assert_allclose(fit.predicted(), curves, atol=1e-6)
    assert MODEL.fit(curves[0], TIME, aif)["Fp"].shape == ()


def test_its_errors_are_those_of_the_spread(aif, curves):
    rng = np.random.default_rng(8)
    noisy = curves[0] + 0.02 * rng.standard_normal((60, TIME.size))
    fit = MODEL.fit(noisy, TIME, aif)
    for name in ("Fp", "E", "kep"):
        ratio = np.std(fit[name]) / np.median(fit.se[name])
        assert 0.75 < ratio < 1.35, name


def test_nothing_in_nothing_out(aif, curves):
    block = np.stack([curves[0], np.zeros(TIME.size), np.full(TIME.size, np.nan)])
    fit = MODEL.fit(block, TIME, aif, mask=[True, True, True])
    assert np.isnan(fit["Fp"][1:]).all()
    np.testing.assert_array_equal(fit.identifiable, [True, False, False])
    assert np.isnan(MODEL.fit(block, TIME, aif, mask=[False, True, True])["Fp"][0])


def test_a_flat_curve_is_not_the_model_s(aif, curves):
    flat = np.full_like(curves[0], curves[0].mean())
    fit = MODEL.fit([curves[0], flat], TIME, aif)
    np.testing.assert_array_equal(fit.identifiable, [True, False])
    assert all(np.isnan(fit[name][1]) and np.isnan(fit.se[name][1]) for name in NAMES)


def test_a_parameter_without_effect_is_not_identifiable(aif):
    def ignoring(values, frames, source):
        curve, rows = homogeneity(
            np.column_stack([values[:, :3], np.full(len(values), 0.5)]), frames, source
        )
        rows[:, 3] = 0.0
        return curve, rows

    model = FunctionModel(
        "idle", MODEL.parameters, ignoring, MODEL.lower, MODEL.upper, MODEL.starts
    )
    curve = homogeneity(TRUTH[:1], Frames.instants(TIME), aif)[0]
    assert not model.fit(curve, TIME, aif).identifiable.any()


def test_agreement_with_the_engine_where_both_apply(aif):
    def tofts(values, frames, source):
        curves, rows = [], []
        for ktrans, kep in values:
            spread = respond(kep / 60, source.time, source.plasma, frames)
            curves.append(ktrans / 60 * spread.value)
            rows.append([spread.value / 60, ktrans / 3600 * spread.by_rate])
        return np.array(curves), np.array(rows)

    model = FunctionModel(
        "slow_tofts",
        MODELS["tofts"].parameters[:2],
        tofts,
        [0.0, 0.0],
        [2.0, 5.0],
        [[0.1, 0.5]],
    )
    rng = np.random.default_rng(1)
    curve = tofts([(0.2, 0.7)], Frames.instants(TIME), aif)
    noisy = curve[0] + 0.05 * rng.standard_normal((5, TIME.size))
    slow, quick = model.fit(noisy, TIME, aif), MODELS["tofts"].fit(noisy, TIME, aif)
    for name in ("Ktrans", "kep"):
        np.testing.assert_allclose(slow[name], quick[name], rtol=1e-5)
        np.testing.assert_allclose(slow.se[name], quick.se[name], rtol=1e-4)
    np.testing.assert_allclose(slow.aicc, quick.aicc, rtol=1e-9)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"lower": [0.0]}, "4 parameters, but bounds"),
        ({"upper": [np.inf, 1, 1, 1]}, "finite"),
        ({"starts": [[1.0, 2.0]]}, "starts of shape"),
    ],
)
def test_bad_declarations_are_refused(change, message):
    whole = {"lower": MODEL.lower, "upper": MODEL.upper, "starts": MODEL.starts} | change
    with pytest.raises(InputError, match=message):
        FunctionModel("bad", MODEL.parameters, homogeneity, **whole)


def test_wrong_shapes_and_fitted_delays_are_refused(aif, curves):
    broken = FunctionModel(
        "broken",
        MODEL.parameters,
        lambda v, f, s: (np.zeros((1, 2)), np.zeros((1, 2))),
        MODEL.lower,
        MODEL.upper,
        MODEL.starts,
    )
    with pytest.raises(InputError, match="its function returned shapes"):
        broken.fit(curves, TIME, aif)
    with pytest.raises(InputError, match="one of its parameters"):
        MODEL.fit(curves, TIME, aif, delay=(0, 5))


def test_an_interval_ignores_samples_without_weight(aif, curves):
    noisy = curves[0] + 0.02 * np.random.default_rng(3).standard_normal(TIME.size)
    weights = np.ones(TIME.size)
    weights[[60, 100]] = 0.0
    spoilt = noisy.copy()
    spoilt[[60, 100]] = np.nan
    ends = MODEL.interval(spoilt, TIME, aif, parameter="Fp", weights=weights)
    fit = MODEL.fit(spoilt, TIME, aif, weights=weights)
    assert ends == pytest.approx(
        MODEL.interval(noisy, TIME, aif, parameter="Fp", weights=weights), rel=1e-9
    )
    # nearly linear in this range: the profile is close to the standard error
    reach = 1.96 * float(fit.se["Fp"])
    assert ends[0] == pytest.approx(float(fit["Fp"]) - reach, abs=0.3 * reach)
    assert ends[1] == pytest.approx(float(fit["Fp"]) + reach, abs=0.3 * reach)


def test_the_interval_of_a_slope_is_students_of_the_samples_with_weight(aif):
    # Of a straight line the profile is a parabola; two samples leave one degree of freedom.
    def line(values, frames, source):
        return values * frames.mid, np.tile(frames.mid, (len(values), 1, 1))

    model = FunctionModel("line", (Parameter("slope", "1", "slope"),), line, [0], [1], [[0.1]])
    time, curve = np.array([10.0, 20.0, 30.0]), np.array([1.0, 2.9, 7.0])
    ends = model.interval(curve, time, aif, parameter="slope", weights=[1.0, 1.0, 0.0], level=0.5)
    x, y = time[:2], curve[:2]
    slope = (x @ y) / (x @ x)
    half = stats.t.ppf(0.75, 1) * np.sqrt(((y - slope * x) ** 2).sum() / (x @ x))
    assert ends == pytest.approx((slope - half, slope + half), rel=1e-6)
