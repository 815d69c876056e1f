"""What the engine costs beside the sessions, and how time and memory grow with their number.

    python -m benchmarks.scaling [--simulated 8] [--realistic 4] [--sessions 100]

Rats are simulated and linked under as many names as are asked for. *Simulated* sessions have all
scans of `simulate rat-glioma`, on its tiny grids (28 x 24 x 6 voxels, 80 volumes of DCE); those of
the *demo* are shorter. A *realistic* one has the same scans tiled 5 x 5 x 3 times, so on grids as
large as those of a scanner: 140 x 120 x 18 voxels, 70 x 60 x 18 of PET. *Small* ones have nothing
but an anatomical image and a map, so that the engine is all there is. Each is measured with some
sessions and with four times as many (realistic ones, twice): what a session costs is the
difference, and what is left at none is the start-up (imports, compiled code, processes). CPU
seconds count, user and system, which other programs on the machine change little; sessions per
second are of the wall clock, on a machine that does nothing else. The engine is all that the
process does that hands out sessions: planning, keys, records, the table.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
import pandas as pd

SMALL = ("T2w", "ADC")
TILES = (5, 5, 3)
_PEAK = re.compile(r"VmHWM:\s+(\d+) kB")
_EVERY = 0.1  # s


@dataclass(frozen=True)
class Cost:
    """What a run took: s of the wall clock, CPU s and peak MiB of the parent and of the workers."""

    wall: float
    parent: float
    workers: float
    parent_mib: float
    worker_mib: float


def peak_mib(process: int | str) -> float:
    """Return the most memory that a process has had, MiB; 0 if it has ended.

    `ru_maxrss` is of no use: it begins with what the process had that started this one.
    """
    try:
        text = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0.0
    peak = _PEAK.search(text)
    return float(peak[1]) / 1024.0 if peak else 0.0


@contextmanager
def peaks_of_workers() -> Iterator[list[float]]:
    """Give a list: first the CPU seconds that looking took, last the highest peak of a worker."""
    peaks, done = [0.0, 0.0], threading.Event()

    def watch() -> None:
        while not done.wait(_EVERY):
            children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
            peaks[-1] = max([peaks[-1], *map(peak_mib, children)])
            peaks[0] = time.thread_time()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield peaks
    finally:
        done.set()
        watcher.join()


def simulated(folder: Path, scans: Sequence[str] | None) -> Path:
    """Write two rats."""
    from biomarkers import simulate  # noqa: PLC0415  (a run that is timed does not need it)

    return simulate.write_study(simulate.STUDIES["rat-glioma"], folder, subjects=2, scans=scans)


def realistic(folder: Path) -> Path:
    """Write the first session of a rat on grids as large as those of a scanner."""
    root = simulated(folder, None)
    first, *later = sorted({path.name for path in root.rglob("ses-*")})
    for path in [path for name in ("sub-02", *later) for path in root.rglob(name)]:
        shutil.rmtree(path, ignore_errors=True)
    for path in root.rglob(f"*_{first}_*.nii.gz"):
        image = nib.load(path)
        data = np.tile(np.asanyarray(image.dataobj), (*TILES, *[1] * (image.ndim - 3)))
        nib.Nifti1Image(data, image.affine, image.header).to_filename(path)
    for path in (root / "participants.tsv", *root.rglob("sub-*_sessions.tsv")):
        rows = path.read_text().splitlines(keepends=True)
        path.write_text("".join(row for row in rows if not row.startswith(("sub-02", *later))))
    return root


def multiplied(few: Path, root: Path, sessions: int) -> Path:
    """Link the rats of a study under new names, until there are enough sessions."""
    people = pd.read_csv(few / "participants.tsv", sep="\t", dtype=str, keep_default_na=False)
    rows, made = [], 0
    while made < sessions:
        old, new = f"sub-{len(rows) % len(people) + 1:02}", f"sub-{len(rows) + 1:04}"
        made += len(list((few / old).glob("ses-*")))
        rows.append(people.iloc[len(rows) % len(people)].copy())
        rows[-1]["participant_id"] = new
        for source in few.rglob(f"{old}*"):
            if source.is_file():
                target = root / str(source.relative_to(few)).replace(old, new)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.link(source, target)
    for source in few.rglob("*"):  # what is of no subject: descriptions, names of labels
        if source.is_file() and "sub-" not in str(source.relative_to(few)):
            target = root / source.relative_to(few)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(source.read_bytes())
    pd.DataFrame(rows).to_csv(root / "participants.tsv", sep="\t", index=False)
    return root


def cost_of(root: Path, jobs: int) -> Cost:
    """Return what it takes to measure a study, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.scaling", "--measure", str(root)]
    run = subprocess.run(
        [*command, "--jobs", str(jobs)], check=True, stdout=subprocess.PIPE, text=True
    )
    return Cost(**json.loads(run.stdout))


def measure(root: Path, jobs: int) -> Cost:
    """Measure a study in this process."""
    from biomarkers import study  # noqa: PLC0415  (part of what is timed)

    with tempfile.TemporaryDirectory() as out:
        settings = study.MeasureSettings(jobs=jobs)
        begun = time.perf_counter()
        with peaks_of_workers() as peaks:
            study.measure(root, Path(out) / "out", settings=settings)
        wall = time.perf_counter() - begun
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own, workers = (each.ru_utime + each.ru_stime for each in used)
    return Cost(wall, own - peaks[0], workers, peak_mib("self"), peaks[-1])


def compared(root: Path, few: Path, sessions: int, jobs: int, more: int = 4) -> pd.DataFrame:
    """Return what a number of sessions costs, and `more` times as many."""
    rows = []
    for count in (sessions, more * sessions):
        folder = multiplied(few, root / f"{few.name}-{jobs}-{count}", count)
        number = len(list(folder.glob("sub-*/ses-*")))
        rows.append({"kind": few.name, "jobs": jobs, "sessions": number})
        rows[-1] |= vars(cost_of(folder, jobs))
    return pd.DataFrame(rows)


def told(pair: pd.DataFrame) -> None:
    """Print what one more session costs, and what is left at none."""
    few, many = pair.to_dict("records")
    more = {name: many[name] - few[name] for name in many if name not in ("kind", "jobs")}
    engine, work = (more[name] / more["sessions"] for name in ("parent", "workers"))
    start = [few["parent"] - few["sessions"] * engine, few["workers"] - few["sessions"] * work]
    print(f"\n{few['kind']}, jobs={few['jobs']}")
    print(f"  start-up            {start[0]:.1f} CPU s here, {start[1]:.1f} CPU s in workers")
    print(f"  sessions per second {more['sessions'] / more['wall']:.2f}")
    if few["jobs"] > 1:
        print(f"  a session           {1e3 * work:.0f} CPU ms in a worker")
        print(f"  engine              {1e3 * engine:.0f} CPU ms a session: {engine / work:.1%}")
    for who, name in (("here", "parent_mib"), ("a worker", "worker_mib")):
        print(
            f"  peak of {who:12}{few[name]:.0f} MiB with {few['sessions']} sessions, "
            f"{many[name]:.0f} MiB with {many['sessions']}"
        )


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulated", type=int, default=8)
    parser.add_argument("--realistic", type=int, default=4)
    parser.add_argument("--sessions", type=int, default=100)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--jobs", type=int, default=1, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(vars(measure(options.measure, options.jobs))))
        return
    from biomarkers.workflow.demonstration import SCANS  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        whole, small = simulated(root / "simulated", None), simulated(root / "small", SMALL)
        demo, large = simulated(root / "demo", SCANS), realistic(root / "realistic")
        cost_of(multiplied(whole, root / "warm", 1), 1)  # code is compiled once and kept
        pairs = [
            compared(root, whole, options.simulated, 1),
            compared(root, whole, options.simulated, 2),
            compared(root, demo, options.simulated, 2),
            compared(root, large, options.realistic, 2, more=2),
            compared(root, small, options.sessions, 2),
        ]
        print(pd.concat(pairs).round(1).to_string(index=False))
        for pair in pairs:
            told(pair)


if __name__ == "__main__":
    main()
