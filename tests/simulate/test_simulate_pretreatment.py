"""The cohorts before radiotherapy: their truth, their bytes, their lesions, and what takes them."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from biomarkers import simulate, stats
from biomarkers.cli import main
from biomarkers.cli.commands.simulate import STUDIES as spelled
from biomarkers.errors import InputError
from biomarkers.images import read_image, read_labels
from biomarkers.predict import read_predict_plan
from biomarkers.simulate.studies.lesion_scan import LESION_SPREAD
from biomarkers.study import open_study

DESIGNS = {"metastases-svm": (256, 5), "metastases-forest": (87, 3), "glioblastoma-split": (125, 6)}
SVM = simulate.STUDIES["metastases-svm"]
SUBJECTS = 6


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return simulate.write_study(SVM, tmp_path_factory.mktemp("svm") / "study", subjects=SUBJECTS)


def images_of(study):
    """Yield image and regions of every patient."""
    for file in sorted(study.glob("sub-*/*/anat/*_ce-gadolinium_T1w.nii.gz")):
        place = study / "derivatives/segmentation" / file.parent.relative_to(study)
        names = {label: name for name, label in SVM.regions.items()}
        yield file, read_labels(next(place.glob("*dseg.nii.gz")), names=names)


def known(declared, name, *, subjects, seed):
    """Return what an oracle knows of many patients, and who responds."""
    table, people = simulate.draw_tables(declared, subjects=subjects, seed=seed)
    looks = np.log(table.pivot_table(index="subject", columns="biomarker", values="value"))
    columns = people.set_index("subject").join(looks)[list(declared.oracle[name])]
    return columns.to_numpy(dtype=float), people["responder"].to_numpy()


@pytest.mark.parametrize("name", DESIGNS)
def test_counts_are_those_published(name):
    subjects, variables = DESIGNS[name]
    declared = simulate.STUDIES[name]
    assert declared.subjects == subjects
    assert len(set(declared.traits) - {"scanner"}) == variables


def test_the_command_spells_every_study_and_its_size():
    assert spelled == {name: each.subjects for name, each in simulate.STUDIES.items()}


@pytest.mark.parametrize("name", DESIGNS)
def test_the_stated_auc_is_that_of_a_rule_learned_from_other_patients(name):
    """Logistic regression by Newton's method, learned from one draw and judged in another."""
    declared = simulate.STUDIES[name]
    for part, columns in declared.oracle.items():
        learned, responds = known(declared, part, subjects=4000, seed=11)
        middle, spread = learned.mean(axis=0), learned.std(axis=0)
        design = np.column_stack([np.ones(len(learned)), (learned - middle) / spread])
        weights = np.zeros(design.shape[1])
        for _ in range(6):
            risk = 1.0 / (1.0 + np.exp(-design @ weights))
            information = design.T @ (design * (risk * (1.0 - risk))[:, None])
            weights += np.linalg.solve(information, design.T @ (responds - risk))
        others, truth = known(declared, part, subjects=4000, seed=12)
        judged = stats.roc(((others - middle) / spread) @ weights[1:], truth, direction="higher")
        assert simulate.oracle_auc(declared, columns) == pytest.approx(judged.auc, abs=0.03)


def test_who_knows_more_tells_more_and_without_effects_nothing():
    auc = {name: simulate.oracle_auc(SVM, columns) for name, columns in SVM.oracle.items()}
    assert all(0.55 < auc[name] < auc["all"] for name in ("clinical", "volume", "texture"))
    nothing = simulate.oracle_auc(simulate.with_effects(SVM, 0), SVM.oracle["all"])
    assert nothing == pytest.approx(0.5, abs=0.02)
    assert simulate.oracle_auc(SVM, ["enhancement", "rim_width"]) == pytest.approx(0.5, abs=0.02)


def test_the_oracle_refuses_what_is_no_number():
    with pytest.raises(InputError, match="'scanner' is no course, and no trait that is a number"):
        simulate.oracle_auc(SVM, ["scanner"], subjects=10)
    with pytest.raises(InputError, match="oracle all names 'colour'"):
        replace(SVM, oracle={"all": ("colour",)})


def test_the_study_states_its_truth(study):
    stated = json.loads((study / "sourcedata/truth/truth.json").read_text())["OracleAuc"]
    assert set(stated) == set(SVM.oracle)
    assert stated["all"] == pytest.approx(simulate.oracle_auc(SVM, SVM.oracle["all"]), abs=5e-4)
    readme = (study / "README").read_text()
    assert "Nothing in this folder was measured" in readme
    assert f"| {simulate.oracle_auc(SVM, SVM.oracle['all']):.2f} |" in readme


def test_the_same_seed_gives_the_same_bytes_in_a_cohort_of_any_size(study, tmp_path):
    again = simulate.write_study(SVM, tmp_path / "again", subjects=2)
    for part in ("anat/*T1w.nii.gz", "anat/*T1w.json"):
        files = [next(root.glob(f"sub-02/*/{part}")) for root in (study, again)]
        assert files[0].read_bytes() == files[1].read_bytes()
    other = simulate.write_study(SVM, tmp_path / "other", subjects=2, seed=2)
    drawn = [next(root.glob("derivatives/*/sub-02/*/anat/*dseg*")) for root in (study, other)]
    assert drawn[0].read_bytes() != drawn[1].read_bytes()


def test_lesions_are_whole_apart_and_as_large_as_the_truth_says(study):
    truth = pd.read_table(study / "sourcedata/truth/truth.tsv", dtype={"subject": str})
    volumes = truth[truth["biomarker"] == "volume"].set_index(["subject", "region"])["value"]
    people = pd.read_table(study / "participants.tsv").set_index("participant_id")
    for file, labels in images_of(study):
        subject = file.name.split("_")[0]
        assert len(labels.regions) == people.loc[subject, "lesions"]
        drawn = labels.volumes()
        for region in labels.regions:
            assert drawn[region] == pytest.approx(volumes[subject[4:], region])
        edge = np.ones(labels.shape, dtype=bool)
        edge[1:-1, 1:-1, 1:-1] = False
        assert not labels.image.data[edge].any()
    assert set(truth["biomarker"]) == set(LESION_SPREAD)


def test_lesions_enhance_and_scanners_differ(study):
    people = pd.read_table(study / "participants.tsv").set_index("participant_id")
    noise, contrast = {"A": [], "B": []}, []
    for file, labels in images_of(study):
        data = np.asarray(read_image(file).data, dtype=float)
        brain = (data > 2000) & (labels.image.data == 0)
        contrast.append(data[labels.image.data > 0].mean() / data[brain].mean())
        noise[people.loc[file.name.split("_")[0], "scanner"]].append(data[:2, :2].std())
    assert np.mean(contrast) > 1.2
    assert np.mean(noise["B"]) > np.mean(noise["A"])


def test_it_is_a_study_and_its_plans_are_read(study):
    opened = open_study(study)
    assert len(opened.sessions) == SUBJECTS
    declared = tomllib.loads((study / "plan.toml").read_text())["measure"]["radiomics"]
    assert declared["filters"] == ["original", "log_3mm", "wavelet_coif1"]
    plan = read_predict_plan(study / "predict.toml")
    assert (plan.outcome, plan.site, plan.model) == ("responder", "scanner", "svm_rbf")


def test_the_command_writes_it_and_another_measures_it(tmp_path, capsys):
    pytest.importorskip("skimage", reason="radiomics needs the extra")
    pytest.importorskip("pywt", reason="radiomics needs the extra")
    folder, out = tmp_path / "study", tmp_path / "out"
    assert main(["simulate", "metastases-svm", str(folder), "--subjects", "2", "--jobs", "1"]) == 0
    assert f"biomarkers radiomics {folder} OUT" in capsys.readouterr().out
    assert main(["radiomics", str(folder), str(out), "--jobs", "1", "-q"]) == 0
    rows = pd.read_table(out / "measurements.tsv", dtype={"subject": str})
    lesions = pd.read_table(folder / "participants.tsv")["lesions"].sum()
    assert len(rows[["subject", "region"]].drop_duplicates()) == lesions
    assert (rows["qc"] == "ok").all()
    truth = pd.read_table(folder / "sourcedata/truth/truth.tsv", dtype={"subject": str})
    mesh = rows[rows["biomarker"] == "morph_vol_approx"]
    pair = mesh.merge(truth[truth["biomarker"] == "volume"], on=["subject", "region"])
    assert len(pair) == lesions
    np.testing.assert_allclose(pair["value_x"], pair["value_y"])
