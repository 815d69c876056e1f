"""Every result can be printed, shown in a notebook and drawn so that it can be published."""

import importlib
import inspect
import pkgutil
from functools import cache

import matplotlib.pyplot as plt
import numpy as np
import pytest
from result_gallery import GALLERY

from biomarkers import stats
from biomarkers.results.drawing import beside
from biomarkers.stats.shown import Shown

_EDGE = 0.02  # inches


@cache
def result_of(name: str) -> Shown:
    """Make a result of the gallery, once."""
    return GALLERY[name]()


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


def concrete(kind: type) -> set[type]:
    for module in pkgutil.walk_packages(stats.__path__, "biomarkers.stats."):
        importlib.import_module(module.name)
    below = {each for child in kind.__subclasses__() for each in concrete(child)}
    is_of_stats = kind.__module__.startswith(stats.__name__)
    return below | ({kind} if is_of_stats and not inspect.isabstract(kind) else set())


def test_the_gallery_holds_every_kind_of_result():
    shown = {type(result_of(name)) for name in GALLERY}
    lacking = {kind for kind in concrete(Shown) if not any(issubclass(it, kind) for it in shown)}
    assert {kind.__name__ for kind in lacking} == set()


@pytest.mark.parametrize("name", GALLERY)
def test_a_result_is_drawn_with_nothing_cut_off(name):
    axes = result_of(name).plot()
    figure = axes.figure
    figure.canvas.draw()
    used, whole = figure.get_tightbbox(), figure.bbox_inches
    assert used.x0 > whole.x0 - _EDGE
    assert used.y0 > whole.y0 - _EDGE
    assert used.x1 < whole.x1 + _EDGE
    assert used.y1 < whole.y1 + _EDGE
    assert axes.lines or axes.collections or axes.patches


@pytest.mark.parametrize("name", GALLERY)
def test_a_result_is_a_table_in_a_notebook_and_text_elsewhere(name):
    result = result_of(name)
    page = result._repr_html_()
    assert page.startswith("<p>")
    assert "<table" in page
    assert result.headline in str(result)
    assert result.to_dict()


@pytest.mark.parametrize("name", ["kaplan_meier", "log_rank", "landmark_analysis"])
def test_numbers_at_risk_fit_on_axes_of_the_callers(name):
    figure, axes = plt.subplots()
    result_of(name).plot(axes)
    figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    assert boxes
    assert all(
        figure.bbox.padded(1.0).contains(*corner) for box in boxes for corner in box.corners()
    )


@pytest.mark.parametrize("name", ["kaplan_meier", "log_rank"])
def test_numbers_at_risk_do_not_run_into_each_other(name):
    axes = result_of(name).plot()
    axes.figure.canvas.draw()
    boxes = [text.get_window_extent() for text in axes.texts]
    for place, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[place + 1 :])


@pytest.mark.parametrize("name", ["earliest", "mmrm"])
def test_error_bars_of_groups_stand_side_by_side(name):
    axes = result_of(name).plot()
    across = [set(np.round(bars.lines[0].get_xdata(), 9)) for bars in axes.containers]
    assert len(across) == 2
    assert not across[0] & across[1]


def test_groups_stay_nearer_to_their_place_than_to_the_next():
    at = [0.0, 3.0, 10.0]
    moved = [beside(at, number, 4) for number in range(4)]
    assert np.abs(np.array(moved) - at).max() < 1.0
    assert np.mean(moved, axis=0) == pytest.approx(at)
    assert beside(at, 0, 1) == pytest.approx(at)


@pytest.mark.parametrize("name", ["rank_sum_test", "mean_difference", "hedges_g", "cliffs_delta"])
def test_tests_of_two_groups_show_every_value(name):
    axes = result_of(name).plot()
    drawn = [line.get_ydata() for line in axes.lines if len(line.get_ydata()) == 12]
    assert sorted(np.concatenate(drawn)) == pytest.approx(
        sorted(np.concatenate(result_of(name).samples))
    )


def test_a_result_is_drawn_in_the_style_of_the_house_whatever_is_set():
    with plt.rc_context({"axes.spines.top": True, "font.size": 30}):
        axes = result_of("roc").plot()
    assert not axes.spines["top"].get_visible()
    assert axes.xaxis.label.get_size() < 12


def test_a_compared_pair_of_markers_shows_both_curves():
    axes = result_of("compare_roc").plot()
    labels = [text.get_text() for text in axes.get_legend().get_texts()]
    assert labels == [
        f"marker a: AUC {result_of('compare_roc').auc_a:.2f}",
        f"marker b: AUC {result_of('compare_roc').auc_b:.2f}",
    ]
