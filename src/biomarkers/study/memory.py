"""How much memory a session needs, by its headers, and how much there is.

Peaks of series and maps were measured (`python -m benchmarks.memory`) and rounded up; what motion
and denoising add is reckoned from the copies they make. A session that is thought to need too much
waits, one that is thought to need too little may be killed.
"""

import math
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

from biomarkers.errors import InputError
from biomarkers.files import physical_memory
from biomarkers.study.recipe import Recipe, Task

# A process with all that is imported, compiled and made of some voxels at a time.
BASE = 450 << 20
# Copies of the series in single precision, at the most, that a step works with besides its maps;
# more where motion is taken out of it, or noise. The images of one step are one series.
_SERIES, _MOTION, _DENOISING = 3, 3, 7
# Maps in double precision that a step leaves for each quantity, and besides.
_PER_QUANTITY, _BESIDES = 2, 20
_DOUBLE, _SINGLE = 8, 4

_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", re.IGNORECASE | re.ASCII)
_GROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
# Limit, use, and what is made of the latter, of control groups of version 2 and 1.
_FILES = (
    ("memory.max", "memory.current"),
    ("memory.limit_in_bytes", "memory.usage_in_bytes"),
)
_MEMINFO = Path("/proc/meminfo")


def parse_memory(given: int | str) -> int:
    """Return bytes, of a number or of a text like `4G`, `512M` or `1.5GiB`; K is 1024.

    Raises
    ------
    InputError
        If it is none, or not above 0.

    Examples
    --------
    >>> from biomarkers.study.memory import parse_memory
    >>> parse_memory("4G"), parse_memory("1.5 MiB"), parse_memory(1000)
    (4294967296, 1572864, 1000)

    """
    match = _SIZE.fullmatch(str(given).strip())
    number = float(match[1]) if match else 0.0
    size = int(number * (1 << _UNITS[match[2].upper()])) if match and number < 1e15 else 0
    if size <= 0 or isinstance(given, bool):
        raise InputError(f"memory is {given!r}; expected bytes, or a size like 512M or 4G")
    return size


def in_words(size: int) -> str:
    """Return bytes for people.

    Examples
    --------
    >>> from biomarkers.study.memory import in_words
    >>> in_words(512 << 20), in_words(3 << 29)
    ('512 MiB', '1.5 GiB')

    """
    mebibytes = max(1, math.ceil(size / (1 << 20)))
    return f"{mebibytes} MiB" if mebibytes < 1024 else f"{mebibytes / 1024:.1f} GiB"


def available_memory() -> int:
    """Return the bytes that this process and others it starts may take: of machine or container.

    What the system keeps of files in spare memory counts as free.
    """
    sizes = [physical_memory()]
    with suppress(OSError, StopIteration, ValueError):
        lines = _MEMINFO.read_text().splitlines()
        line = next(line for line in lines if line.startswith("MemAvailable:"))
        sizes.append(1024 * int(line.split()[1]))
    for folder in _own_groups():
        for limit, used in _FILES:
            with suppress(OSError, ValueError):  # there is none, or it is `max`
                sizes.append(_left(folder, limit, used))
    return min(sizes)


def _own_groups() -> Iterator[Path]:
    """Yield the folders of the control groups that this process is in, as clusters set them."""
    yield from (_GROUPS, _GROUPS / "memory")
    with suppress(OSError, ValueError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, kinds, place = line.split(":", 2)
            if kinds in ("", "memory"):
                own = PurePosixPath(place.lstrip("/"))
                yield from (_GROUPS / kinds / each for each in (own, *own.parents))


def _left(folder: Path, limit: str, used: str) -> int:
    kept = 0
    for line in (folder / "memory.stat").read_text().splitlines():
        name, _, size = line.partition(" ")
        kept = int(size) if name == "inactive_file" else kept
    most, now = (int((folder / name).read_text()) for name in (limit, used))
    return max(most - now + kept, 0)


def need_of(recipe: Recipe) -> int:
    """Return the bytes that a process needs at most to measure a session, by its headers."""
    maps = sum(_of_maps(task) for task in recipe.tasks)
    given = [math.prod(each.shape[:3]) for each in (label.header for label in recipe.labels)]
    series = max((_of_series(task) for task in recipe.tasks), default=0)
    return BASE + series + maps + _DOUBLE * _BESIDES * sum(given)


def _of_series(task: Task) -> int:
    """Return what a step takes for its images while it works."""
    images = [image for each in task.files.values() for image in each]
    values = len(images) * math.prod(task.grid.shape)
    stored = sum(image.file.path.stat().st_size for image in images)
    copies = _SERIES
    copies += _MOTION * (getattr(task.settings, "motion", "none") != "none")
    copies += _DENOISING * bool(getattr(task.settings, "denoise", False))
    return copies * max(_SINGLE * values, stored)


def _of_maps(task: Task) -> int:
    """Return what the maps of a step take, which are kept until the session is done."""
    count = _PER_QUANTITY * len(task.gives) + _BESIDES
    return _DOUBLE * count * math.prod(task.grid.shape[:3])


def too_large(need: int, budget: int) -> str:
    """Return why a session that needs more memory than all may take is not begun."""
    return f"it needs about {in_words(need)} of memory, and {in_words(budget)} may be taken"


ADVICE = "give more with --memory, use a machine that has it, or crop the series; then --resume"
