import math
import re
from dataclasses import replace

import pytest
from matplotlib import rcParams
from matplotlib.figure import Figure
from report_factory import Cohort, empty, make_results

from biomarkers.plan import Visit
from biomarkers.report.drawing.axes import limits
from biomarkers.report.drawing.separation import describe_separation, draw_separation
from biomarkers.report.drawing.style import house_style
from biomarkers.report.drawing.svg import embedded, to_svg
from biomarkers.report.drawing.ticks import change_ticks, day_limits, day_ticks, factor_ticks
from biomarkers.report.drawing.trajectories import draw_trajectories
from biomarkers.report.view import biomarker_label, look_at

VOLUME = Cohort({"tumor_volume": "log_ratio"}, {"tumor_volume": "7"}, subjects=(3, 3))


def drawn(results):
    view = look_at(results)
    return draw_trajectories(view, view.series[0])


def svg_of(figure):
    with house_style():
        return to_svg(figure, description="a figure", name="x")


def trajectories(results):
    return svg_of(drawn(results).figure)


def corners(svg):
    """How many corners the subjects' lines have."""
    groups = re.findall(r'<g id="x-LineCollection_\d+">.*?</g>', svg, flags=re.DOTALL)
    assert groups
    return sum(group.count("L ") for group in groups)


def replaced(results, name, table):
    return replace(results, tables={**results.tables, name: table})


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (math.log(0.2), math.log(5), [0.25, 0.5, 1, 2, 4]),
        (math.log(0.005), math.log(200), [0.01, 0.1, 1, 10, 100]),
        (math.log(0.88), math.log(1.22), [0.9, 1.0, 1.1, 1.2]),
        (math.log(0.97), math.log(1.03), [0.98, 1.0, 1.02]),
    ],
)
def test_a_log_ratio_axis_is_labelled_with_round_factors(low, high, expected):
    ticks = factor_ticks(low, high)
    assert set(expected) <= {round(tick, 9) for tick in ticks}
    assert 3 <= len(ticks) <= 8
    assert all(low <= math.log(tick) <= high for tick in ticks)


@pytest.mark.parametrize(
    ("change", "top", "title", "label"),
    [
        ("absolute", 7e-4, "Ktrans: change (10⁻⁶ min⁻¹)", "−500"),
        ("absolute", 0.3, "Ktrans: change (min⁻¹)", "−0.2"),
        ("absolute", 2.5e7, "Ktrans: change (10⁶ min⁻¹)", "−20"),
        ("percent", 0.004, "Ktrans: change (%)", "−0.004"),
        ("log_ratio", 0.004, "Ktrans: times baseline", "0.997"),
    ],
)
def test_the_axis_says_what_changed_and_in_which_unit(change, top, title, label):
    results = make_results(Cohort({"Ktrans": change}, {}, subjects=(2, 2)))
    ticks = change_ticks(look_at(results).series[0], -top, top)
    assert ticks.title == title
    assert {label, "1" if change == "log_ratio" else "0"} < set(ticks.labels)
    assert all(-top <= place <= top for place in ticks.places)
    assert len(ticks.places) == len(ticks.labels) >= 3


def test_days_keep_their_distances_and_crowded_labels_give_way():
    visits = [Visit(str(day), (float(day),)) for day in (0, 1, 2, 90, 97)]
    ticks = day_ticks(visits)
    assert list(ticks.labels) == ["0", "90", "97"]
    assert list(ticks.places) == [0, 90, 97]
    assert list(ticks.bare) == [1, 2]
    assert day_limits(visits)[1] > 97


def test_windows_wider_than_their_visit_still_fit_the_axis():
    assert day_limits([Visit("0", (0.0,)), Visit("17", (17.0, 25.0))])[1] > 25
    assert day_limits([Visit("0", (0.0,)), Visit("17", (), ((15.0, 22.0),))])[1] > 22


def test_limits_see_only_finite_values():
    low, high = limits([-math.inf, -1.0, 2.0, math.nan])
    assert -2 < low < -1
    assert 2 < high < 3
    assert limits([]) == (-1.0, 1.0)
    low, high = limits([0.0, 0.0])
    assert low < 0 < high


def test_a_tumour_that_vanished_stands_at_the_edge_and_is_counted(page, text_of):
    results = make_results(VOLUME)
    changes = results.tables["changes"].copy()
    gone = (changes["subject"] == "rat01") & changes["visit"].isin(["10", "17"])
    changes.loc[gone, "change"] = -math.inf
    results = replaced(results, "changes", changes)
    assert drawn(results).beyond == int(gone.sum()) > 0
    assert f"{int(gone.sum())} measurement" in text_of(page(results))
    assert "inf" not in trajectories(results)


def test_the_line_of_a_tumour_that_vanished_runs_to_the_edge():
    results = make_results(VOLUME)
    changes = results.tables["changes"].copy()
    changes.loc[(changes["subject"] == "rat01") & (changes["visit"] == "7"), "change"] = -math.inf
    assert corners(trajectories(replaced(results, "changes", changes))) == corners(
        trajectories(results)
    )


def test_an_interval_past_the_axis_is_admitted():
    results = make_results(VOLUME)
    assert not drawn(results).cut
    means = results.tables["class_means"].copy()
    means.loc[means["visit"] == "7", "high"] = 50.0
    assert drawn(replaced(results, "class_means", means)).cut


def test_figures_survive_without_means_tests_or_changes():
    results = make_results(VOLUME)
    for name in ("class_means", "changes"):
        results = replaced(results, name, empty(name))
        assert trajectories(results).startswith("<svg")
    results = replaced(results, "separation", results.separation.assign(auc=math.nan))
    view = look_at(results)
    assert svg_of(draw_separation(view, view.series[0])).startswith("<svg")
    assert "None could be tested." in describe_separation(view, view.series[0])


def test_the_separation_figure_tells_its_values_to_a_screen_reader():
    view = look_at(make_results(VOLUME))
    row = view.results.separation.set_index("visit").loc["7"]
    spoken = describe_separation(view, view.series[0])
    assert f"day 7: {row['auc']:.2f} (separates)" in spoken


def test_a_figure_is_the_same_under_any_matplotlibrc():
    results = make_results(VOLUME)
    before = trajectories(results)
    settings = {
        "font.size": 20.0,
        "axes.grid": False,
        "svg.fonttype": "path",
        "axes.labelpad": 30.0,
    }
    kept = {name: rcParams[name] for name in settings}
    rcParams.update(settings)
    try:
        assert trajectories(results) == before
        assert rcParams["font.size"] == 20.0
    finally:
        rcParams.update(kept)


def test_coordinates_are_short_and_ids_are_the_figures_own():
    with house_style():
        figure = Figure(figsize=(2, 2))
        figure.subplots().plot([0, 1 / 3], [0, 1 / 7], clip_on=True)
        svg = embedded(to_svg(figure, description='a "quoted" <tag>', name="mine"))
    assert 'aria-label="a &#34;quoted&#34; &lt;tag&gt;"' in svg
    assert ' id="mine-' in svg
    assert 'href="#mine-' in svg
    assert "url(#mine-" in svg
    assert "<metadata" not in svg
    assert "<!--" not in svg


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("tumor_volume", "Tumour volume"),
        ("ADC_p90", "ADC (p90)"),
        ("volume_DWI", "Volume (DWI)"),
        ("my_texture", "my_texture"),
    ],
)
def test_biomarkers_are_called_by_their_label(name, label):
    assert biomarker_label(name) == label
