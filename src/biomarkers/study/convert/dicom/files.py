"""The DICOM files below a folder, known by their headers, sorted into series."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from biomarkers.errors import InputError
from biomarkers.files import require_folder, walk
from biomarkers.study.convert.dicom.header import read_dataset
from biomarkers.study.convert.dicom.slices import Slice, slices_of

# Bytes from the tag of pixel data to its first value: tag, length, and the type if it is stated.
_IMPLICIT, _EXPLICIT = 8, 12
# How the pixels of a compressed file end: the item that delimits the sequence.
_END_OF_ITEMS = b"\xfe\xff\xdd\xe0"
_TAIL = 4096


def read_slices(source: Path | str) -> tuple[list[Slice], list[Path]]:
    """Return the slices of DICOM below a folder, and the files that hold none.

    Of each header only what sorts slices is kept: a cohort has tens of thousands.

    Raises
    ------
    FileError
        If there is no such folder.
    InputError
        If pydicom is not installed.

    """
    slices, others = list[Slice](), list[Path]()
    for path in walk(require_folder(source, "a folder of DICOM files")):
        own = _read(path)
        slices += own
        if not own:
            others.append(path)
    return slices, others


def _read(path: Path) -> list[Slice]:
    """Return the slices of a file; none if it holds no image of DICOM."""
    with path.open("rb") as stream:
        try:
            dataset = read_dataset(stream)
            if not (dataset.get("SeriesInstanceUID") and dataset.get("Rows")):
                return []
            left = path.stat().st_size - stream.tell()
            return slices_of(path, dataset, _cut(dataset, left, path))
        except InputError:
            raise
        except Exception:  # a file that is no DICOM may be anything, and so may the error
            return []


def _cut(dataset: Any, left: int, path: Path) -> str:
    """Say which pixels are missing, `left` being the bytes after the header."""
    syntax = dataset.file_meta.get("TransferSyntaxUID")
    if syntax and syntax.is_compressed:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL))
            return "" if _END_OF_ITEMS in stream.read() else "found no end of compressed pixels"
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("BitsAllocated") or 16)
    bits *= int(dataset.get("NumberOfFrames") or 1) * int(dataset.get("SamplesPerPixel") or 1)
    found = max(0, left - (_EXPLICIT if syntax and not syntax.is_implicit_VR else _IMPLICIT))
    return "" if found >= bits // 8 else f"found {found} bytes of pixels, expected {bits // 8}"


def by_series(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Return slices by the series that their headers name, in whatever folders they lie."""
    series: dict[str, list[Slice]] = {}
    for each in slices:
        series.setdefault(each.series, []).append(each)
    return list(series.values())
