"""One header of DICOM: its values by keyword, of a whole file or of one of its frames."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.pet.clock import moment


def read_dataset(file: Path | IO[bytes], *, pixels: bool = False) -> Any:
    """Return a file as pydicom reads it, with or without its pixels.

    Raises
    ------
    InputError
        If pydicom is not installed; of the file pydicom raises what it likes.

    """
    return load_extra("pydicom", "reading DICOM").dcmread(file, stop_before_pixels=not pixels)


class Header:
    """Values of one frame: those of its functional groups, else those of the file.

    Parameters
    ----------
    dataset
        A file as pydicom reads it.
    frame
        Which frame of an enhanced file; a classic file has one.

    """

    def __init__(self, dataset: Any, frame: int = 0) -> None:
        self.dataset = dataset
        self._places = [*_groups(dataset, frame), dataset]

    def first(self, *keywords: str) -> Any:
        """Return the first of some values that is filled in; None if none is."""
        for keyword in keywords:
            for place in self._places:
                value = place.get(keyword)
                if value not in (None, "", []):
                    return value
        return None

    def text(self, *keywords: str) -> str:
        """Return a value as text, empty if it is absent; several are joined by backslashes."""
        value = self.first(*keywords)
        if isinstance(value, str) or not isinstance(value, Sequence):
            return "" if value is None else str(value).strip()
        return "\\".join(map(str, value))

    def number(self, *keywords: str, scale: float = 1.0) -> float | None:
        """Return a number, the first of several; None if it is absent or none."""
        value = self.first(*keywords)
        if not isinstance(value, str) and isinstance(value, Sequence):
            value = value[0]
        try:
            return None if value is None else float(value) * scale
        except (TypeError, ValueError):
            return None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """Return several numbers, none if they are absent."""
        value = self.first(keyword)
        return () if value is None or isinstance(value, str) else tuple(map(float, value))

    def moment(self, joined: Sequence[str], apart: Sequence[tuple[str, str]]) -> datetime | None:
        """Return a date and time, from one value or from two; None if it is absent or unreadable.

        Parameters
        ----------
        joined
            Keywords of values that have both.
        apart
            Pairs of keywords of a date and of a time.

        """
        texts = [self.text(keyword) for keyword in joined]
        texts += [self.text(day) + self.text(time) for day, time in apart if self.text(time)]
        for text in filter(None, texts):
            try:
                return moment("time", text)[0]
            except InputError:
                continue
        return None


def _groups(dataset: Any, frame: int) -> Iterator[Any]:
    """Yield the functional groups of a frame of an enhanced file, its own before shared ones."""
    own = dataset.get("PerFrameFunctionalGroupsSequence") or []
    shared = dataset.get("SharedFunctionalGroupsSequence") or []
    for group in [*own[frame : frame + 1], *shared[:1]]:
        for element in group:
            if element.VR == "SQ" and element.value:
                yield element.value[0]


def frame_count(dataset: Any) -> int:
    """Return how many frames a file holds."""
    return max(1, len(dataset.get("PerFrameFunctionalGroupsSequence") or []))
