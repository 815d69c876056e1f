"""The demonstration: a simulated rat study, all the way to the report."""

import shutil
from collections.abc import Callable
from pathlib import Path

from biomarkers import simulate
from biomarkers.errors import FileError
from biomarkers.files import require_writable
from biomarkers.study import MeasureSettings
from biomarkers.workflow.from_images import Run, run

STUDY = "study"
# What a laboratory without a cyclotron or raw diffusion data has; and quicker than all.
SUBJECTS = 24
SCANS = ("T2w", "VFA", "TB1AFI", "dce", "iron_oxide", "ADC", "flt")


def demo(
    out: Path | str,
    *,
    jobs: int = 1,
    announce: Callable[[str], None] = lambda text: None,
    progress: Callable[[int, int, str], None] | None = None,
) -> Run:
    """Simulate a cohort of rats with glioma in `out/study`, then run the study.

    A study that an earlier demonstration left there is used again.

    Parameters
    ----------
    out
        Gets `study/`, `measurements.tsv`, `results/` and `report.html`.
    jobs
        Rats simulated, and sessions measured, at once.
    announce
        Called with a sentence before each stage.
    progress
        As for `run`.

    Raises
    ------
    FileError
        If `out` cannot be written, or another study stands in `out/study`.

    """
    out = require_writable(out)
    folder = out / STUDY
    if folder.exists() and not (folder / "sourcedata" / "truth").is_dir():
        raise FileError(f"{folder} is there already and no simulated study; name another folder")
    if not folder.exists():
        announce(f"Simulating {SUBJECTS} rats with glioma, imaged on days 0, 3, 10 and 17 …")
        # Under another name until it is whole, so that an interruption leaves no half study.
        growing = out / f".{STUDY}"
        shutil.rmtree(growing, ignore_errors=True)
        rats = simulate.STUDIES["rat-glioma"]
        simulate.write_study(
            rats, growing, subjects=SUBJECTS, scans=SCANS, progress=progress, jobs=jobs
        )
        growing.rename(folder)
    announce("Measuring every session, then analysing by the plan of the study …")
    return run(folder, out, settings=MeasureSettings(jobs=jobs), progress=progress)
