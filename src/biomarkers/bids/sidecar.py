"""JSON sidecars, with the inheritance BIDS gives them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.bids.names import BidsFile, parse_name
from biomarkers.errors import StudyError
from biomarkers.files import read_json


@dataclass(frozen=True)
class Sidecar:
    """Metadata of one image.

    Parameters
    ----------
    values
        Keys of every applicable JSON file, nearer files overriding farther ones.
    source
        Where a missing key should be added: the sidecar of the image itself.

    """

    values: Mapping[str, Any]
    source: Path

    def number(self, *keys: str, below: float = math.inf) -> float:
        """Return the first of `keys` that is present, as a number.

        Raises
        ------
        StudyError
            Naming the file and key, if none is present or the value is no number between 0 and
            `below`, both excluded.

        """
        for key in keys:
            if key in self.values:
                value = self.values[key]
                number = isinstance(value, int | float) and not isinstance(value, bool)
                if not (number and 0 < value < below):
                    limit = f" below {below:g}" if math.isfinite(below) else ""
                    raise StudyError(
                        f"{self.source}: {key} is {value!r}; expected a positive number{limit}"
                    )
                return float(value)
        raise StudyError(f"{self.source}: no key {' or '.join(keys)}; expected a number")

    def text(self, key: str) -> str:
        """Return the value of `key` as text, empty if it is absent."""
        return str(self.values.get(key, ""))


def read_sidecar(image: BidsFile, root: Path) -> Sidecar:
    """Gather the metadata of an image by the inheritance principle of BIDS.

    Every JSON file in the folders from `root` down to the image applies whose suffix is the
    image's and whose entities the image shares.

    Raises
    ------
    FileError
        If an applicable file is not JSON.
    StudyError
        If an applicable file holds something else than keys and values.

    """
    values: dict[str, Any] = {}
    for folder in reversed([image.path.parent, *_parents_up_to(image.path.parent, root)]):
        applicable = [
            file
            for path in folder.glob(f"*{image.suffix}.json")
            if (file := parse_name(path)) and applies(file, image)
        ]
        for file in sorted(applicable, key=lambda file: len(file.entities)):
            content = read_json(file.path, "a sidecar of keys and values")
            if not isinstance(content, dict):
                raise StudyError(f"{file.path}: expected keys and values in braces")
            values |= content
    return Sidecar(values, image.path.with_name(f"{image.stem}.json"))


def _parents_up_to(folder: Path, root: Path) -> list[Path]:
    return [parent for parent in folder.parents if parent == root or root in parent.parents]


def applies(file: BidsFile, image: BidsFile) -> bool:
    """Tell whether a sidecar has the suffix of an image and no entity the image lacks."""
    return file.suffix == image.suffix and file.entities.items() <= image.entities.items()
