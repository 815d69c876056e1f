"""BIDS file names: entities, suffix, extension."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from biomarkers.checks import require_type
from biomarkers.errors import FileError
from biomarkers.files import listed, walk

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

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import BidsFile
    >>> file = BidsFile(Path("sub-01_flip-2_VFA.nii.gz"), {"sub": "01", "flip": "2"}, "VFA")
    >>> file.stem, file.entities["flip"]
    ('sub-01_flip-2_VFA', '2')

    """

    path: Path
    entities: Mapping[str, str]
    suffix: str

    @property
    def stem(self) -> str:
        """File name without its ending."""
        return strip_ending(self.path.name)


def strip_ending(name: str) -> str:
    """Return a file name without its NIfTI, JSON, table or gradient ending.

    Examples
    --------
    >>> from biomarkers.bids import strip_ending
    >>> strip_ending("sub-01_dwi.nii.gz"), strip_ending("sub-01_dwi.bval")
    ('sub-01_dwi', 'sub-01_dwi')

    """
    for ending in (*_IMAGE_ENDINGS, ".json", ".tsv", ".bval", ".bvec"):
        if name.endswith(ending):
            return name.removesuffix(ending)
    return name


def parse_name(path: Path | str) -> BidsFile | None:
    """Return the parts of the BIDS name of an image, sidecar or table; None for another name.

    Raises
    ------
    InputError
        If it is no path.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import parse_name
    >>> file = parse_name(Path("sub-01_ses-day03_flip-2_VFA.nii.gz"))
    >>> file.suffix, file.entities
    ('VFA', {'sub': '01', 'ses': 'day03', 'flip': '2'})
    >>> parse_name(Path("rat_12_T2w.nii.gz")) is None
    True

    """
    if isinstance(path, str):
        path = Path(path)
    require_type("path", path, Path, "the path of a file")
    *pairs, suffix = strip_ending(path.name).split("_")
    if not (all("-" in pair for pair in pairs) and suffix.isalnum()):
        return None
    return BidsFile(path, dict(pair.split("-", 1) for pair in pairs), suffix)


def find_images(folder: Path) -> list[BidsFile]:
    """Return every BIDS-named NIfTI file below `folder`, links to folders followed, by path.

    Raises
    ------
    FileError
        If a folder cannot be read, or an image is named .NII or .NII.GZ.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import find_images
    >>> Path("sub-01/dwi").mkdir(parents=True)
    >>> for name in ("sub-01_dwi.nii.gz", "sub-01_dwi.json", "rat_01_dwi.nii.gz"):
    ...     Path("sub-01/dwi", name).touch()
    >>> [file.path.name for file in find_images(Path("sub-01"))]
    ['sub-01_dwi.nii.gz']

    """
    return listed(_named_images, folder)


def unnamed_images(folder: Path) -> list[Path]:
    """Return every NIfTI file below `folder` whose name is none of BIDS, or names no subject.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import unnamed_images
    >>> Path("study").mkdir()
    >>> for name in ("sub-01_T2w.nii.gz", "template.nii.gz"):
    ...     Path("study", name).touch()
    >>> [path.name for path in unnamed_images(Path("study"))]
    ['template.nii.gz']

    """
    images = listed(_images, folder)
    return [path for path, file in images if file is None or "sub" not in file.entities]


def _named_images(folder: Path) -> list[BidsFile]:
    images = listed(_images, folder)
    for path, _ in images:
        if not path.name.endswith(_IMAGE_ENDINGS):
            raise FileError(f"{path}: expected a name that ends in .nii or .nii.gz; rename it")
    return [file for _, file in images if file]


def _images(folder: Path) -> list[tuple[Path, BidsFile | None]]:
    return [
        (path, parse_name(path))
        for path in walk(folder)
        if path.name.lower().endswith(_IMAGE_ENDINGS) and not path.name.startswith(".")
    ]
