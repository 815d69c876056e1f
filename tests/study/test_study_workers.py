"""A whole study on several processes: what a kill costs, and what the next run makes of it."""

import subprocess
import sys
from pathlib import Path

import pytest
from toy_study import done, make_toy_study, measure_toys, order, tree, wait_for

from biomarkers.errors import InputError

HERE = str(Path(__file__).parent)
RUN = """
import sys
sys.path.insert(0, {here!r})
from toy_study import measure_toys
if __name__ == "__main__":
    measure_toys({root!r}, {out!r}, jobs=2)
"""


def test_a_session_that_kills_its_process_twice_is_named(tmp_path) -> None:
    root = make_toy_study(tmp_path / "study", 2)
    order(root, "01", "die")
    measured = measure_toys(root, tmp_path / "out", jobs=2)
    assert set(measured.table["subject"]) == {"02"}
    (failure,) = measured.failures
    assert failure.session == "sub-01 ses-a"
    assert "was killed by SIGKILL, twice, the second time with no other" in failure.reason
    assert "fewer jobs" in failure.advice
    assert done(root) == ["01", "01", "02"]
    # With the cause removed, the results are those of an undisturbed run.
    (root / "sourcedata/01").unlink()
    assert measure_toys(root, tmp_path / "out", resume=True).failures == ()
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(tmp_path / "out") == tree(tmp_path / "undisturbed")


def test_what_a_killed_run_has_done_is_kept(tmp_path) -> None:
    root, out = make_toy_study(tmp_path / "study", 3), tmp_path / "out"
    waits = [order(root, subject, "wait") for subject in ("02", "03")]
    script = tmp_path / "script.py"
    script.write_text(RUN.format(here=HERE, root=str(root), out=str(out)))
    with subprocess.Popen([sys.executable, str(script)]) as run:
        try:
            wait_for(lambda: all(each.with_suffix(".waits").exists() for each in waits))
            with pytest.raises(InputError, match=f"written by process {run.pid} on .* since "):
                measure_toys(root, out)
        finally:
            run.kill()
    for each in waits:
        each.unlink()
    before = tree(out)
    assert "records/sub-01_ses-a.json" in before and "measurements.tsv" not in before
    done(root)
    measure_toys(root, out, resume=True)
    assert done(root) == ["02", "03"]
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")
