"""Figures of fits: measured and fitted curves where they are few, estimates where they are many."""

import numpy as np
import pytest

from biomarkers.kinetics import MODELS, logan, respond
from biomarkers.timing import Frames

TIME = np.arange(0.0, 300.0, 3.0)
TOFTS = MODELS["tofts"]


@pytest.fixture(scope="module")
def curves(aif):
    rng = np.random.default_rng(0)
    plain = 0.2 / 60 * respond(0.8 / 60, aif.time, aif.plasma, Frames.instants(TIME)).value
    return plain + 0.02 * rng.standard_normal((8, TIME.size))


def test_one_curve_is_drawn_with_its_fit(aif, curves):
    fit = TOFTS.fit(curves[0], TIME, aif)
    (axes,) = fit.plot().axes
    measured, fitted = axes.lines
    np.testing.assert_allclose(measured.get_ydata(), curves[0])
    np.testing.assert_allclose(fitted.get_ydata(), fit.predicted())
    np.testing.assert_allclose(measured.get_xdata(), TIME)
    assert axes.get_title().startswith("Ktrans 0.")


def test_few_curves_get_a_panel_each_and_many_their_estimates(aif, curves):
    assert len(TOFTS.fit(curves[:4], TIME, aif).plot().axes) == 4
    many = TOFTS.fit(curves, TIME, aif).plot().axes
    assert [axes.get_title() for axes in many] == ["Ktrans (1/min)", "kep (1/min)", "ve"]


def test_a_line_that_determines_no_curve_is_drawn_as_estimates(aif, curves):
    figure = logan(curves[:2] + 0.05, TIME, aif, t_star=150.0).plot()
    assert [axes.get_title() for axes in figure.axes] == ["VT (mL/mL)", "intercept (min)"]
