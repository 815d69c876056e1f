"""The DICOM files below a folder, known by their headers, sorted into series."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.errors import InputError
from biomarkers.files import require_folder, walk

_MISSING = "reading DICOM needs pydicom: pip install 'biomarkers[dicom]'"
# Bytes from the tag of pixel data to its first value: tag, length, and the type if it is stated.
_IMPLICIT, _EXPLICIT = 8, 12
# How the pixels of a compressed file end: the item that delimits the sequence.
_END_OF_ITEMS = b"\xfe\xff\xdd\xe0"
_TAIL = 4096


@dataclass(frozen=True)
class DicomFile:
    """A file and its header.

    Parameters
    ----------
    path
        Where it is.
    dataset
        As pydicom reads it, without pixels.
    cut
        What was found of its pixels and what was expected, where some are missing.

    """

    path: Path
    dataset: Any
    cut: str = ""


def read_files(source: Path | str) -> tuple[list[DicomFile], list[Path]]:
    """Return the images of DICOM below a folder, and the files that are none.

    Raises
    ------
    FileError
        If there is no such folder.
    InputError
        If pydicom is not installed.

    """
    images, others = list[DicomFile](), list[Path]()
    for path in walk(require_folder(source, "a folder of DICOM files")):
        file = _read(path)
        if file is None:
            others.append(path)
        else:
            images.append(file)
    return images, others


def _read(path: Path) -> DicomFile | None:
    """Return a file with its header; None if it holds no image of DICOM."""
    try:
        from pydicom import dcmread  # noqa: PLC0415 (an extra)
    except ImportError as error:
        raise InputError(_MISSING) from error
    with path.open("rb") as stream:
        try:
            dataset = dcmread(stream, stop_before_pixels=True)
            named = dataset.get("SeriesInstanceUID") and dataset.get("Rows")
        except Exception:  # a file that is no DICOM may be anything, and so may the error
            return None
        if not named:
            return None
        left = path.stat().st_size - stream.tell()
        return DicomFile(path, dataset, _cut(dataset, left, path))


def _cut(dataset: Any, left: int, path: Path) -> str:
    """Say which pixels are missing, `left` being the bytes after the header."""
    syntax = dataset.file_meta.TransferSyntaxUID
    if syntax.is_compressed:
        with path.open("rb") as stream:
            stream.seek(max(0, path.stat().st_size - _TAIL))
            return "" if _END_OF_ITEMS in stream.read() else "found no end of compressed pixels"
    bits = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("BitsAllocated") or 16)
    bits *= int(dataset.get("NumberOfFrames") or 1) * int(dataset.get("SamplesPerPixel") or 1)
    found = max(0, left - (_IMPLICIT if syntax.is_implicit_VR else _EXPLICIT))
    return "" if found >= bits // 8 else f"found {found} bytes of pixels, expected {bits // 8}"


def by_series(files: Iterable[DicomFile]) -> list[list[DicomFile]]:
    """Return files by the series that their headers name, in whatever folders they lie."""
    series: dict[str, list[DicomFile]] = {}
    for file in files:
        series.setdefault(str(file.dataset.SeriesInstanceUID), []).append(file)
    return list(series.values())
