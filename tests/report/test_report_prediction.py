"""The page of a prediction study says what ran, and nothing that did not."""

import re
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.report import PredictionReport, write_pdf, write_prediction_report
from biomarkers.report.frames import frame_table
from biomarkers.report.prediction import prediction_makers
from biomarkers.report.prediction.checklists import metrics_score
from biomarkers.report.prediction.guidelines import CLAIM, METRICS, TRIPOD_AI
from biomarkers.report.prediction.methods import methods_text
from biomarkers.report.prediction.view import PredictionView
from biomarkers.report.sections.checklist import Study

QUICK = predict.Validation(folds=3, repeats=1, permutations=19)
BARE = predict.Validation(folds=3, repeats=1, permutations=0)
LASTING = predict.recipe("logistic", select=predict.Univariate(at_most=3), uncorrelated=0.9)


def cohort(seed=1, *, told=1.6, sites=True, prefix="s"):
    """Fifty subjects, the last without an outcome; the first feature tells it."""
    random = np.random.default_rng(seed)
    names, truth = [f"{prefix}{number:02d}" for number in range(50)], np.arange(50) % 2
    values = random.normal(size=(50, 5))
    values[:, 0] += told * truth
    values[3, 1] = np.nan
    rows = pd.DataFrame(values, columns=["<b>|x", "f1", "f2", "f3", "f4"]).assign(subject=names)
    people = pd.DataFrame({"subject": names, "response": truth * 1.0,
                           "age": random.normal(60, 9, 50)})  # fmt: skip
    people["site"] = np.where(np.arange(50) < 26, "Ulm", "Graz")
    people.loc[49, "response"] = np.nan
    return predict.Cohort.from_tables(
        rows, people, outcome="response", site="site" if sites else None,
        blocks={"clinical": ["age"]},
    )  # fmt: skip


@pytest.fixture(scope="module")
def study():
    """A study with everything that a page can show."""
    cases = cohort()
    rule = predict.fit(LASTING, cases)
    return SimpleNamespace(
        cohort=cases,
        seen=predict.evaluate(LASTING, cases, settings=QUICK),
        rule=rule,
        external=predict.validate(rule, cohort(7, prefix="x")),
        comparison=predict.compare(
            {"few": LASTING, "all": predict.recipe("logistic")}, cases, settings=BARE
        ),
    )


@pytest.fixture(scope="module")
def bare():
    """Noise, judged without permutations."""
    return predict.evaluate(LASTING, cohort(5, told=0, sites=False), settings=BARE)


@pytest.fixture(scope="module")
def whole(study, tmp_path_factory):
    path = tmp_path_factory.mktemp("whole") / "report.html"
    return write_prediction_report(study.seen, path, **{
        name: getattr(study, name) for name in ("cohort", "rule", "external", "comparison")
    }, figures="none").read_text("utf-8")  # fmt: skip


@pytest.fixture(scope="module")
def plain(bare, tmp_path_factory):
    path = tmp_path_factory.mktemp("plain") / "report.html"
    return write_prediction_report(bare, path, figures="none").read_text("utf-8")


def section_of(page, anchor):
    return page.split(f'<section id="{anchor}">')[1].split("</section>")[0]


def anchors(page):
    return re.findall(r'<section id="([^"]+)">', page)


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.to, self.loads = [], [], []

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.ids += [given["id"]] if "id" in given else []
        self.to += [given["href"]] if tag == "a" else []
        self.loads += [given[name] for name in ("src", "data") if name in given]


def test_the_sections_stand_in_order_the_answer_first(whole):
    assert anchors(whole) == [
        "answer", "notes", "performance", "roc", "gain", "calibration", "benefit", "decisions",
        "features", "sites", "learning", "comparison", "external", "cases", "rule", "methods",
        "provenance", "checklists",
    ]  # fmt: skip
    places = [maker.place for maker in prediction_makers()]
    assert len(set(places)) == len(places)


def test_what_was_not_given_makes_no_section(plain):
    assert not {"sites", "comparison", "external", "rule"} & set(anchors(plain))


def test_every_link_leads_somewhere_and_nothing_is_loaded(whole):
    seen = Links()
    seen.feed(whole)
    assert len(set(seen.ids)) == len(seen.ids)
    inside = [link[1:] for link in seen.to if link.startswith("#")]
    assert inside
    assert set(inside) <= set(seen.ids)
    assert not seen.loads
    assert "<script" not in whole


def test_the_headline_and_the_verdict_are_those_of_the_judgement(study, whole, text_of):
    told = text_of(section_of(whole, "answer"))
    assert study.seen.headline in told
    assert ("Claimed" in told) == study.seen.claims
    assert study.external.headline in told


def test_a_doubt_stands_in_a_frame_with_its_reasons(bare, plain, text_of):
    assert not bare.claims
    assert '<p class="flag">' in section_of(plain, "answer")
    told = text_of(section_of(plain, "answer"))
    assert "Nothing is claimed : its interval reaches 0.5" in told
    assert all(doubt in told for doubt in bare.doubts)


def test_every_note_is_told(study, whole, text_of):
    told = text_of(section_of(whole, "notes"))
    assert study.seen.notes
    assert all(" ".join(note.split()) in told for note in study.seen.notes)


def test_numbers_are_those_of_the_tables(study, whole, text_of):
    first = study.seen.performance.iloc[0]
    told = text_of(section_of(whole, "performance"))
    assert f"recipe {first['auc']:.2f} {first['auc_low']:.2f}–{first['auc_high']:.2f}" in told
    decisions = text_of(section_of(whole, "decisions"))
    assert f"{study.seen.decisions['true_positives'][0]:.1f}" in decisions
    point = study.seen.decisions.iloc[0]
    limits = f"({point['sensitivity_low']:.2f} to {point['sensitivity_high']:.2f})"
    marked = f"The point: sensitivity {point['sensitivity']:.2f} {limits} and specificity"
    assert marked in text_of(section_of(whole, "roc"))
    slope = study.seen.calibration.iloc[0]
    told = f"calibration slope {slope['slope']:.2f} ({slope['slope_low']:.2f} to".replace("-", "−")
    assert told.capitalize() in text_of(section_of(whole, "checklists"))
    for anchor, name in (("features", "f1"), ("sites", "Graz"), ("cases", "clinical")):
        assert name in text_of(section_of(whole, anchor))
    assert "Left out, no response: s49." in text_of(section_of(whole, "cases"))


def test_names_from_tables_are_escaped(whole):
    assert "<b>|x" not in whole
    assert "&lt;b&gt;|x" in whole


def test_methods_follow_the_settings_that_ran(study, bare):
    text = " ".join(methods_text(PredictionView(study.seen, study.cohort, study.rule)))
    assert "The outcome was response (positive: response = 1)." in text
    assert "19 permutations" in text
    assert "3 folds, outer and inner, 1 repeat, seed 1" in text
    assert "rank correlation exceeds 0.9" in text
    assert "the 3 features of the largest rank correlation" in text
    assert "ridge logistic regression (penalties 10, 3, 1, 0.3, 0.1, 0.03" in text
    assert "models of clinical alone" in text
    assert "Each site was held out" in text
    without = " ".join(methods_text(PredictionView(bare)))
    assert "No outcomes were permuted" in without
    assert "a stated ratio of variances, 1.5" in without
    assert "Each site" not in without


def test_a_model_that_gives_no_log_odds_is_scaled_after_platt(study):
    forest = replace(study.seen, recipe=predict.recipe(predict.Forest(trees=7)))
    text = " ".join(methods_text(PredictionView(forest)))
    assert "a random forest (trees 7; smallest leaf 2; with and without class weights)" in text
    assert "Platt 1999" in text
    assert "Platt" not in " ".join(methods_text(PredictionView(study.seen)))


def test_the_lists_have_the_items_of_their_guidelines():
    for guideline, items, numbers in ((TRIPOD_AI, 52, 27), (CLAIM, 44, 44), (METRICS, 30, 30)):
        given = [item.number for item in guideline.items]
        assert len(given) == len(set(given)) == items
        heads = list(dict.fromkeys(int(re.match(r"\d+", number)[0]) for number in given))
        assert heads == list(range(1, numbers + 1))
    # The weights of its calculator are rounded.
    assert sum(item.weight for item in METRICS.items) == pytest.approx(1, abs=0.005)


def test_every_anchor_condition_and_fact_of_an_item_is_known(study, whole):
    view = PredictionView(study.seen, study.cohort, study.rule, study.external, study.comparison)
    known = set(view.facts)
    conditions = set(PredictionView(study.seen).lacks) | {
        "sites", "calibration", "decisions", "few", "facts", "permutations", "tested", "others",
        "ensemble", "deep", "weights", "table",
    }  # fmt: skip
    for item in (*TRIPOD_AI.items, *CLAIM.items, *METRICS.items):
        assert not item.anchor or item.anchor in anchors(whole)
        assert not item.fact or item.fact in known
        assert {item.needs, item.only_for} - {""} <= conditions


def test_items_are_answered_from_what_ran(study, bare):
    there = {"methods": "Methods", "external": "In other cases", "sites": "Sites"}
    full = PredictionView(study.seen, study.cohort, study.rule, study.external)
    with_all, without = Study(there, full.facts, full.lacks), Study(
        {"methods": "Methods"}, {}, PredictionView(bare).lacks
    )  # fmt: skip
    tripod = {item.number: item for item in TRIPOD_AI.items}
    metrics = {item.number: item for item in METRICS.items}
    assert with_all.status(tripod["12f"]) == "reported"
    assert without.status(tripod["12f"]) == "not applicable"
    assert with_all.status(tripod["17"]) == without.status(tripod["17"]) == "open"
    assert with_all.status(metrics["27"]) == "reported"
    assert without.status(metrics["27"]) == "no"
    assert with_all.status(metrics["14"]) == "no"
    assert with_all.status(metrics["15"]) == "reported"
    assert "no cohort of other cases was given" in without.where(metrics["27"])


def test_the_score_counts_only_what_the_run_answers():
    lacks = {item.needs: "no" for item in METRICS.items if item.otherwise == "no"}
    told = metrics_score(Study({"methods": "Methods", "performance": "Performance"}, {}, lacks))
    # Reported: 18 and 21; no: 14, 15, 22, 24, 25, 27.
    share = 100 * (0.06 + 0.023) / (0.06 + 0.023 + 0.02 + 0.02 + 0.018 + 0.029 + 0.018 + 0.075)
    assert f"of the 8 items that this run answers: {share:.0f} %" in told
    assert "It is no score of the study" in told


def test_the_model_card_stands_on_the_page(study, whole, text_of):
    told = text_of(section_of(whole, "rule"))
    assert "To be stated by the author" in told
    assert study.rule.card["cohort"] in told
    assert "`" not in told


def test_a_rule_of_another_recipe_is_refused(study, tmp_path):
    other = predict.fit(predict.recipe("logistic"), study.cohort)
    with pytest.raises(InputError, match="of another recipe"):
        write_prediction_report(study.seen, tmp_path / "report.html", rule=other)
    assert not (tmp_path / "report.html").exists()


def test_tables_and_columns_that_nobody_foresaw_are_shown(bare, tmp_path, text_of):
    class Wider(type(bare)):
        def tables(self):
            confusion = pd.DataFrame({"truth": ["a", "b"], "called_a": [7, 2]})
            return super().tables() | {"confusion": confusion}

    fields = {name: getattr(bare, name) for name in bare.__dataclass_fields__}
    fields["selection"] = bare.selection.assign(shap=0.123)
    page = write_prediction_report(Wider(**fields), tmp_path / "report.html", figures="none")
    text = page.read_text()
    assert "Confusion Truth Called a a 7 b 2" in text_of(section_of(text, "further"))
    assert "Shap" in text_of(section_of(text, "features"))
    assert "0.12" in text_of(section_of(text, "features"))


def test_with_a_time_there_is_no_word_of_probabilities(tmp_path, text_of):
    pytest.importorskip("sklearn", reason="an extra")
    random = np.random.default_rng(2)
    values = random.normal(size=(40, 3))
    names = [f"s{number:02d}" for number in range(40)]
    event = random.exponential(np.exp(-values[:, 0]))
    rows = pd.DataFrame(values, columns=list("abc")).assign(subject=names)
    people = pd.DataFrame({"subject": names, "time": np.minimum(event, 2.0),
                           "died": (event < 2.0).astype(int)})  # fmt: skip
    cases = predict.Cohort.from_tables(rows, people, outcome=("time", "died"))
    seen = predict.evaluate(predict.recipe("cox"), cases, settings=BARE)
    page = write_prediction_report(seen, tmp_path / "report.html", cohort=cases, figures="none")
    text = page.read_text()
    assert not {"roc", "calibration", "benefit", "decisions"} & set(anchors(text))
    assert "Prediction of time and died" in text
    assert "with the event" in text_of(section_of(text, "cases"))
    assert "the outcome is no class" in text_of(section_of(text, "checklists"))


def test_figures_become_files_and_the_same_study_gives_the_same_bytes(study, tmp_path):
    report = PredictionReport(study.seen, cohort=study.cohort, title="Twice")
    pages = [report.save(tmp_path / name / "report.html") for name in ("one", "two")]
    names = {path.stem for path in (tmp_path / "one" / "figures").glob("*.svg")}
    assert names == {
        "prediction-performance", "prediction-roc", "prediction-gain", "prediction-calibration",
        "prediction-net-benefit", "prediction-features", "prediction-learning",
    }  # fmt: skip
    assert pages[0].read_bytes() == pages[1].read_bytes()
    for name in names:
        one, two = (tmp_path / each / "figures" / f"{name}.png" for each in ("one", "two"))
        assert one.read_bytes() == two.read_bytes()


def test_files_beside_the_page_are_linked(study, tmp_path):
    (tmp_path / "gain.csv").write_text("over\n")
    page = write_prediction_report(study.seen, tmp_path / "report.html", figures="none").read_text()
    told = section_of(page, "provenance")
    assert '<a href="gain.csv">' in told
    assert "performance.csv" not in told


def test_it_is_printed(study, tmp_path):
    pytest.importorskip("weasyprint", reason="an extra")
    page = write_prediction_report(study.seen, tmp_path / "report.html", figures="none")
    assert write_pdf(page, tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


def test_a_frame_is_set_by_what_its_columns_are(text_of):
    frame = pd.DataFrame({
        "rule": ["a", None], "gain": [0.1234, np.nan], "gain_low": [-0.05, np.nan],
        "gain_high": [0.3, np.nan], "p_value": [0.05, 0.5], "low": [1.5, 0.0],
        "high": [20.25, 1.0], "missing": [0.25, 0.0], "sign": [-1, 0], "stable": [True, False],
    })  # fmt: skip
    told = text_of(frame_table("t", "Caption", frame, permutations=19, bounds="Range"))
    assert "Rule Gain 95 % CI p Range Missing Sign Stable" in told
    assert "a 0.12 −0.05 to 0.30 ≤0.05 1.5–20.25 25 % − yes" in told
    assert "– – – 0.5000 0.00–1.00 0 % – no" in told


def test_other_reports_do_not_wait_for_predict():
    code = (
        "import sys, biomarkers.report as report; assert 'biomarkers.predict' not in sys.modules; "
        "print(report.PredictionReport.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "PredictionReport"


def test_several_classes_are_reported_with_what_they_have(tmp_path, text_of):
    random = np.random.default_rng(1)
    names, group = [f"m{number:02d}" for number in range(36)], np.tile(["N", "T", "R"], 12)
    rows = pd.DataFrame({"subject": names, "choline": random.normal(2.0 * (group == "T")),
                         "lipid": random.normal(2.0 * (group == "R"))})  # fmt: skip
    people = pd.DataFrame({"subject": names, "group": group})
    cases = predict.Cohort.from_tables(rows, people, outcome="group", classes=("N", "T", "R"))
    recipe = predict.recipe("logistic")
    seen, rule = predict.evaluate(recipe, cases, settings=BARE), predict.fit(recipe, cases)
    others = pd.Series(names).map("x{}".format)
    external = predict.validate(rule, predict.Cohort.from_tables(
        rows.assign(subject=others), people.assign(subject=others), outcome="group",
        classes=("N", "T", "R"),
    ))  # fmt: skip
    path = write_prediction_report(seen, tmp_path / "report.html", cohort=cases, rule=rule,
                                   external=external, figures="none")  # fmt: skip
    page = path.read_text()
    assert not {"calibration", "benefit", "gain"} & set(anchors(page))
    curves = text_of(section_of(page, "roc"))
    for row in seen.performance[seen.performance["rule"] == "recipe"].to_dict("records"):
        told = f"AUC {row['auc']:.2f} ({row['auc_low']:.2f} to {row['auc_high']:.2f})"
        assert f"ROC curve of {row['class']} against the rest" in curves
        assert told in curves
    assert "The point" not in curves
    assert seen.headline in text_of(section_of(page, "answer"))
    assert "36 subjects: 12 N, 12 T, 12 R" in text_of(section_of(page, "cases"))
    assert "T: choline" in text_of(section_of(page, "features"))
    assert "The most probable class is called" in text_of(section_of(page, "decisions"))
    assert "Confusion" in text_of(section_of(page, "further"))
    assert "probability of each class (group: N, T, R)" in text_of(section_of(page, "rule"))
    assert "Brier" not in text_of(section_of(page, "methods"))
    assert external.headline in text_of(section_of(page, "external"))
