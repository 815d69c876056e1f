"""A study of one day: `run` has nothing to say of it, and names what has."""

import shutil

import pytest

from biomarkers.cli import main
from biomarkers.simulate import STUDIES, write_study

NO_CHANGE = "a study of one day has no change from baseline"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("one") / "study"
    return write_study(STUDIES["metastases-svm"], folder, subjects=2, seed=1)


@pytest.mark.parametrize("more", [[], ["--dry-run"]])
def test_run_names_the_commands_that_foretell_an_outcome(study, more, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["run", str(study), str(out), *more]) == 2
    told = capsys.readouterr().err
    assert NO_CHANGE in told
    assert f"`biomarkers radiomics {study} {out}`" in told
    assert (
        f"`biomarkers predict {out}/measurements.tsv {study}/participants.tsv --plan "
        f"{study}/predict.toml --out DIR`" in told
    )
    assert told.count("\n") == 1
    assert not out.exists()


def test_without_plans_of_its_own_the_study_is_measured_and_a_plan_asked_for(
    study, tmp_path, capsys
):
    bare = shutil.copytree(study, tmp_path / "without plans")
    for name in ("plan.toml", "predict.toml"):
        (bare / name).unlink()
    assert main(["run", str(bare), str(tmp_path / "out")]) == 2
    told = capsys.readouterr().err
    assert f"`biomarkers measure '{bare}' {tmp_path / 'out'}`" in told  # as a shell takes it
    assert "--plan PLAN.toml --out DIR" in told


def test_measuring_says_what_comes_next(study, tmp_path, capsys):
    out = str(tmp_path / "out")
    assert main(["measure", str(study), out, "--jobs", "1"]) == 0
    told = capsys.readouterr().out
    assert f"Next      {NO_CHANGE}; to foretell an outcome: biomarkers predict {out}/" in told
    assert main(["measure", str(study), out, "--jobs", "1", "--participant-label", "01"]) == 0
    assert "Next" not in capsys.readouterr().out  # a part of a study may be of one day
