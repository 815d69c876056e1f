"""The command that judges whether features foretell an outcome."""

import json

import numpy as np
import pandas as pd
import pytest

from biomarkers.cli import main
from biomarkers.cli.commands import predict as predict_command
from biomarkers.predict import PredictPlan, read_predict_plan

pytest.importorskip("skops", reason="an extra")

PLAN = """
[predict]
outcome = "response"
model = "logistic"
univariate = 2
folds = 3
repeats = 1
permutations = 19
[predict.blocks]
clinical = ["age"]
"""


@pytest.fixture
def files(tmp_path):
    random = np.random.default_rng(1)
    names, truth = [f"0{number}" for number in range(30)], np.arange(30) % 2
    rows = pd.DataFrame(random.normal(size=(30, 3)), columns=list("abc")).assign(subject=names)
    rows["a"] += 2 * truth
    rows.to_csv(tmp_path / "features.csv", index=False)
    people = pd.DataFrame({"subject": names, "response": truth, "age": random.normal(60, 9, 30)})
    people.to_csv(tmp_path / "people.csv", index=False)
    (tmp_path / "plan.toml").write_text(PLAN)
    return tmp_path


def call(files, *more):
    return main([
        "predict", str(files / "features.csv"), str(files / "people.csv"),
        "--plan", str(files / "plan.toml"), "--out", str(files / "out"), "--jobs", "1", *more,
    ])  # fmt: skip


def test_tables_and_the_rule_are_written(files, capsys):
    assert call(files) == 0
    shown = capsys.readouterr()
    assert "AUC 0." in shown.out
    assert "No block volume" in shown.out
    assert "left" in shown.err  # the time that remains
    out = files / "out"
    table = pd.read_csv(out / "performance.csv")
    assert table["rule"].tolist() == ["recipe", "intercept", "clinical only"]
    assert json.loads((out / "evaluation.json").read_text())["settings"]["permutations"] == 19
    assert (out / "rule" / "model.skops").exists()
    assert f"Report    {(out / 'report.html').resolve()}" in shown.out
    page = (out / "report.html").read_text()
    assert '<a href="performance.csv">' in page
    assert "people.csv" in page
    inputs = json.loads((out / "evaluation.json").read_text())["inputs"]
    assert [each["role"] for each in inputs] == ["features", "participants", "plan"]
    assert "in subjects held out" in (out / "rule" / "card.md").read_text()
    before = (out / "performance.csv").read_bytes()
    assert call(files, "--quiet") == 0  # from its pieces
    assert (out / "performance.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("outcome = 'responder'", "no section [predict]"),
        ("[predict]\noutcome = 'response'\nmodle = 'svm'", "predict.modle: unknown key; did you"),
        ("[predict]\nmodel = 'svm'", "outcome: name a column"),
        ("[predict]\noutcome = 'cured'", "no column cured"),
        ("[predict]\noutcome = 'response'\nlasso = 1\nunivariate = 1", "choose one"),
    ],
)
def test_a_plan_that_is_wrong_ends_with_what_is(files, text, message, capsys):
    (files / "plan.toml").write_text(text)
    assert call(files) == 2
    assert message in capsys.readouterr().err


def test_the_plan_of_the_help_text_is_one(files):
    """Every key that it shows is known, and what stands in brackets is the default."""
    text = predict_command.EPILOG.partition("PLAN.toml;")[2].partition("OUT gets")[0]
    (files / "shown.toml").write_text(text.partition("\n")[2].replace("lasso = 8 ", "lasso = 2 "))
    shown = read_predict_plan(files / "shown.toml")
    assert (shown.model, shown.site, shown.stable) == ("svm", "site", "perturbed.csv")
    plain = PredictPlan(outcome="response")
    assert (plain.model, plain.positive, plain.folds, plain.repeats) == ("logistic", 1, 5, 10)
    assert (plain.at_least, plain.permutations, plain.seed) == (0.75, 199, 1)
    for name in ("lasso", "univariate", "uncorrelated", "horizon"):
        assert getattr(plain, name) is None


def test_a_title_and_no_figures_and_the_report_again(files, capsys):
    assert call(files, "--title", "Mine", "--figures", "none", "--quiet") == 0
    page = (files / "out" / "report.html").read_bytes()
    assert b"<h1>Mine</h1>" in page
    assert not (files / "out" / "figures").exists()
    capsys.readouterr()
    again = ["report", str(files / "out"), "--out", str(files / "paper"), "--title", "Mine"]
    assert main([*again, "--figures", "none"]) == 0
    assert f"Report    {(files / 'paper' / 'report.html').resolve()}" in capsys.readouterr().out
    assert (files / "paper" / "report.html").read_bytes() == page
    assert main([*again, "--qc", str(files)]) == 2
    assert "of a prediction, whose report shows no cards" in capsys.readouterr().err
