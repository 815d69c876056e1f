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
    root, out = make_toy_study(tmp_path / "study", 2), tmp_path / "out"
    order(root, "01", "die")
    measured = measure_toys(root, out, jobs=2)
    assert set(measured.table["subject"]) == {"02"}
    (failure,) = measured.failures
    assert failure.session == "sub-01 ses-a"
    assert "was killed by SIGKILL, twice, the second time with no other" in failure.reason
    assert "fewer jobs" in failure.advice
    assert done(root) == ["01", "01", "02"]
    # With the cause removed, only it is measured.
    (root / "sourcedata/01").unlink()
    assert measure_toys(root, out, resume=True).failures == ()
    assert done(root) == ["01"]


def test_what_a_killed_run_has_done_is_kept(tmp_path) -> None:
    root, out = make_toy_study(tmp_path / "study", 2), tmp_path / "out"
    waiting = order(root, "02", "wait")
    script = tmp_path / "script.py"
    script.write_text(RUN.format(here=HERE, root=str(root), out=str(out)))
    with subprocess.Popen([sys.executable, str(script)]) as run:
        try:
            done_one = out / "records/sub-01_ses-a.json"
            wait_for(lambda: waiting.with_suffix(".waits").exists() and done_one.exists())
            with pytest.raises(InputError, match=f"written by process {run.pid} on .* since "):
                measure_toys(root, out)
        finally:
            run.kill()
    waiting.unlink()
    before = tree(out)
    assert "measurements.tsv" not in before
    done(root)
    measure_toys(root, out, resume=True)
    assert done(root) == ["02"]
    measure_toys(root, tmp_path / "undisturbed")
    assert tree(out) == tree(tmp_path / "undisturbed")
