import re

import pytest
from further_tables import (
    AGREEMENT,
    COMBINATION,
    CONTRASTS,
    CUTOFFS,
    DETECTABLE,
    EVERYTHING,
    FLOW,
    GROUP_MEANS,
    LIMITATIONS,
    MODEL_MEANS,
    ROC,
    STABILITY,
    SURVIVAL,
    SURVIVAL_TESTS,
    TABLE1,
    TERMS,
    labelled,
    with_further,
    with_methods,
)
from report_factory import Cohort, make_results

from biomarkers.report import write_report
from biomarkers.report.drawing.survival import at_risk
from biomarkers.report.sections import section_makers
from biomarkers.report.view import look_at
from biomarkers.results import load_results

# Which tables make which section, and what it must say.
SECTIONS = {
    "flow": ({"flow": FLOW}, "12 subjects in the study"),
    "baseline": ({"table1": TABLE1}, "mean ± SD 22.5 ± 1.2 23 ± 1.2 22 ± 1.2 0.44"),
    "treatment": ({"group_means": GROUP_MEANS}, "each treatment group (vehicle, drug)"),
    "models": (
        {"model_means": MODEL_MEANS, "model_contrasts": CONTRASTS},
        "Day 7 responders − progressors −0.765 −1.07 to −0.465 9.7 0.0021 0.0021",
    ),
    "accuracy": (
        {"roc_points": ROC, "cutoffs": CUTOFFS},
        "Day 7 ≤ 1.1 times baseline 0.90 (0.60–0.99) 0.81 0.62 (0.40–0.80) 0.57 0.83 0.79",
    ),
    "stability": ({"stability": STABILITY}, "bootstrap samples of the subjects that choose"),
    "survival": (
        {"survival_curves": SURVIVAL, "survival_tests": SURVIVAL_TESTS},
        "Cox model of early response 4.10 1 0.0430 0.37 0.14–0.97 12 7",
    ),
    "combination": (
        {"combination": COMBINATION, "combination_terms": TERMS},
        "Day 7 all together 6 and 6 0.81 0.50–0.95 ≤0.005 0.93 0.04 0.2100",
    ),
    "agreement": (
        {"agreement": AGREEMENT},
        "within-subject coefficient of variation (%) 7.4 5.4 to 9.4 8",
    ),
    "detectable": ({"detectable": DETECTABLE}, "Day 3 all 6 6 0.88"),
    "limitations": ({"limitations": LIMITATIONS}, "Fewer than 20 subjects: 12."),
}


def section_of(page, anchor):
    """The HTML of one section."""
    start = page.index(f'<section id="{anchor}">')
    return page[start : page.index("</section>", start)]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The page of results that hold every further table."""
    path = tmp_path_factory.mktemp("whole") / "report.html"
    return write_report(labelled(**EVERYTHING), path, figures="none").read_text("utf-8")


@pytest.mark.parametrize("anchor", SECTIONS)
def test_an_analysis_has_its_section_and_only_then(anchor, page, text_of):
    tables, words = SECTIONS[anchor]
    section = section_of(page(labelled(**tables)), anchor)
    drawn = " ".join(re.findall(r"<text[^>]*>([^<]*)</text>", section))
    assert words in f"{text_of(section)} {drawn}"
    assert f'<section id="{anchor}">' not in page(labelled())


def test_survival_says_which_change_is_an_early_response(page, text_of):
    results = labelled(survival_curves=SURVIVAL, survival_tests=SURVIVAL_TESTS)
    series = results.tables["separation"].iloc[0]
    settings = {
        "biomarker": series["biomarker"], "region": series["region"], "landmark": "7",
        "split": "median", "threshold": 0.0, "direction": "higher",
    }  # fmt: skip
    for event, words in (("", " Every time was taken as an event"), ("died", "")):
        made = {"survival": {"settings": settings | {"event": event}}}
        section = text_of(section_of(page(with_methods(results, **made)), "survival"))
        told = f"a change ≥ 1 times baseline, the side of responders.{words}"
        assert told in section.replace("\xa0", " ")
        assert ("taken as an event" in section) is (event == "")


def test_the_sections_stand_in_order(whole):
    anchors = re.findall(r'<section id="([^"]+)">', whole)
    expected = [
        "answer", "figures", "flow", "baseline", "treatment", "models", "accuracy", "stability",
        "survival", "combination", "agreement", "tests", "detectable", "limitations",
        "attendance", "methods", "quality", "provenance", "checklists",
    ]  # fmt: skip
    assert anchors == expected
    places = [maker.place for maker in section_makers()]
    assert len(set(places)) == len(places)


def test_the_labels_of_the_plan_are_used_everywhere(whole, text_of):
    text = text_of(whole)
    assert "≠" not in text
    assert "responder = " not in text
    assert "first separated responders from progressors on day 7" in text
    assert "Subjects 6 responders, 6 progressors" in text
    assert "Responders (n = 6) were compared with progressors (n = 6)" in text
    assert "by responder (responders: 1)" in text
    assert "<title>Rats &amp; glioma</title>" in whole


def test_without_labels_the_values_of_the_outcome_are_named(page, text_of):
    outcome = {"outcome": "responder", "positive": 1}
    results = make_results(Cohort({"ADC": "percent"}, {"ADC": "3"}, (3, 3), outcome=outcome))
    text = text_of(page(results))
    assert "≠" not in text
    assert "from responder other than 1" in text


def test_results_from_files_give_the_same_page_with_every_analysis(tmp_path):
    results = labelled(**EVERYTHING)
    direct = write_report(results, tmp_path / "a" / "report.html", figures="none").read_bytes()
    results.save(tmp_path / "saved")
    again = load_results(tmp_path / "saved")
    page = write_report(again, tmp_path / "b" / "report.html", figures="none")
    assert page.read_bytes() == direct


def test_the_flow_tells_why_subjects_were_not_measured(page):
    flow = section_of(page(labelled(flow=FLOW)), "flow")
    assert "day 7, responders: 5 measured, 1 failed quality control" in flow
    assert "day 7, progressors: 4 measured, 2 gone" in flow
    assert ">2 gone</text>" in flow


def test_the_flow_of_many_visits_is_drawn_for_some_and_tabled_for_all(page, text_of):
    days = {str(day): [day] for day in range(0, 40, 2)}
    cohort = Cohort({"ADC": "percent"}, {"ADC": "6"}, (6, 6), visits=days)
    rows = [
        {"biomarker": "ADC", "region": "whole", "visit": day, "positive": positive,
         "status": "measured", "subjects": 6}
        for day in days
        for positive in (True, False)
    ]  # fmt: skip
    section = section_of(page(with_further(make_results(cohort), flow=rows)), "flow")
    drawn = re.findall(r">day (\d+): 6 measured</text>", section)
    assert drawn[0] == "0"
    assert drawn[-1] == "38"
    assert "6" in drawn
    assert len(set(drawn)) <= 8
    assert "some of them; the table below has all" in section
    assert all(f"Day {day}" in text_of(section) for day in days)


def test_treatment_groups_have_a_table_of_their_own(page, text_of):
    section = section_of(page(labelled(table1=TABLE1)), "baseline")
    main, groups = section.split('id="table1-groups-0-caption"')
    assert "vehicle" not in main
    assert "vehicle" in groups
    assert "SMD" not in groups.split("<p class")[0]


def test_many_treatment_groups_are_drawn_as_panels(page):
    many = [{**GROUP_MEANS[0], "group": f"arm {number}"} for number in range(9)]
    section = section_of(page(labelled(group_means=many)), "treatment")
    assert all(f">arm {number}</text>" in section for number in range(9))
    assert "9 panels on one scale" in section


def test_the_model_of_many_groups_shows_the_visit_of_the_answer(page, text_of):
    arms = [f"arm {number}" for number in range(9)]
    means = [{**row, "group": arm} for row in MODEL_MEANS[::2] for arm in arms]
    contrasts = [{**row, "contrast": f"{arm} - arm 0"} for row in CONTRASTS for arm in arms[1:]]
    section = section_of(page(labelled(model_means=means, model_contrasts=contrasts)), "models")
    assert "9 panels on one scale: upwards 0.64 to 1 times baseline, across day 0 to 17" in section
    assert "differences in the model (day 7, each less arm 0)" in section
    forest = section.split("<figure")[-1].split("<table")[0]
    assert len(re.findall(r">arm \d</text>", forest)) == 8
    assert "−0.123" not in forest
    assert "Day 3 arm 1 − arm 0 −0.123" in text_of(section)


def test_slopes_have_no_visit(page, text_of):
    slopes = [{**CONTRASTS[0], "visit": ""}]
    means = [{**MODEL_MEANS[0], "visit": ""}]
    text = text_of(section_of(page(labelled(model_contrasts=slopes, model_means=means)), "models"))
    assert "Change per day responders − progressors −0.123" in text


def test_the_numbers_at_risk_count_those_before_the_time():
    rows = EVERYTHING["survival_curves"]
    view = look_at(labelled(survival_curves=rows))
    curve = view.table("survival_curves").query("stratum == 'no early response'")
    assert [at_risk(curve, time) for time in (0, 5, 10, 20, 25, 30, 40)] == [6, 6, 6, 5, 4, 4, 2]


@pytest.mark.parametrize(
    ("name", "made", "words"),
    [
        ("table1", {}, "standardised mean difference (Austin 2009)"),
        ("cutoff", {"rule": "youden", "least": 0.9, "cost_ratio": 1.0, "draws": 500, "seed": 3},
         "largest Youden index (Youden 1950)"),
        ("models", {"method": "mmrm", "compare": "outcome", "reference": "negative",
                    "covariance": "un", "adjust": "holm", "family": "the contrasts"},
         "mixed model for repeated measures (Mallinckrodt et al. 2008)"),
        ("models", {"method": "random_slopes", "compare": "groups", "reference": "vehicle",
                    "covariance": "", "adjust": "none", "family": ""},
         "treatment groups, vehicle being the reference"),
        ("survival", {"biomarker": "tumor_volume", "region": "rim", "landmark": "7",
                      "split": "median", "threshold": 0.5, "direction": "lower"},
         "Early response: Tumour volume in rim lower than or at the median change (0.500)"),
        ("combine", {"markers": ["ADC (whole)"], "visit": "7", "model": "lda", "folds": 5,
                     "repeats": 1, "permutations": 199, "seed": 1},
         "ridge discriminant analysis"),
        ("agreement", {"source": "baseline", "wcv": {"ADC": 0.04}}, "beforehand: ADC 4 %"),
        ("detectable", {"power": 0.8, "alpha": 0.05}, "a power of 80 % at an error rate of 0.05"),
        ("mine", {"depth": 3}, "Mine: stats.mine(); depth = 3. (Me 2020)"),
    ],
)  # fmt: skip
def test_each_analysis_has_its_paragraph_from_its_settings(name, made, words, page, text_of):
    entry = {"call": "stats.mine()", "settings": made, "references": ["Me 2020"]}
    text = text_of(section_of(page(with_methods(labelled(), **{name: entry})), "methods"))
    assert words in text


def test_the_methods_list_what_they_cite(page, text_of):
    made = {"settings": {"rule": "youden", "least": 0.9, "cost_ratio": 1, "draws": 500, "seed": 3}}
    section = section_of(page(with_methods(labelled(), cutoff=made)), "methods")
    assert "Index for rating diagnostic tests" in section
    assert 'href="https://doi.org/10.1002/1097-0142%281950%293%3A1%3C32' in section
    assert "Kaplan" not in section


def test_the_checklist_follows_the_study(page, whole, text_of):
    alone = page(labelled())
    assert 'id="checklist-stard"' in alone
    assert 'id="checklist-arrive"' in alone
    assert 'id="checklist-remark"' not in alone
    assert 'id="checklist-remark"' in whole
    people = [{**TABLE1[5], "variable": "species", "level": "Homo sapiens"}]
    assert 'id="checklist-arrive"' not in page(labelled(table1=people))


def test_a_checklist_leads_to_what_is_there_and_names_what_is_not(page, whole, text_of):
    there = section_of(whole, "checklists")
    assert '<a href="#flow">Flow of subjects</a>' in there
    lacking = section_of(page(labelled()), "checklists")
    assert 'href="#flow"' not in lacking
    assert "not reported here: fill in" in lacking
