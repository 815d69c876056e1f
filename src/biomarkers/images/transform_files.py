"""Transforms on disk as ITK has them (ANTs, Slicer): text and MATLAB files, fields as NIfTI.

ITK writes points in LPS (x to the left, y to the back), where NIfTI has RAS; both in mm. A file
takes points of the fixed image to points of the moving one, as `Transform` does.
"""

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

import nibabel as nib
import numpy as np
from scipy.io import loadmat
from scipy.spatial.transform import Rotation

from biomarkers.arrays import FloatArray
from biomarkers.errors import FileError
from biomarkers.files import read_text, replacing, require_file, write_text
from biomarkers.images.header import ImageHeader
from biomarkers.images.image import Image, read_image

_WHAT = "an ITK transform (.txt, .tfm, .mat) or a displacement field (.nii, .nii.gz)"
_HEADER = "#Insight Transform File V1.0"
_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])
_TRANSFORM = re.compile(
    r"^Transform: *(\S+).*\n(?:Parameters: *(.*)\n)?(?:FixedParameters: *(.*))?", re.MULTILINE
)
_KIND = re.compile(r"(?P<name>\w+?)_(?:double|float)_3_3")


def write_matrix(path: Path | str, matrix: FloatArray) -> Path:
    """Write a matrix, fixed mm to moving mm in RAS, as an ITK text file; return its path."""
    lps = _LPS @ matrix @ _LPS
    parameters = " ".join(repr(float(value)) for value in (*lps[:3, :3].ravel(), *lps[:3, 3]))
    lines = (_HEADER, "#Transform 0", "Transform: AffineTransform_double_3_3",
             f"Parameters: {parameters}", "FixedParameters: 0 0 0")  # fmt: skip
    return write_text(path, "\n".join(lines) + "\n")


def write_field(path: Path | str, displacement: FloatArray, affine: FloatArray) -> Path:
    """Write displacements, (x, y, z, 3), mm in RAS, as ANTs reads them; return the path."""
    vectors = (displacement @ _LPS[:3, :3]).astype(np.float32)[:, :, :, None, :]
    image = nib.Nifti1Image(vectors, affine)
    image.header.set_intent("vector")
    image.header.set_xyzt_units("mm")
    content = image.to_bytes()
    with replacing(path) as temporary:
        zipped = Path(path).name.endswith(".gz")
        temporary.write_bytes(gzip.compress(content, mtime=0) if zipped else content)
    return Path(path)


def read_field(path: Path | str) -> tuple[FloatArray, ImageHeader]:
    """Read displacements, (x, y, z, 3), mm in RAS, and their grid.

    Raises
    ------
    FileError
        If the file is missing, damaged, or no field of three components.

    """
    image = read_image(path, ndim=5)
    if image.shape[3:] != (1, 3):
        raise FileError(
            f"{path} has shape {image.shape}; expected a displacement field, (x, y, z, 1, 3)"
        )
    displacement = np.asarray(image.data, dtype=np.float64)[:, :, :, 0, :] @ _LPS[:3, :3]
    return displacement, _grid(image)


def _grid(image: Image) -> ImageHeader:
    return ImageHeader(image.shape[:3], image.affine, image.source)


def read_matrix(path: Path | str) -> FloatArray:
    """Read a linear transform of an ITK file as a 4 × 4 matrix, fixed mm to moving mm in RAS.

    Raises
    ------
    FileError
        If the file is missing, no such file, or of a kind that no matrix describes.

    """
    path = require_file(path, _WHAT)
    parts = _matlab(path) if path.suffix == ".mat" else _text(path)
    lps = np.eye(4)
    # Of a composite the transform that stands last is applied first.
    for name, parameters, fixed in parts:
        lps = lps @ _as_matrix(path, name, parameters, fixed)
    return np.asarray(_LPS @ lps @ _LPS)


def _text(path: Path) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Yield name, parameters and fixed parameters of every transform of a text file."""
    text = read_text(path, _WHAT)
    if not text.startswith("#Insight Transform File"):
        raise FileError(f"{path} does not begin with {_HEADER!r}; expected {_WHAT}")
    pattern = (
        r"Transform: *(\S+)[^\n]*\n(?:Parameters: *([^\n]*)\n)?(?:FixedParameters: *([^\n]*))?"
    )
    found = re.findall(pattern, text + "\n")
    if not found:
        raise FileError(f"{path} names no transform; expected {_WHAT}")
    for kind, parameters, fixed in found:
        yield _name(path, kind), _numbers(path, parameters), _numbers(path, fixed)


def _matlab(path: Path) -> Iterator[tuple[str, FloatArray, FloatArray]]:
    """Yield the same of a file in MATLAB's format, version 4, as ANTs writes it."""
    try:
        content = loadmat(path)
    except Exception as error:  # of whatever its reader stumbles over
        raise FileError(f"{path} is no MATLAB file ({error}); expected {_WHAT}") from error
    kinds = [key for key in content if _KIND.fullmatch(key)]
    if len(kinds) != 1:
        raise FileError(f"{path} holds {kinds or 'no transform'}; expected one 3-D transform")
    parts = [np.ravel(content[kinds[0]]), np.ravel(content.get("fixed", np.zeros(3)))]
    if any(part.dtype.kind not in "iuf" for part in parts):  # a matrix may hold text
        raise FileError(f"{path} holds what are no numbers; expected {_WHAT}")
    yield _name(path, kinds[0]), parts[0].astype(float), parts[1].astype(float)


def _name(path: Path, kind: str) -> str:
    known = _KIND.fullmatch(kind)
    if known is None:
        raise FileError(f"{path} holds a {kind}; expected a transform of three dimensions")
    return known["name"]


def _numbers(path: Path, text: str) -> FloatArray:
    try:
        return np.array([float(each) for each in text.split()])
    except ValueError as error:
        raise FileError(f"{path} has a parameter that is no number ({error})") from error


def _as_matrix(path: Path, name: str, parameters: FloatArray, fixed: FloatArray) -> FloatArray:
    """Return the 4 × 4 matrix of one transform: y = A (x - centre) + centre + translation."""
    if name in ("IdentityTransform", "CompositeTransform"):
        return np.eye(4)
    if name not in _READERS:
        raise FileError(
            f"{path} holds a {name}; can be read: {', '.join(_READERS)} (a field: save it as NIfTI)"
        )
    count, linear = _READERS[name]
    if parameters.size != count or not np.isfinite([*parameters, *fixed]).all():
        raise FileError(
            f"{path}: {name} has {parameters.size} parameters; expected {count} numbers"
        )
    matrix, centre = np.eye(4), fixed[:3] if fixed.size >= 3 else np.zeros(3)
    matrix[:3, :3] = linear(parameters, fixed)
    shift = parameters[3:6] if name in _SHIFT_AFTER_THREE else parameters[-3:]
    matrix[:3, 3] = shift + centre - matrix[:3, :3] @ centre
    return matrix


def _square(parameters: FloatArray, _: FloatArray) -> FloatArray:
    return parameters[:9].reshape(3, 3)


def _euler(parameters: FloatArray, fixed: FloatArray) -> FloatArray:
    """Rz Rx Ry, or Rz Ry Rx where the fourth fixed parameter says so."""
    x, y, z = parameters[:3]
    by_zyx = fixed.size > 3 and fixed[3] != 0.0
    order, angles = ("ZYX", (z, y, x)) if by_zyx else ("ZXY", (z, x, y))
    return np.asarray(Rotation.from_euler(order, angles).as_matrix())


def _versor(parameters: FloatArray, _: FloatArray) -> FloatArray:
    """Return the rotation of a unit quaternion, of which the vector part is given."""
    vector = parameters[:3]
    scalar = np.sqrt(max(1.0 - float(vector @ vector), 0.0))
    return np.asarray(Rotation.from_quat([*vector, scalar]).as_matrix())


def _similarity(parameters: FloatArray, fixed: FloatArray) -> FloatArray:
    return np.asarray(parameters[6] * _versor(parameters, fixed))


_SHIFT_AFTER_THREE = ("Similarity3DTransform",)

# Number of parameters, and the linear part made of them.
_READERS: Mapping[str, tuple[int, Callable[[FloatArray, FloatArray], FloatArray]]] = (
    MappingProxyType(
        {
            "AffineTransform": (12, _square),
            "MatrixOffsetTransformBase": (12, _square),
            "Rigid3DTransform": (12, _square),
            "Euler3DTransform": (6, _euler),
            "VersorRigid3DTransform": (6, _versor),
            "Similarity3DTransform": (7, _similarity),
            "TranslationTransform": (3, lambda _parameters, _fixed: np.eye(3)),
        }
    )
)
