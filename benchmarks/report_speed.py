"""What the report of a wide study costs: CPU seconds, bytes, and figures as files.

python -m benchmarks.report_speed                24 animals, 4 days, 100 markers
python -m benchmarks.report_speed --markers 1000

The study is simulated: one marker in fifty separates from day 3 on. Only the drawing is timed,
the import of what it needs included.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

import numpy as np
import pandas as pd

DAYS = (0, 3, 10, 17)
COLUMNS = ("subject", "day", "biomarker")


def wide_study(animals: int, markers: int, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return measurements and participants of a study with many markers."""
    random = np.random.default_rng(seed)
    subjects = [f"rat{number:02d}" for number in range(1, animals + 1)]
    responder = np.arange(animals) % 2
    names = [f"marker_{number:03d}" for number in range(markers)]
    base = np.exp(random.normal(0, 0.2, (animals, 1, markers)))
    noise = random.normal(0, 0.15, (animals, len(DAYS), markers))
    effect = np.zeros((animals, len(DAYS), markers))
    effect[responder == 1, 1:, ::50] = -0.6
    values = base * np.exp(noise + effect)
    index = pd.MultiIndex.from_product([subjects, DAYS, names], names=COLUMNS)
    measurements = pd.DataFrame({"value": values.ravel()}, index=index).reset_index()
    participants = pd.DataFrame({"subject": subjects, "responder": responder})
    return measurements.assign(unit=""), participants


def analysed(animals: int, markers: int, folder: Path) -> float:
    """Analyse the study, save its results; return the CPU seconds that took."""
    from biomarkers import stats  # noqa: PLC0415
    from biomarkers.plan import make_plan  # noqa: PLC0415

    measurements, participants = wide_study(animals, markers)
    plan = make_plan(
        {
            "outcome": "responder", "positive": 1, "negative": 0, "baseline": 0,
            "visits": {str(day): [day] for day in DAYS},
            "biomarkers": {name: {} for name in measurements["biomarker"].unique()},
        }
    )  # fmt: skip
    begin = process_time()
    stats.analyse(measurements, participants, plan).save(folder)
    return process_time() - begin


def drawn(results: Path, figures: str) -> dict[str, float]:
    """Draw the report of results; return what it cost."""
    begin = process_time()
    from biomarkers.report import Report  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as out:
        page = Report.from_results(results).save(Path(out) / "report.html", figures=figures)
        files = [path for path in Path(out).rglob("figures/*") if path.suffix != ".json"]
        return {
            "seconds": process_time() - begin,
            "megabytes": page.stat().st_size / 1e6,
            "files": len(files),
            "megabytes_of_files": sum(path.stat().st_size for path in files) / 1e6,
            "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        }


def main() -> None:
    """Print what the report costs, with and without files of the figures."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--animals", type=int, default=24)
    parser.add_argument("--markers", type=int, default=100)
    parser.add_argument("--results", type=Path, help="draw these instead of a simulated study")
    parser.add_argument("--draw", metavar="FIGURES", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.draw:
        print(json.dumps(drawn(options.results, options.draw)))
        return
    with tempfile.TemporaryDirectory() as folder:
        results = options.results or Path(folder)
        if not options.results:
            seconds = analysed(options.animals, options.markers, results)
            print(f"analysis: {seconds:.1f} CPU-s")
        for figures in ("none", "shown"):
            # Each in a process of its own, so that what is imported and kept counts.
            command = [
                sys.executable, "-m", "benchmarks.report_speed",
                "--results", str(results), "--draw", figures,
            ]  # fmt: skip
            found = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
            print(
                f"report, files of figures: {figures}: {found['seconds']:.1f} CPU-s, "
                f"{found['megabytes']:.2f} MB; {found['files']:.0f} files, "
                f"{found['megabytes_of_files']:.1f} MB; peak {found['peak_megabytes']:.0f} MB"
            )


if __name__ == "__main__":
    main()
