"""BIDS file names: entities, suffix, extension."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_IMAGE_ENDINGS = (".nii.gz", ".nii")


@dataclass(frozen=True)
class BidsFile:
    """A file whose name follows BIDS.

    Parameters
    ----------
    path
        Where it is.
    entities
        For instance `{"sub": "01", "ses": "day03", "flip": "2"}`.
    suffix
        What kind of image, for instance `VFA`.

    """

    path: Path
    entities: Mapping[str, str]
    suffix: str

    @property
    def stem(self) -> str:
        """File name without its ending."""
        return strip_ending(self.path.name)


def strip_ending(name: str) -> str:
    """Return a file name without its NIfTI, JSON or table ending."""
    for ending in (*_IMAGE_ENDINGS, ".json", ".tsv"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def parse_name(path: Path) -> BidsFile | None:
    """Return the parts of the BIDS name of an image, sidecar or table; None for another name."""
    *pairs, suffix = strip_ending(path.name).split("_")
    if not all("-" in pair for pair in pairs) or "-" in suffix or "." in suffix:
        return None
    return BidsFile(path, dict(pair.split("-", 1) for pair in pairs), suffix)


def find_images(folder: Path) -> list[BidsFile]:
    """Return every BIDS-named NIfTI file below `folder`, sorted by path."""
    files = (
        path
        for path in sorted(folder.rglob("*"))
        if path.name.endswith(_IMAGE_ENDINGS) and not path.name.startswith(".")
    )
    return [file for path in files if (file := parse_name(path))]
