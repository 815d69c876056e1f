from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from benchmarks import early_studies, early_studies_images, early_studies_tables
from biomarkers.simulate import STUDIES

RATS = STUDIES["rat-glioma"]


def test_volumes_in_images_are_held_against_the_truth(tmp_path, capsys):
    small = replace(RATS, visits=RATS.visits[:2], scans={"T2w": RATS.scans["T2w"]}, optional=())
    settings = {"subjects": 2, "seeds": 1}
    table = early_studies_images.error_table(small, tmp_path, **settings)
    assert list(table["biomarker"]) == ["volume"]
    assert table["n"].item() == 4
    assert abs(table["bias"].item()) < 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["rat-glioma-2-seed1.tsv"]
    # Taken from what was kept.
    kept = tmp_path / "rat-glioma-2-seed1.tsv"
    rows = pd.read_csv(kept, sep="\t", dtype={"subject": str})
    rows.assign(value=2 * rows["value"]).to_csv(kept, sep="\t", index=False)
    again = early_studies_images.error_table(small, tmp_path, **settings)
    assert again["bias"].item() == pytest.approx(table["bias"].item() + np.log(2))


def test_errors_of_values_and_of_changes_are_those_put_in():
    rng = np.random.default_rng(1)
    index = pd.MultiIndex.from_product([[1], range(2000), [0, 7]], names=["seed", "subject", "day"])
    rows = pd.DataFrame({"value_true": np.exp(rng.normal(size=len(index)))}, index).reset_index()
    lasting = np.repeat(rng.normal(0.1, 0.2, size=2000), 2)
    rows["value"] = rows["value_true"] * np.exp(lasting + rng.normal(0, 0.05, size=len(rows)))
    rows = rows.assign(se=0.2 * rows["value"], low=np.nan, high=np.nan)
    row = early_studies_images.error_row(rows, 0)
    assert row["bias"] == pytest.approx(0.1, abs=0.02)
    assert row["scatter"] == pytest.approx(np.hypot(0.2, 0.05), abs=0.01)
    assert row["stated"] == pytest.approx(0.2)
    # The logarithm of the error lies in -0.331 to 0.498.
    assert row["coverage"] == pytest.approx(0.955, abs=0.015)
    assert row["change_scatter"] == pytest.approx(0.05 * np.sqrt(2), abs=0.004)
    assert row["change_slope"] == pytest.approx(1, abs=0.01)


def test_uptake_in_tables_has_its_error_against_the_tissue():
    rows = {"biomarker": ["SUVmean", "SUVmean_tissue", "CBV"], "change_scatter": [0.01, 0.04, 0.02]}
    known = early_studies_images.errors_for_tables(pd.DataFrame(rows))
    assert known == pytest.approx({"SUVmean": 0.04 / 2**0.5, "CBV": 0.02 / 2**0.5})


def test_the_plan_tells_effects_from_none(tmp_path, capsys):
    errors = pd.DataFrame(
        {"study": "rat-glioma", "biomarker": ["SUVmean", "volume"], "change_scatter": [0.05, 0.02]}
    )
    errors.to_csv(tmp_path / early_studies.ERRORS, index=False)
    few = ["--studies", "rat-glioma", "--only", "rates", "--cohorts", "5", "--jobs", "1"]
    work = ["--permutations", "99", "--work", str(tmp_path / "kept")]
    early_studies.main([*few, *work], tmp_path)
    assert "SUVmean" in capsys.readouterr().out
    table = pd.read_csv(tmp_path / early_studies.RATES)
    by = table.set_index(["effects", "biomarker", "day"])
    assert by.loc[("declared", "SUVmean", 3), "claimed"] == 1
    assert by.loc[("none", "SUVmean", 3), "claimed"] < 0.5
    # As declared: volume grows alike in all before day 17.
    assert (by.loc["declared"].loc["volume", "effect"] == [0, 0, -1]).all()
    assert (table.loc[table["effects"] == "none", "effect"] == 0).all()


def test_a_first_claim_is_right_too_early_or_too_late():
    table = pd.DataFrame(
        {
            "study": "one",
            "effects": "declared",
            "biomarker": ["late"] * 3 + ["never"] * 3,
            "day": [1, 2, 3] * 2,
            "effect": [0, 0.5, 0.5, 0, 0, 0],
            "first": [0.1, 0.4, 0.3, 0.0, 0.05, 0.0],
        }
    )
    late, never = early_studies_tables.first_claims(table).to_dict("records")
    assert late["true_day"] == "2"
    assert [late[name] for name in ("too_early", "right", "too_late")] == [0.1, 0.4, 0.3]
    assert late["never"] == pytest.approx(0.2)
    assert never["true_day"] == "never"
    assert (never["too_early"], never["right"]) == (0.05, 0.95)
