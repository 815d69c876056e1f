"""What `run` does around the measuring: which tables its plan speaks of, and what it reports."""

from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest

from biomarkers import sample_data, study, workflow
from biomarkers.errors import PlanError, StudyError, TableError
from biomarkers.study import Failure, MeasuredStudy
from biomarkers.table import check_measurements, read_measurements
from biomarkers.workflow import from_images
from biomarkers.workflow.reading import as_read

PLAN = """
outcome = "Répondeur"
positive = "oui"
baseline = 0
[visits]
0 = [0]
7 = [7]
[biomarkers.ADC]
change = "absolute"
[separation]
permutations = 199
[table]
decimal = ","
missing = ["n.d.", 5]
columns = {subject = "Bête", day = "Jour", weight = "Poids"}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Measurements as `study.measure` leaves them, participants as a laboratory keeps them."""
    rats = [f"R{rat}" for rat in range(10)]
    values = [
        f"{rat}\t{day}\tADC\t{5 + at + day * (at < 5)}"
        for at, rat in enumerate(rats)
        for day in (0, 7)
    ]
    people = [
        f"{rat}\t{'oui' if at < 5 else 'non'}\t{'n.d.' if at else '250,5'}"
        for at, rat in enumerate(rats)
    ]
    root, out = tmp_path / "study", tmp_path / "out"
    root.mkdir(), out.mkdir()
    (root / "plan.toml").write_text(PLAN)
    (root / "participants.tsv").write_text("\n".join(["Bête\tRépondeur\tPoids", *people]))
    table = out / "measurements.tsv"
    table.write_text("\n".join(["subject\tday\tbiomarker\tvalue", *values]))
    sessions = [SimpleNamespace(subject=rat, day=float(day)) for rat in rats for day in (0, 7)]
    cohort = SimpleNamespace(subjects=rats, sessions=sessions, root=root)
    monkeypatch.setattr(study, "open_study", lambda *given, **more: cohort)

    def measure(*given: object, **more: object) -> MeasuredStudy:
        return MeasuredStudy(check_measurements(pd.read_csv(table, sep="\t")), table, ())

    monkeypatch.setattr(study, "measure", measure)
    return tmp_path


def test_a_plan_speaks_of_the_tables_of_the_laboratory_alone(folder: Path) -> None:
    told: list[tuple[int, int, str]] = []
    done = workflow.run(folder / "study", folder / "out", progress=lambda *each: told.append(each))
    # 5 is missing by the plan, but not where this program wrote it.
    changes = done.analysed.results.tables["changes"]
    assert changes.loc[changes["subject"] == "R0", "value"].tolist() == [5, 12]
    (entry,) = done.analysed.results.earliest
    assert entry["visit"] == 7
    assert [what for _, _, what in told][:3] == ["reading", "changes", "permutation"]
    with pytest.raises(TableError, match="subject is to be 'Bête', which is no column"):
        workflow.analyse(
            folder / "out/measurements.tsv",
            folder / "other",
            participants=folder / "study/participants.tsv",
            plan=folder / "study/plan.toml",
        )


def test_what_was_measured_is_what_its_file_would_give(tmp_path: Path) -> None:
    rats = sample_data.write_study(tmp_path / "rats", subjects=["01"])
    measured = study.measure(rats, tmp_path / "out")
    read, kept = read_measurements(measured.path), as_read(measured.table)
    pd.testing.assert_frame_equal(kept, read, check_exact=True, check_index_type=False)
    assert kept.attrs == read.attrs


def test_stages_of_an_analysis_are_told(folder: Path) -> None:
    plan = (folder / "study/plan.toml").read_text().split("[table]")[0]
    (folder / "plan.toml").write_text(plan + "[cutoff]\n")
    (folder / "people.tsv").write_text(
        "\n".join(
            ["subject\tRépondeur", *(f"R{at}\t{'oui' if at < 5 else 'non'}" for at in range(10))]
        )
    )
    told: list[tuple[int, int, str]] = []
    workflow.analyse(
        folder / "out/measurements.tsv",
        folder / "out",
        participants=folder / "people.tsv",
        plan=folder / "plan.toml",
        progress=lambda *each: told.append(each),
    )
    assert [done for done, _, _ in told] == list(range(1, len(told) + 1))
    assert {total for _, total, _ in told} == {len(told)}
    stages = [what for _, _, what in told]
    assert stages[0] == "reading" and stages[-1] == "report" and "cutoff" in stages


def test_what_was_not_measured_is_named_where_the_analysis_fails(folder, monkeypatch) -> None:
    table = folder / "out" / "measurements.tsv"
    lost = Failure("sub-R0 ses-7", "the process was killed", "take fewer jobs")
    measured = MeasuredStudy(pd.read_csv(table, sep="\t"), table, (lost,))
    monkeypatch.setattr(study, "measure", lambda *given, **more: measured)

    def analyse(*given: object, **more: object) -> None:
        raise PlanError(["visits: nobody was measured on day 7"], "plan.toml")

    monkeypatch.setattr(from_images, "analyse_files", analyse)
    with pytest.raises(StudyError, match="nobody was measured on day 7") as caught:
        workflow.run(folder / "study", folder / "out")
    assert "sub-R0 ses-7: the process was killed" in str(caught.value)
