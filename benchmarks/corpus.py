"""Corrupted files, what is said of each, and the exit status: `python -m benchmarks.corpus`.

Every file is made here, from sound ones; nothing is kept. A case is a command, or a reader, whose
refusal is what makes a command end with 2. `sound` cases look odd and are none: they must give
what the sound file gives. None may end in a traceback, and what a refused command finds of an
earlier run must stay as it was. `tests/corpus` holds them to that.
"""

import argparse
import contextlib
import dataclasses
import hashlib
import io
import shutil
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from benchmarks.corpus_commands import COMMANDS, write_analysis, write_study
from benchmarks.corpus_readers import damaged_files
from benchmarks.fuzz_readers import READERS, sound_file

from biomarkers.cli import main as cli
from biomarkers.errors import BiomarkersError

TABLE = "measurements.tsv"


@dataclass(frozen=True)
class Ending:
    """How a case ended: what was said, the exit status, and whether earlier outputs stand.

    `same` tells of what only looks odd whether it gave what the sound file gives.
    """

    area: str
    name: str
    expected: int
    status: int
    message: str
    unchanged: bool = True
    same: bool = True

    @property
    def sound(self) -> bool:
        """Whether it ended as it should: as expected, without a traceback, nothing lost."""
        traced = "Traceback" in self.message
        kept = self.unchanged or self.status != 2
        return self.status == self.expected and not traced and kept and self.same


def readings() -> Iterator[Ending]:
    """Yield how each reader takes each of its damaged files."""
    for area, reader in READERS.items():
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / reader.file
            for other, content in reader.beside.items():
                path.with_name(other).write_bytes(content)
            path.write_bytes(sound_file(area))
            wanted = values_of(reader.read(path))
            for name, expected, content in damaged_files(area, sound_file(area)):
                path.write_bytes(content)
                status, message, values = _ended(lambda: values_of(reader.read(path)))  # noqa: B023
                same = status != 0 or values == wanted
                yield Ending(area, name, expected, status, message.replace(folder, "…"), same=same)


def values_of(read: Any) -> str:
    """Return every value that a reader gave, as text that can be compared."""
    if isinstance(read, pd.DataFrame):
        return values_of({name: read[name].to_numpy() for name in read})
    if isinstance(read, np.ndarray):
        return f"{read.shape} {read.tolist()}"
    if isinstance(read, Mapping):
        return str({str(name): values_of(value) for name, value in read.items()})
    if isinstance(read, tuple | list):
        return str([values_of(each) for each in read])
    if dataclasses.is_dataclass(read):
        return values_of({each.name: getattr(read, each.name) for each in dataclasses.fields(read)})
    return repr(read)


def _ended(call: Callable[[], str]) -> tuple[int, str, str]:
    """Return exit status, message and values."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return 0, "", call()
    except BiomarkersError as error:
        return 2, str(error), ""
    except Exception:
        return 1, traceback.format_exc(), ""


def commands(folder: Path) -> Iterator[Ending]:
    """Yield how each command takes each damaged study, table, plan or results."""
    study, table = folder / "study", folder / "analysis"
    write_study(study)
    write_analysis(table)
    good = {"measure": folder / "measured", "analyse": folder / "analysed"}
    _run("measure", study, good["measure"])
    _run("analyse", table, good["analyse"])
    for case in COMMANDS:
        sound = {"measure": study, "analyse": table, "report": good["analyse"]}[case.command]
        given, out = folder / "given", folder / "out"
        for each in (given, out):
            shutil.rmtree(each, ignore_errors=True)
        shutil.copytree(sound, given, symlinks=True)
        shutil.copytree(good["measure" if case.command == "measure" else "analyse"], out)
        before = _content(out)
        case.damage(given)
        status, message = _run(case.command, given, out)
        yield Ending(
            case.command,
            case.name,
            case.expected,
            status,
            message.replace(str(folder), "…"),
            _content(out) == before,
            not case.alike or _content(out)[TABLE] == before[TABLE],
        )


def _run(command: str, given: Path, out: Path) -> tuple[int, str]:
    exclusions = given / "exclusions.tsv"
    excluded = ["--exclusions", exclusions] if exclusions.exists() else []
    arguments = {
        "measure": ["measure", given, out, "--jobs", "1"],
        "analyse": ["analyse", given / "m.tsv", "--participants", given / "p.tsv",
                    "--plan", given / "plan.toml", "--out", out, *excluded],
        "report": ["report", given, "--out", out, "--figures", "none"],
    }[command]  # fmt: skip
    said = io.StringIO()
    with contextlib.redirect_stderr(said), contextlib.redirect_stdout(io.StringIO()):
        try:
            status = cli(list(map(str, arguments)))
        except SystemExit as error:
            raise AssertionError(said.getvalue()) from error
        except Exception:
            return 1, traceback.format_exc()
    return status, said.getvalue()


def _content(folder: Path) -> dict[str, str]:
    return {
        str(file.relative_to(folder)): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def endings() -> Iterator[Ending]:
    """Yield the ending of every case."""
    yield from readings()
    with tempfile.TemporaryDirectory() as folder:
        yield from commands(Path(folder))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, help="write the table there, too (Markdown)")
    given = parser.parse_args()
    lines = ["| read by | input | message | exit |", "|---|---|---|---|"]
    wrong = 0
    for each in endings():
        said = " ".join(each.message.split())[:200].replace("|", "/")
        lines.append(
            f"| {each.area} | {each.name} | {said or '(as the sound file)'} | {each.status} |"
        )
        wrong += not each.sound
        print(lines[-1], flush=True)
    print(f"{len(lines) - 2} inputs, {wrong} that ended otherwise than they should")
    if given.out:
        given.out.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
