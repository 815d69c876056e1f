import re
from dataclasses import replace

from report_factory import Cohort, make_results, with_table

from biomarkers.report.drawing.cells import Cell, strokes
from biomarkers.report.sections.attendance import LISTED_UNUSED, STATUSES
from biomarkers.report.sections.swimmers import LABELLED_SUBJECTS, lanes
from biomarkers.report.view import look_at

VOLUME = Cohort({"tumor_volume": "log_ratio"}, {}, subjects=(3, 2), visits={"0": [0], "7": [7]})


def with_statuses(results, told):
    """The results where `told` gives the status by subject and visit, else measured."""
    rows = results.tables["attendance"].copy()
    keys = zip(rows["subject"], rows["visit"], strict=True)
    rows["status"] = [told.get(key, "measured") for key in keys]
    return with_table(results, "attendance", rows.to_dict("records"))


def test_counts_by_visit_and_class_are_those_of_the_table(page, text_of):
    results = with_statuses(
        make_results(VOLUME),
        {("rat01", "7"): "gone", ("rat02", "7"): "gone", ("mouse01", "7"): "failed_qc"},
    )
    written = page(results)
    table = written[written.index('<table class="counts"') :]
    table = text_of(table[: table.index("</table>")])
    assert table == (
        "Visit Class Measured Gone Failed QC Of "
        "Day 0 responder = 1 3 0 0 3 responder = 0 2 0 0 2 "
        "Day 7 responder = 1 1 2 0 3 responder = 0 1 0 1 2"
    )


def test_every_status_has_a_shape_and_no_two_look_alike_without_colour():
    drawn = {}
    for status in STATUSES:
        paths = strokes([Cell(status, 0.0, 0.0, 15.0)])
        assert paths
        drawn[status] = tuple((path.outline, path.fill == "none", path.dash) for path in paths)
    # A filled box stands for measured; the excluded one carries a bar.
    assert len(set(drawn.values())) == len(STATUSES)


def test_a_change_that_cannot_be_formed_is_drawn_and_counted(page, text_of):
    results = with_statuses(make_results(VOLUME), {("rat01", "7"): "no_change"})
    text = text_of(page(results))
    assert "measured, but without a ratio to the baseline" in text
    assert "Visit Class Measured No change Of" in text
    assert "Day 7 responder = 1 2 1 3" in text


def test_those_measured_longest_lie_on_top():
    results = with_statuses(
        make_results(VOLUME), {("rat01", "7"): "gone", ("rat03", "0"): "missing"}
    )
    view = look_at(results)
    rows = view.rows("attendance", view.series[0])
    laid = lanes(view, rows[rows["positive"]], True)
    assert [lane.subject for lane in laid.lanes] == ["rat02", "rat03", "rat01"]
    assert laid.lanes[2].description == "rat01: day 0 measured, day 7 gone"
    assert [name for _, name in laid.visits] == ["0", "7"]


def test_a_large_cohort_gets_thin_lanes_without_names():
    results = make_results(replace(VOLUME, subjects=(LABELLED_SUBJECTS + 240, 2)))
    view = look_at(results)
    rows = view.rows("attendance", view.series[0])
    laid = lanes(view, rows[rows["positive"]], True)
    assert not laid.labelled
    assert laid.total < 800


def test_series_with_the_same_attendance_share_a_picture(page):
    cohort = replace(VOLUME, biomarkers={"tumor_volume": "log_ratio", "ADC": "percent"})
    results = with_statuses(make_results(cohort), {})
    assert page(results).count('<table class="counts"') == 1
    rows = results.tables["attendance"].copy()
    rows.loc[(rows["biomarker"] == "ADC") & (rows["subject"] == "rat01"), "status"] = "missing"
    written = page(with_table(results, "attendance", rows.to_dict("records")))
    assert written.count('<table class="counts"') == 2
    assert "<summary><h3>ADC</h3></summary>" in written


def test_exclusions_are_shown_and_an_idle_one_is_flagged(page, text_of):
    results = with_table(
        make_results(VOLUME),
        "exclusions",
        [
            {"subject": "rat01", "day": 7.0, "region": "rim", "biomarker": "ADC", "reason": "moved",
             "by": "reader 2", "rows": 2},
            {"subject": "rat77", "day": float("nan"), "region": "", "biomarker": "",
             "reason": "wrong animal", "by": "reader 2", "rows": 0},
        ],
    )  # fmt: skip
    text = text_of(page(results))
    assert "rat01 day 7 ADC in rim moved reader 2 2" in text
    assert "rat77 every day everything wrong animal reader 2 0 matched nothing" in text


def test_unused_measurements_are_counted_and_listed_up_to_a_limit(page, text_of):
    row = {"biomarker": "tumor_volume", "region": "whole", "value": 123.456}
    rows = [
        {**row, "subject": f"s{day}", "day": float(day), "reason": "unclaimed_day"}
        for day in range(LISTED_UNUSED + 5)
    ]
    rows[0]["reason"] = "nearer_measurement"
    written = page(with_table(make_results(VOLUME), "unused", rows))
    text = text_of(written)
    assert "1 measurement passed over for one nearer to the visit's day" in text
    assert f"{LISTED_UNUSED + 4} measurements on a day that no visit claims" in text
    assert "5 more stand in unused.csv" in text
    assert len(re.findall(r'<th scope="row">s\d+</th>', written)) == LISTED_UNUSED


def test_reasons_of_the_table_are_shown_counted_the_most_frequent_first(page, text_of):
    row = {"biomarker": "Ktrans", "region": "tumour", "subjects": 1, "without_value": 1}
    rows = [
        {**row, "reason": "no signal", "measurements": 2, "without_value": 2},
        {**row, "reason": "at a bound", "measurements": 1300, "without_value": 0},
        {**row, "biomarker": "ve", "reason": "no signal", "region": "rim", "measurements": 1},
    ]
    text = text_of(page(with_table(make_results(VOLUME), "reasons", rows)))
    start = text.index("Without a value At a bound")
    assert text[start:].startswith(
        "Without a value At a bound Ktrans tumour 1 300 0 "
        "No signal Ktrans and ve tumour and rim 3 3 "
    )
    assert "gives no reason for any" in text_of(page(make_results(VOLUME)))
