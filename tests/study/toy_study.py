"""A study of many small sessions and a step from outside that does as it is told.

What the step does for a subject stands in `sourcedata/<subject>`: `fail`, `die` (a kill of its
process), `die once`, `wait` (until that file is gone). Whom it measured stands in `sourcedata/log`.
"""

import hashlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from bids_of_known_truth import SHAPE, grid, labels, write

from biomarkers.estimates import Estimates, reasons_of
from biomarkers.images import read_image, write_image
from biomarkers.quantities import Quantity
from biomarkers.study import Files, MeasureSettings, Outcome, Step, Work, measure

_PATIENCE = 300.0  # s, of a machine with much else to do


@dataclass(frozen=True)
class ToySettings:
    """`factor` scales the map."""

    factor: float = 1.0


def measure_toy(work: Work) -> Outcome:
    control = work.session.raw.root / "sourcedata"
    with (control / "log").open("a") as log:
        log.write(f"{work.session.subject}\n")
    _obey(control / work.session.subject)
    (image,) = work.images("TOY")
    values = work.settings.factor * np.asarray(read_image(image.file.path).data, dtype=float)
    toy = Quantity("toy", "", "a toy")
    found = Estimates("toy", (toy,), {"toy": values}, {}, reasons_of(values.shape, {}))
    return Outcome((found,), (work.card("toy", "Toy", "A toy."),))


def _obey(order: Path) -> None:
    wish = order.read_text() if order.exists() else ""
    if wish == "fail":
        raise RuntimeError("a step with a fault")
    if wish == "die once":
        order.unlink()
    if wish.startswith("die"):
        os.kill(os.getpid(), signal.SIGKILL)
    if wish == "wait":
        order.with_suffix(".waits").write_text(str(os.getpid()))
        end = time.monotonic() + _PATIENCE
        while order.exists() and time.monotonic() < end:
            time.sleep(0.02)


TOY = Step(
    "toy", "Toy", (Files("TOY"),), ("toy",), measure_toy, settings=ToySettings, folder="anat"
)


def make_toy_study(root: Path, subjects: int = 3) -> Path:
    (root / "sourcedata").mkdir(parents=True)
    lines = ["participant_id\tgroup\tweight_g\toutcome"]
    for index in range(1, subjects + 1):
        subject = f"sub-{index:02}"
        lines.append(f"{subject}\ttreated\t250\t0")
        place = root / subject / "ses-a" / "anat"
        write(place / f"{subject}_ses-a_TOY.nii.gz", np.full(SHAPE, float(index)), {})
        (root / subject / f"{subject}_sessions.tsv").write_text("session_id\tdays\nses-a\t0\n")
        drawn = root / "derivatives" / "drawn" / subject / "ses-a" / "anat"
        write_image(drawn / f"{subject}_ses-a_dseg.nii.gz", labels(), like=grid(), dtype=np.int16)
    (root / "participants.tsv").write_text("\n".join(lines) + "\n")
    return root


def order(root: Path, subject: str, wish: str) -> Path:
    path = root / "sourcedata" / subject
    path.write_text(wish)
    return path


def done(root: Path) -> list[str]:
    """Return whom the step has measured since it was last asked, sorted."""
    log = root / "sourcedata" / "log"
    lines = log.read_text().split() if log.exists() else []
    log.unlink(missing_ok=True)
    return sorted(lines)


def measure_toys(root: Path, out: Path, **settings):
    return measure(root, out, settings=MeasureSettings(**settings), steps=[TOY])


def tree(out: Path) -> dict[str, str]:
    """Return hashes of all but logs, which must be the same however they came about."""
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file() and path.parent != out / "logs"
    }


def wait_for(condition: Callable[[], bool], seconds: float = _PATIENCE) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)
