from dataclasses import replace

from report_factory import METHODS, Cohort, make_results

from biomarkers.plan import make_plan
from biomarkers.report.sections.methods import methods_text
from biomarkers.report.sections.references import cited
from biomarkers.report.view import look_at

COHORT = Cohort({"tumor_volume": "log_ratio", "ADC": "percent"}, {}, subjects=(2, 3))


def told(results):
    return " ".join(methods_text(look_at(results)))


def test_the_text_follows_the_settings_that_ran():
    plan = make_plan(
        {
            "outcome": "group", "positive": "both", "negative": "control", "ignore": ["sham"],
            "baseline": 0, "visits": {"0": [0], "7": [6, 7], "9": [10]},
            "biomarkers": {
                "tumor_volume": {"change": "log_ratio", "direction": "lower"},
                "ADC": {"change": "percent"},
            },
            "separation": {"alpha": 0.1, "permutations": 4999, "seed": 11},
        }
    )  # fmt: skip
    results = make_results(replace(COHORT, visits={"0": [0], "7": [6, 7], "9": [10]}))
    methods = METHODS | {"family_size": 4, "interval_level": 0.9}
    text = told(replace(results, analysis={"plan": plan.to_dict(), "methods": methods}))
    assert "Subjects with group = both (n = 2) were compared with subjects with" in text
    assert "with group = control (n = 3)" in text
    assert "group = sham was left out" in text
    assert "from day 0 to day 7 (days 6–7) and day 9 (day 10)" in text
    assert "Tumour volume as the natural logarithm of the ratio to baseline" in text
    assert "ADC as the percent change from baseline" in text
    assert "percent changes were averaged as log ratios" in text
    assert "its 90 % confidence interval (Newcombe 2006" in text
    assert "4\u202f999 permutations, seed 11" in text
    assert "over every follow-up visit of every biomarker and region of the plan (4 tests)" in text
    assert "Tumour volume was declared beforehand to be lower in subjects with group = both" in text
    assert "the direction of ADC was read from the data" in text
    assert "adjusted p of at most 0.1" in text


def test_visits_before_the_baseline_are_shown_but_not_tested():
    results = make_results(replace(COHORT, visits={"0": [0], "3": [3], "7": [7], "10": [10]}))
    assert "before it" not in told(results)
    plan = replace(look_at(results).plan, baseline="7")
    text = told(replace(results, analysis={**results.analysis, "plan": plan.to_dict()}))
    assert "from day 7 to day 10; day 0 and day 3, before it, shown but not tested." in text


def test_no_percent_no_word_of_percent():
    results = make_results(replace(COHORT, biomarkers={"tumor_volume": "log_ratio"}))
    assert "percent" not in told(results)


def test_only_what_the_text_cites_is_listed(page, text_of):
    results = make_results(COHORT)
    authors = [reference.key for reference in cited(told(results))]
    assert authors == ["DeLong", "Newcombe", "Phipson", "Westfall"]
    other = METHODS | {"family_size": 1, "statistic": "|AUC - 0.5| / permutation standard error"}
    results = replace(results, analysis={**results.analysis, "methods": other})
    assert "DeLong" not in told(results)
    assert "10.2307/2531595" not in page(results)


def test_a_plan_read_back_from_json_is_the_same_plan():
    results = make_results(COHORT)
    assert look_at(results).plan == COHORT.plan()


def test_versions_and_inputs_are_on_the_page(page, text_of):
    results = make_results(COHORT)
    analysis = {
        **results.analysis,
        "versions": {"biomarkers": "9.8.7", "numpy": "2.4"},
        "inputs": [{"role": "measurements", "file": "m.tsv", "sha256": "ab" * 32}],
        "left_out": ["body_weight"],
    }
    text = text_of(page(replace(results, analysis=analysis)))
    assert "Software: biomarkers 9.8.7 and numpy 2.4." in text
    assert f"Measurements m.tsv {'ab' * 32}" in text
    assert '"left_out": [ "body_weight" ]' in text
