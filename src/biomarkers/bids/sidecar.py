"""JSON sidecars, with the inheritance BIDS gives them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from biomarkers.bids.names import BidsFile, parse_name
from biomarkers.checks import is_number
from biomarkers.errors import StudyError
from biomarkers.files import entries, listed, read_json


@dataclass(frozen=True)
class Sidecar:
    """Metadata of one image.

    Parameters
    ----------
    values
        Keys of every applicable JSON file, nearer files overriding farther ones.
    source
        Where a missing key should be added: the sidecar of the image itself.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import Sidecar
    >>> keys = {"RepetitionTime": 0.005, "FlipAngle": 12, "Manufacturer": "Bruker"}
    >>> sidecar = Sidecar(keys, Path("sub-01_VFA.json"))
    >>> sidecar.number("RepetitionTime"), sidecar.text("Manufacturer")
    (0.005, 'Bruker')

    """

    values: Mapping[str, Any]
    source: Path

    def number(self, *keys: str, below: float = math.inf) -> float:
        """Return the first of `keys` that is present, as a positive number.

        Raises
        ------
        StudyError
            Naming the file and key, if none is present or the value is no number between 0 and
            `below`, both excluded.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"RepetitionTime": 0.005}, Path("sub-01_VFA.json"))
        >>> sidecar.number("RepetitionTimeExcitation", "RepetitionTime", below=20.0)
        0.005

        """
        key = next((key for key in keys if key in self.values), " or ".join(keys))
        value = self._required(key, "a number")
        if not (is_number(value) and 0 < value < below):
            limit = f" below {below:g}" if math.isfinite(below) else ""
            raise self.wrong(key, f"a positive number{limit}")
        return float(value)

    def offset(self, key: str) -> float:
        """Return a number that may be zero or negative, as offsets in time are.

        Raises
        ------
        StudyError
            Naming the file and key, if it is absent or no finite number.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"InjectionStart": -30}, Path("sub-01_trc-FLT_pet.json"))
        >>> sidecar.offset("InjectionStart")
        -30.0

        """
        value = self._required(key, "a number")
        if not is_number(value):
            raise self.wrong(key, "a number")
        return float(value)

    def numbers(self, key: str, *, of: str, count: int) -> tuple[float, ...]:
        """Return a list of numbers, for instance one for each volume.

        Parameters
        ----------
        key
            Its name.
        of
            What the numbers are, for messages.
        count
            How many are needed.

        Raises
        ------
        StudyError
            Naming the file and key, if it is absent or no list of `count` finite numbers.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"FrameDuration": [10, 10, 30]}, Path("sub-01_trc-FLT_pet.json"))
        >>> sidecar.numbers("FrameDuration", of="length of each frame, s", count=3)
        (10.0, 10.0, 30.0)

        """
        value = self._required(key, of)
        if not isinstance(value, list) or not all(map(is_number, value)) or len(value) != count:
            raise self.wrong(key, f"{of}: {count} number{'s' if count != 1 else ''}")
        return tuple(map(float, value))

    def truth(self, key: str) -> bool:
        """Return a value that is true or false.

        Raises
        ------
        StudyError
            Naming the file and key, if it is absent or something else.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"PlasmaAvail": True}, Path("sub-01_recording-manual_blood.json"))
        >>> sidecar.truth("PlasmaAvail")
        True

        """
        value = self._required(key, "true or false")
        if not isinstance(value, bool):
            raise self.wrong(key, "true or false")
        return value

    def word(self, key: str, *, of: str) -> str:
        """Return a text that must be there; `of` says what it is, for messages.

        Raises
        ------
        StudyError
            Naming the file and key, if it is absent, blank, or no text.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"TracerRadionuclide": "F18 "}, Path("sub-01_trc-FLT_pet.json"))
        >>> sidecar.word("TracerRadionuclide", of="the radionuclide, for instance F18")
        'F18'

        """
        value = self._required(key, of)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(key, of)
        return value.strip()

    def text(self, key: str) -> str:
        """Return the value of `key` as text, empty if it is absent.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"MagneticFieldStrength": 9.4}, Path("sub-01_VFA.json"))
        >>> sidecar.text("MagneticFieldStrength"), sidecar.text("Manufacturer")
        ('9.4', '')

        """
        return str(self.values.get(key, ""))

    def wrong(self, key: str, expected: str) -> StudyError:
        """Return the error that says what a key holds and what was expected.

        Examples
        --------
        >>> from pathlib import Path
        >>> from biomarkers.bids import Sidecar
        >>> sidecar = Sidecar({"FlipAngle": "twelve"}, Path("sub-01_VFA.json"))
        >>> print(sidecar.wrong("FlipAngle", "degrees"))
        sub-01_VFA.json: FlipAngle is 'twelve'; expected degrees

        """
        value = self.values.get(key)
        found = f"{len(value)} entries" if isinstance(value, list) and value else repr(value)
        return StudyError(f"{self.source}: {key} is {found}; expected {expected}")

    def _required(self, key: str, expected: str) -> Any:
        if key not in self.values:
            raise StudyError(f"{self.source}: no key {key}; expected {expected}")
        return self.values[key]


def read_sidecar(image: BidsFile, root: Path) -> Sidecar:
    """Gather the metadata of an image by the inheritance principle of BIDS.

    Every JSON file in the folders from `root` down to the image applies whose suffix is the
    image's and whose entities the image shares.

    Raises
    ------
    FileError
        If an applicable file is not JSON, as `read_json`, or a folder cannot be read.
    StudyError
        If an applicable file holds something else than keys and values, or two of one folder with
        as many entities contradict each other.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import parse_name, read_sidecar
    >>> Path("sub-01").mkdir()
    >>> _ = Path("VFA.json").write_text('{"RepetitionTime": 0.005, "FlipAngle": 12}')
    >>> _ = Path("sub-01/sub-01_flip-2_VFA.json").write_text('{"FlipAngle": 25}')
    >>> image = parse_name(Path("sub-01/sub-01_flip-2_VFA.nii.gz"))
    >>> dict(read_sidecar(image, Path()).values)
    {'RepetitionTime': 0.005, 'FlipAngle': 25}

    """
    values: dict[str, Any] = {}
    for folder in reversed(_folders_up_to(image.path.parent, root)):
        applicable = _applicable(image, folder, ".json")
        here: dict[str, BidsFile] = {}
        for file in sorted(applicable, key=lambda file: len(file.entities)):
            content = read_json(file.path, "a sidecar of keys and values")
            if not isinstance(content, dict):
                raise StudyError(f"{file.path}: expected keys and values in braces")
            for key, value in content.items():
                other = here.get(key)
                if other is not None and len(other.entities) == len(file.entities):
                    _require_same(key, (other.path, values[key]), (file.path, value))
                values[key], here[key] = value, file
    return Sidecar(values, image.path.with_name(f"{image.stem}.json"))


def _require_same(key: str, one: tuple[Path, Any], two: tuple[Path, Any]) -> None:
    if one[1] == two[1]:
        return
    raise StudyError(
        f"{one[0]} and {two[0]} both apply, and neither is nearer: {key} is {one[1]!r} in one and "
        f"{two[1]!r} in the other; keep one of them"
    )


def find_companion(image: BidsFile, root: Path, ending: str) -> Path:
    """Return the file of an ending, `.bval` say, that applies to an image: the nearest, if several.

    Where there is none, the name that it should have: beside the image.

    Raises
    ------
    FileError
        If a folder cannot be read.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import find_companion, parse_name
    >>> Path("sub-01").mkdir()
    >>> _ = Path("dwi.bval").write_text("0 500 1000")
    >>> image = parse_name(Path("sub-01/sub-01_dwi.nii.gz"))
    >>> find_companion(image, Path(), ".bval").name
    'dwi.bval'
    >>> find_companion(image, Path(), ".bvec").name
    'sub-01_dwi.bvec'

    """
    for folder in _folders_up_to(image.path.parent, root):
        files = _applicable(image, folder, ending)
        if files:
            return max(files, key=lambda file: len(file.entities)).path
    return image.path.with_name(f"{image.stem}{ending}")


@lru_cache(maxsize=64)
def _folders_up_to(own: Path, root: Path) -> tuple[Path, ...]:
    """Return a folder, and those above it up to the root."""
    return own, *(each for each in own.parents if each.is_relative_to(root))


def _applicable(image: BidsFile, folder: Path, ending: str) -> list[BidsFile]:
    """Return the files of a folder that describe an image, by their names."""
    files = (parse_name(path) for last, path in listed(_by_last, folder)
             if last == f"{image.suffix}{ending}")  # fmt: skip
    return [file for file in files if file and applies(file, image)]


def _by_last(folder: Path) -> list[tuple[str, Path]]:
    """Return the files of a folder with what follows the last entity of their names."""
    return [(path.name.rpartition("_")[2], path) for path in entries(folder)]


def applies(file: BidsFile, image: BidsFile) -> bool:
    """Tell whether a sidecar has the suffix of an image and no entity the image lacks.

    Examples
    --------
    >>> from pathlib import Path
    >>> from biomarkers.bids import applies, parse_name
    >>> image = parse_name(Path("sub-01_ses-day03_dwi.nii.gz"))
    >>> names = ("dwi.json", "sub-01_dwi.json", "sub-02_dwi.json", "sub-01_T2w.json")
    >>> [applies(parse_name(Path(name)), image) for name in names]
    [True, True, False, False]

    """
    return file.suffix == image.suffix and file.entities.items() <= image.entities.items()
