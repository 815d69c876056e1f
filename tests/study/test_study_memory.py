"""What a session needs of memory: stated before it is begun, kept to, and enough."""

import tracemalloc
from types import SimpleNamespace

import numpy as np
import pytest
from bids_of_known_truth import write
from items_at_work import Item, at_work
from test_study_bolus import add as add_bolus
from toy_study import TOY, done, make_toy_study, measure_toys

from biomarkers.cli import main
from biomarkers.errors import InputError
from biomarkers.processes import Processes, Turns
from biomarkers.study import MeasureSettings, measure, memory, plan_measuring
from biomarkers.study.engine import executor_for
from biomarkers.study.memory import BASE, available_memory, in_words, parse_memory


@pytest.mark.parametrize(
    ("given", "size"),
    [("4G", 4 << 30), ("4GiB", 4 << 30), ("1.5 g", 3 << 29), ("512MB", 512 << 20), (2000, 2000)],
)
def test_sizes_are_read(given, size):
    assert parse_memory(given) == size
    assert MeasureSettings(memory=given).memory_limit == size


@pytest.mark.parametrize("given", ["", "4 apples", "-4G", "0", "nan", True, "1e9"])
def test_what_is_no_size_is_refused(given):
    with pytest.raises(InputError, match="expected bytes, or a size like 512M or 4G"):
        MeasureSettings(memory=given)


def test_sizes_are_told():
    assert [in_words(each) for each in (1, 512 << 20, 5 << 29)] == ["1 MiB", "512 MiB", "2.5 GiB"]


def test_a_container_has_what_its_limit_leaves(tmp_path, monkeypatch):
    whole = available_memory()
    groups = tmp_path / "groups"
    own = groups / "slurm" / "job_7"
    own.mkdir(parents=True)
    (own / "memory.max").write_text("max\n")
    for name, text in (("max", "3000000"), ("current", "1000000"), ("stat", "inactive_file 500")):
        (groups / "slurm" / f"memory.{name}").write_text(f"{text}\n")
    (tmp_path / "own").write_text("0::/slurm/job_7\n")
    monkeypatch.setattr(memory, "_GROUPS", groups)
    monkeypatch.setattr(memory, "_OWN_GROUPS", tmp_path / "own")
    assert available_memory() == 2_000_500 < whole


def test_no_more_is_begun_than_there_is_memory_for(tmp_path):
    needs = [60, 60, 30, 30, 200, 60]
    with Processes(3, memory=100) as executor:
        seen = dict(executor.results(at_work, [Item(tmp_path, need) for need in needs]))
    assert sorted(seen) == list(range(6))
    for at, busy in seen.items():
        assert sum(busy) <= 100 or busy == [needs[at]]


def test_the_first_that_fits_is_next():
    turns = Turns([SimpleNamespace(memory=need) for need in (70, 50, 30)], memory=100)
    assert turns.next([]) == 0
    assert turns.next([0]) == 2
    assert turns.next([0, 2]) is None
    assert turns.next([]) == 1


def test_a_session_that_needs_more_than_there_is_is_not_begun(tmp_path):
    root = make_toy_study(tmp_path / "study", 2)
    measured = measure_toys(root, tmp_path / "out", memory=1 << 20)
    assert done(root) == []
    assert len(measured.failures) == 2
    failure = measured.failures[0]
    need = in_words(plan_measuring(root, steps=[TOY]).needs[0])
    assert f"it needs about {need} of memory, and 1 MiB may be taken" in failure.reason
    assert "--memory" in failure.advice
    assert measure_toys(root, tmp_path / "out", memory="4G", resume=True).failures == ()


def test_a_dry_run_says_what_is_needed(tmp_path, small_study, capsys):
    command = ["measure", str(small_study.root), str(tmp_path / "out"), "--dry-run"]
    assert main([*command, "--memory", "4G"]) == 0
    said = capsys.readouterr().out
    (need, _) = plan_measuring(small_study.root).needs
    assert f"(new), {in_words(need)} of memory" in said
    assert main([*command, "--memory", "100M"]) == 1
    said = capsys.readouterr().out
    assert f"Too large sub-01 ses-day00: it needs about {in_words(need)} of memory" in said
    assert "0 sessions to measure, 2 too large" in said
    assert not (tmp_path / "out").exists()


def test_what_is_stated_is_enough(small_study, tmp_path):
    """Of arrays alone; what a process needs besides is `BASE`."""
    add_bolus(small_study, "00")
    measure(small_study.root, tmp_path / "first")  # imports, compiles
    (need, _) = plan_measuring(small_study.root).needs
    tracemalloc.start()
    measure(small_study.root, tmp_path / "out")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert need > BASE
    assert peak < need


def test_a_longer_series_needs_more(small_study):
    add_bolus(small_study, "00")
    before = plan_measuring(small_study.root).needs[0]
    path = small_study.file("dsc.nii.gz")
    sidecar = small_study.file("dsc.json").read_text()
    series = np.ones((8, 8, 3, 4000))
    write(path, series, {"EchoTime": 0.03, "VolumeTiming": np.arange(4000.0).tolist()})
    moved = MeasureSettings(steps={"dsc": {"motion": "rigid"}})
    long, corrected = (
        plan_measuring(small_study.root, settings=each).needs[0]
        for each in (MeasureSettings(), moved)
    )
    assert long - before > 2 * series.size * 4
    assert corrected - long == 3 * series.size * 4
    assert sidecar


def test_no_more_processes_are_started_than_there_is_memory_for():
    assert executor_for(8, 20, 3 * BASE)._count == 3
    assert executor_for(8, 20, BASE - 1)._count == 1
    assert executor_for(8, 20, 1 << 62)._count == 8
