import re
from dataclasses import replace

import pytest
from report_factory import Cohort, make_results, with_table

from biomarkers.report import answer

VOLUME = {"tumor_volume": "log_ratio"}


def with_row(results, visit, **values):
    """The results with other values in one row of the separation table."""
    table = results.separation.copy()
    for name, value in values.items():
        table.loc[table["visit"] == visit, name] = value
    return replace(results, tables={**results.tables, "separation": table})


def test_the_answer_names_biomarker_classes_day_and_uncertainty():
    results = make_results(Cohort(VOLUME, {"tumor_volume": "7"}, subjects=(43, 38)))
    results = with_row(
        results, "7", auc=0.7704, auc_low=0.6502, auc_high=0.8549, p_adjusted=0.0003,
        direction="lower",
    )  # fmt: skip
    assert answer(results) == [
        "Tumour volume (change as log ratio) first separated responder = 1 from responder = 0 "
        "on day 7 (measured on days 6–7): AUC 0.77 (95 % CI 0.65–0.85), adjusted p = 0.0003, "
        "lower in responder = 1; 43 vs 38 subjects."
    ]


def test_lesions_are_counted_as_lesions_of_individuals(page, text_of):
    results = make_results(Cohort(VOLUME, {"tumor_volume": "3"}, subjects=(4, 4)))
    plan = results.analysis["plan"]
    plan = {**plan, "separation": {**plan["separation"], "cluster": "individual"}}
    tables = {
        name: table.assign(subject=[f"{name[:-1]}/{name[-1]}" for name in table["subject"]])
        if "subject" in table and len(table)
        else table
        for name, table in results.tables.items()
    }
    lesions = replace(results, tables=tables, analysis={**results.analysis, "plan": plan})
    assert answer(lesions)[0].endswith("; 4 vs 4 lesions of 2 individuals.")
    text = text_of(page(lesions))
    assert "Lesions 4 with responder = 1, 4 with responder = 0, of 2 individuals" in text
    assert "A thin line is one lesion" in text


def test_no_separation_is_said_with_the_nearest_miss():
    results = make_results(Cohort(VOLUME, {}))
    results = with_row(results, "10", auc=0.61, auc_low=0.4, auc_high=0.8, p_adjusted=0.11)
    assert answer(results) == [
        "Tumour volume did not separate responder = 1 from responder = 0 at any visit; the "
        "nearest to it was on day 10: AUC 0.61 (95 % CI 0.40–0.80), adjusted p = 0.11."
    ]


def test_a_small_p_against_the_declared_direction_is_no_separation_and_is_said():
    results = make_results(Cohort(VOLUME, {}))
    results = with_row(results, "10", auc=0.2, auc_low=0.1, auc_high=0.35, p_adjusted=0.001)
    (sentence,) = answer(results)
    assert "did not separate" in sentence
    assert "adjusted p = 0.0010, against the declared direction" in sentence


def test_the_earliest_biomarker_comes_first_and_the_silent_last():
    cohort = Cohort(
        {"tumor_volume": "log_ratio", "ADC": "percent", "Ktrans": "absolute"},
        {"tumor_volume": "7", "ADC": "3"},
    )
    results = with_row(make_results(cohort), "7", p_adjusted=0.0001)
    first, second, last = answer(results)
    assert first.startswith("ADC (change in percent) first separated")
    assert "on day 3" in first
    assert second.startswith("Tumour volume: day 7, AUC")
    assert last == "At no visit: Ktrans."


def test_on_the_same_visit_the_smaller_p_comes_first_then_the_larger_auc():
    results = make_results(
        Cohort({"ADC": "percent", "Ktrans": "absolute"}, {"ADC": "3", "Ktrans": "3"})
    )
    table = results.separation.copy()
    table.loc[table["biomarker"] == "ADC", "auc"] = 0.99
    table.loc[table["biomarker"] == "Ktrans", "p_adjusted"] = 0.0002
    results = replace(results, tables={**results.tables, "separation": table})
    assert answer(results)[0].startswith("Ktrans")
    table.loc[table["biomarker"] == "ADC", "p_adjusted"] = 0.0002
    results = replace(results, tables={**results.tables, "separation": table})
    assert answer(results)[0].startswith("ADC")


@pytest.mark.parametrize(
    ("outcome", "positive", "negative"),
    [
        ({"outcome": "group", "positive": "both", "negative": ["control", "sham"]},
         "group = both", "group = control or sham"),
        ({"outcome": "responder", "positive": 1}, "responder = 1", "responder other than 1"),
        ({"outcome": "arm", "positive": ["a", "b"]}, "arm = a or b", "arm other than a or b"),
    ],
)  # fmt: skip
def test_classes_are_named_in_the_words_of_the_plan(outcome, positive, negative):
    results = make_results(Cohort(VOLUME, {"tumor_volume": "3"}, outcome=outcome))
    assert f"separated {positive} from {negative} on day 3" in answer(results)[0]


def test_a_visit_with_a_name_is_called_by_it():
    visits = {"before": [0], "week 1": [6, 7], "end": [40]}
    results = make_results(Cohort(VOLUME, {"tumor_volume": "week 1"}, visits=visits))
    assert "at visit week 1 (measured on days 6–7)" in answer(results)[0]


def test_a_region_is_named_and_whole_is_not():
    results = make_results(Cohort(VOLUME, {"tumor_volume": "3"}, regions=("rim",)))
    assert answer(results)[0].startswith("Tumour volume in rim (")


def test_a_visit_that_json_keeps_as_a_number_is_found():
    results = make_results(Cohort(VOLUME, {"tumor_volume": "3"}))
    results = replace(results, earliest=[{**results.earliest[0], "visit": 3}])
    assert "on day 3" in answer(results)[0]


def test_the_page_says_who_was_measured_at_the_earliest_visit(page, text_of):
    results = make_results(Cohort(VOLUME, {"tumor_volume": "10"}, subjects=(4, 3)))
    rows = results.tables["attendance"].copy()
    rows["status"] = "measured"
    rows.loc[(rows["subject"] == "mouse02") & (rows["visit"] == "10"), "status"] = "gone"
    results = with_table(results, "attendance", rows.to_dict("records"))
    told = "Measured at that visit: 4 of 4 with responder = 1 and 2 of 3 with responder = 0."
    assert told in text_of(page(results))


def test_without_separation_the_page_warns_against_reading_it_as_likeness(page, text_of):
    assert "no evidence that the classes are alike" in text_of(
        page(make_results(Cohort(VOLUME, {})))
    )


def test_the_page_says_how_firmly_the_visit_stands(page, text_of):
    results = make_results(Cohort(VOLUME, {"tumor_volume": "10"}, subjects=(4, 3)))
    first = results.earliest[0]
    mine = {"biomarker": first["biomarker"], "region": first["region"]}
    stability = {
        "draws": 1000,
        "shares": [
            {**mine, "visit": "0", "share": 0.1},
            {**mine, "visit": str(first["visit"]), "share": 0.876},
            {**mine, "region": "elsewhere", "visit": str(first["visit"]), "share": 0.5},
        ],
        "corrected": [{**mine, "auc_corrected": 0.743}],
    }
    told = text_of(page(replace(results, analysis={**results.analysis, "stability": stability})))
    assert re.search(r"Of 1.000 bootstrap samples of the subjects, 88 % chose the same visit", told)
    assert "Less the optimism of having chosen it, its AUC is 0.74" in told
    assert "bootstrap samples" not in text_of(page(results))
