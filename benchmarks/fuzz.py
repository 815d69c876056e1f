"""Damaged files for every reader: whatever comes, a typed error or a sound result, and soon.

python -m benchmarks.fuzz                              every reader, 10 minutes each
python -m benchmarks.fuzz blood plan --minutes 1       some readers

Guided by coverage with atheris (`pip install atheris`, Apache-2.0; no dependency of the package or
its tests). Without it, the sound files are changed at random, which finds less. A finding is an
exception that is none of `biomarkers.errors`, or a file that takes more than 10 s of work; the file
is kept under its name in `--out`.
"""

import argparse
import importlib.util
import random
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

_SECONDS = 10  # of work for one file of a few hundred bytes, however busy the machine
_MEMORY = 8 << 30
_LONGEST = 20_000  # bytes of a damaged file
_INSTRUMENTED = ["biomarkers.files", "biomarkers.text", "biomarkers.table", "biomarkers.bids",
                 "biomarkers.plan", "biomarkers.checks", "biomarkers.options", "biomarkers.pet",
                 "biomarkers.images.header", "biomarkers.images.image", "biomarkers.images.labels",
                 "biomarkers.images.transform_files", "biomarkers.dwi.gradients",
                 "biomarkers.mrs.reading", "json", "tomllib", "nibabel", "openpyxl"]  # fmt: skip


class _TooLongError(Exception):
    """A reader did not come back."""


def reading(name: str, folder: Path, findings: Path) -> Callable[[bytes], None]:
    """Return what reads one damaged file and keeps it where that is a finding."""
    from benchmarks.fuzz_readers import READERS  # noqa: PLC0415

    from biomarkers.errors import BiomarkersError  # noqa: PLC0415

    reader = READERS[name]
    for other, content in reader.beside.items():
        (folder / other).write_bytes(content)
    path, seen = folder / reader.file, set[str]()

    def read(content: bytes) -> None:
        path.write_bytes(content)
        signal.setitimer(signal.ITIMER_VIRTUAL, _SECONDS)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                reader.read(path)
        except BiomarkersError:
            pass
        except (Exception, RecursionError) as error:
            where = traceback.extract_tb(error.__traceback__)
            ours = [
                f"{each.filename}:{each.lineno}" for each in where if "biomarkers" in each.filename
            ]
            kind = f"{type(error).__name__} at {ours[-1] if ours else 'start'}"
            if kind not in seen:
                seen.add(kind)
                place = findings / f"{name}-{len(seen)}{''.join(path.suffixes)}"
                place.write_bytes(content)
                (findings / f"{place.name}.txt").write_text(
                    f"{kind}: {error}"[:500]
                    + "\n"
                    + "".join(traceback.format_tb(error.__traceback__))
                )
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)

    return read


def inside(name: str, seconds: int, folder: Path, findings: Path) -> None:
    """Feed one reader until time is up; the process ends there."""

    def ring(*_: object) -> None:
        raise _TooLongError(f"no end after {_SECONDS} s")

    signal.signal(signal.SIGVTALRM, ring)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    if importlib.util.find_spec("atheris") is None:
        _by_chance(name, seconds, folder, findings)
        return
    import atheris  # noqa: PLC0415

    with atheris.instrument_imports(include=_INSTRUMENTED):
        from benchmarks import fuzz_readers  # noqa: PLC0415
    corpus = folder / "corpus"
    corpus.mkdir()
    for number, seed in enumerate(fuzz_readers.READERS[name].seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    flags = [f"-max_total_time={seconds}", f"-max_len={_LONGEST}", "-print_final_stats=1",
             "-rss_limit_mb=0", "-timeout=300", "-verbosity=0"]  # fmt: skip
    atheris.Setup([sys.argv[0], *flags, str(corpus)], reading(name, folder, findings))
    atheris.Fuzz()


def _by_chance(name: str, seconds: int, folder: Path, findings: Path) -> None:
    from benchmarks.fuzz_readers import READERS  # noqa: PLC0415

    read, draw, runs = reading(name, folder, findings), random.Random(1), 0
    seeds = READERS[name].seeds()
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        read(damaged(draw.choice(seeds), draw))
        runs += 1
    print(f"stat::number_of_executed_units: {runs}", file=sys.stderr)


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Return a file with a few of its bytes changed, cut, doubled, or replaced by odd ones."""
    odd = (b"\0", b"\xff\xfe", b"\xe9", b'"', b"1" * 5000, b"[" * 2000, b"\t\t", b"\n\n", b"1e999",
           b"-", b"nan", b"\xff" * 8, b"\x7f\xff", b"9" * 400)  # fmt: skip
    for _ in range(draw.randint(1, 4)):
        start = draw.randrange(len(content) + 1)
        end = min(len(content), start + draw.choice((0, 1, 2, 4, 8, 100)))
        middle = draw.choice((b"", draw.choice(odd), content[start:end] * 2, draw.randbytes(2)))
        content = content[:start] + middle + content[end:]
    return content[:_LONGEST]


def fuzz(name: str, seconds: int, findings: Path) -> int:
    """Feed one reader in a process of its own; return how often it was called."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.fuzz", "--inside", name, folder,
                   str(findings), str(seconds)]  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    runs = re.search(r"number_of_executed_units: (\d+)", done.stderr)
    if runs is None:
        raise SystemExit(f"{name}: the process ended early\n{done.stderr[-3000:]}")
    return int(runs.group(1))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("readers", nargs="*", help="those to feed; all if none is named")
    parser.add_argument("--minutes", type=float, default=10.0, help="for each reader")
    parser.add_argument("--out", type=Path, default=Path("fuzz"), help="where findings are kept")
    parser.add_argument("--inside", nargs=4, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.inside:
        name, folder, findings, seconds = given.inside
        inside(name, int(seconds), Path(folder), Path(findings))
        return
    from benchmarks.fuzz_readers import READERS  # noqa: PLC0415

    guided = importlib.util.find_spec("atheris") is not None
    print(
        "atheris, guided by coverage" if guided else "changes at random: atheris is not installed"
    )
    given.out.mkdir(parents=True, exist_ok=True)
    print(f"{'reader':14} {'executions':>10} {'findings':>8}")
    for name in given.readers or READERS:
        runs = fuzz(name, round(60 * given.minutes), given.out)
        kept = len(list(given.out.glob(f"{name}-[0-9]*.txt")))
        print(f"{name:14} {runs:10} {kept:8}", flush=True)


if __name__ == "__main__":
    main()
