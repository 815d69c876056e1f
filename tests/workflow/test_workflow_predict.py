"""A prediction from two files to its report, and the report drawn again from the folder."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest

from biomarkers import predict, workflow
from biomarkers.errors import FileError, InputError
from biomarkers.predict import by_plan
from biomarkers.predict.evaluation_file import read_evaluation
from biomarkers.predict.steps.recorded import Recorded
from biomarkers.workflow import from_features

pytest.importorskip("skops", reason="an extra")

PLANS = {
    "two": """
outcome = "response"
site = "site"
univariate = 3
stable = "again.csv"
permutations = 19
blocks = { clinical = ["age"] }
""",
    "classes": 'outcome = "group"\nclasses = ["N", "T", "R"]\npermutations = 0',
    "time": 'outcome = ["time", "died"]\nmodel = "cox"\nlasso = 2\npermutations = 0',
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """A folder with the outcome of each plan."""
    home = tmp_path_factory.mktemp("predictions")
    random = np.random.default_rng(1)
    number = np.arange(36)
    names = [f"s{each:02d}" for each in number]
    rows = pd.DataFrame(random.normal(size=(36, 4)), columns=["<a>", "b", "=c", "d"])
    rows["<a>"] += 2 * (number % 2) + (number % 3)
    rows.loc[4, "b"] = np.nan
    rows.assign(subject=names).to_csv(home / "features.csv", index=False)
    pd.DataFrame({
        "subject": names, "response": number % 2, "group": np.array(list("NTR"))[number % 3],
        "time": random.exponential(9, 36), "died": (number % 4 > 0).astype(int),
        "age": random.normal(60, 9, 36), "site": np.where(number < 18, "Graz", "Ulm"),
    }).to_csv(home / "people.csv", index=False)  # fmt: skip
    lesion, time = np.repeat(np.arange(12), 2), np.tile([1, 2], 12)
    again = pd.DataFrame({"subject": lesion, "perturbation": time, "<a>": lesion + 0.1 * time})
    again.assign(b=np.sin(7.0 * np.arange(24))).to_csv(home / "again.csv", index=False)
    for name, text in PLANS.items():
        (home / f"{name}.toml").write_text(f"[predict]\nfolds = 3\nrepeats = 1\n{text}\n")
        judge(home, name)
    return home


def figures_of(name):
    """Of one study figures become files: they take most of the time."""
    return "shown" if name == "two" else "none"


def judge(home, name, **how):
    return workflow.predict(
        home / "features.csv", home / "people.csv", home / name, plan=home / f"{name}.toml",
        figures=figures_of(name), **how,
    )  # fmt: skip


def evaluated(home, name):
    """Return the judgement, made of its pieces."""
    return predict.predict_by_plan(
        home / "features.csv", home / "people.csv", plan=home / f"{name}.toml", out=home / name
    )


def files(folder):
    return {
        path.relative_to(folder): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "pieces" not in path.parts
    }


@pytest.mark.parametrize("name", PLANS)
def test_the_same_files_from_a_folder_alone(folders, name, tmp_path):
    drawn = workflow.draw(folders / name, tmp_path / "again", figures=figures_of(name))
    assert files(tmp_path / "again") == files(folders / name)
    assert drawn.files == (tmp_path / "again" / "report.html",)


def test_a_copy_can_be_drawn_again_where_it_lies(folders, tmp_path):
    out = tmp_path / "again"
    first = workflow.draw(folders / "time", out, figures="none")
    before = files(out)
    again = workflow.draw(out / "evaluation.json", out, figures="none")
    assert again.results.headline == first.results.headline
    assert files(out) == before == files(folders / "time")


@pytest.mark.parametrize("name", PLANS)
def test_a_judgement_is_read_as_it_was(folders, name):
    seen = evaluated(folders, name)
    kept = read_evaluation(folders / name / "evaluation.json").seen
    assert type(kept) is type(seen)
    assert kept.recipe == seen.recipe
    assert kept.settings == seen.settings
    assert kept.doubts == seen.doubts if name != "classes" else kept.shown == seen.shown
    for table, made in seen.tables().items():
        if len(made):
            pd.testing.assert_frame_equal(kept.tables()[table], made, check_dtype=False, rtol=0)
        else:
            assert list(kept.tables()[table]) == list(made)


def test_a_step_that_was_read_can_be_told_of_and_not_fitted(folders):
    recipe = read_evaluation(folders / "two" / "evaluation.json").seen.recipe
    assert recipe.declared()["stable"]["kind"] == "Stable"
    rows = pd.read_csv(folders / "features.csv")
    people = pd.read_csv(folders / "people.csv")
    cohort = predict.Cohort.from_tables(rows, people, outcome="response")
    with pytest.raises(InputError, match="declare the recipe anew"):
        predict.fit(recipe, cohort)
    assert isinstance(recipe.select, Recorded)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"headline": "AUC 0.99."}, "headline is not what the tables say"),
        ({"performance": []}, "no judgement as this version writes it"),
        ({"performance": "none"}, "no judgement as this version writes it"),
        ({"gain": [{"over": "clinical only", "gain": "much"}]}, "no judgement as this version"),
        ({"cohort": None}, "no judgement as this version writes it"),
        ({"recipe": {"model": {"kind": "Cnn"}, "blocks": []}}, "no judgement as this version"),
        ({"settings": {"folds": 1}}, "expected a whole number from 2"),
    ],
)
def test_a_file_that_is_another_is_refused(folders, change, message, tmp_path):
    content = json.loads((folders / "two" / "evaluation.json").read_text())
    (tmp_path / "evaluation.json").write_text(json.dumps(content | change))
    with pytest.raises(FileError, match=message) as caught:
        workflow.draw(tmp_path, tmp_path / "out")
    assert "`biomarkers predict` again" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_model_declared_otherwise_is_named(folders, tmp_path):
    content = json.loads((folders / "two" / "evaluation.json").read_text())
    content["recipe"]["model"]["penalties"] = [7.0]
    (tmp_path / "evaluation.json").write_text(json.dumps(content))
    with pytest.raises(FileError, match="Logistic was declared otherwise"):
        read_evaluation(tmp_path / "evaluation.json")


def test_a_rule_of_another_study_is_refused(folders, tmp_path):
    workflow.draw(folders / "two", tmp_path, figures="none")
    workflow.draw(folders / "time", tmp_path / "time", figures="none")
    (tmp_path / "time" / "evaluation.json").write_bytes((tmp_path / "evaluation.json").read_bytes())
    with pytest.raises(InputError, match="another recipe than the rule"):
        workflow.draw(tmp_path / "time", tmp_path / "out")


def test_a_folder_of_both_has_to_be_told_which(folders, tmp_path):
    workflow.draw(folders / "two", tmp_path, figures="none")
    (tmp_path / "results").mkdir()
    with pytest.raises(InputError, match=r"an analysis .results/. and a prediction"):
        workflow.draw(tmp_path, tmp_path)
    again = workflow.draw(tmp_path / "evaluation.json", tmp_path, figures="none", title="Mine")
    assert "<h1>Mine</h1>" in again.files[0].read_text("utf-8")


def test_what_was_interrupted_is_named_and_no_old_judgement_stays(folders, tmp_path, monkeypatch):
    out = shutil.copytree(folders / "time", tmp_path / "out")
    monkeypatch.setattr(by_plan, "fit", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        predict.predict_by_plan(
            folders / "features.csv", folders / "people.csv", plan=folders / "time.toml", out=out
        )
    with pytest.raises(InputError, match=r"not come to its end .*again: it goes on"):
        workflow.draw(out, tmp_path / "paper")
    assert not (tmp_path / "paper").exists()


def test_quality_cards_are_of_an_analysis(folders, tmp_path):
    with pytest.raises(InputError, match=r"qc: .* of a prediction"):
        workflow.draw(folders / "two", tmp_path, qc=tmp_path)


def test_a_pdf_and_a_title_beside_the_page(folders):
    pytest.importorskip("weasyprint", exc_type=(ImportError, OSError))
    made = judge(folders, "classes", title="Mine", pdf=True)
    assert [path.name for path in made.files] == ["report.html", "report.pdf"]
    assert made.files[1].read_bytes().startswith(b"%PDF")
    assert "<h1>Mine</h1>" in made.report.read_text("utf-8")
    made.files[1].unlink()
    judge(folders, "classes")


def test_what_an_extra_lacks_is_said_before_any_work(folders, monkeypatch):
    def lacking():
        raise InputError("PDF needs WeasyPrint")

    monkeypatch.setattr("biomarkers.workflow.forms.load_weasyprint", lacking)
    monkeypatch.setattr(from_features, "carry_out", lambda *_, **__: pytest.fail("judged"))
    with pytest.raises(InputError, match="needs WeasyPrint"):
        judge(folders, "two", pdf=True)
