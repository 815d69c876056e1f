"""NIfTI-MRS: complex signals with a header extension of code 44.

Clarke et al., Magn Reson Med 2022;88:2358. doi:10.1002/mrm.29418. Frequencies are signed as by
Levitt (J Magn Reson 1997;126:164. doi:10.1006/jmre.1997.1161): of a proton spectrum, the Fourier
transform falls with the chemical shift, so signals are conjugated here. TxOffset is that of pulses:
it does not move the spectrum.
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.errors import ImageError, InputError
from biomarkers.images.grid import voxel_size
from biomarkers.images.header import decompress, is_compressed, open_nifti
from biomarkers.mrs.reading.recording import Recording, header_number
from biomarkers.mrs.scan import AVERAGE, COIL

EXTENSION = 44
_USUAL_TAGS = (COIL, AVERAGE, "DIM_INDIRECT_0")  # of axes 5 to 7, where the header has none
_TAGS = (COIL, AVERAGE, "DIM_INDIRECT_", "DIM_PHASE_CYCLE", "DIM_EDIT", "DIM_MEAS", "DIM_USER_",
         "DIM_ISIS", "DIM_METCYCLE")  # fmt: skip
# The edge of a dimension without localisation, mm.
_UNLOCALISED = 10_000.0
_SECONDS = {"sec": 1.0, "unknown": 1.0, "msec": 1e-3, "usec": 1e-6}


def read_nifti_mrs(path: Path) -> Recording:
    """Read a NIfTI-MRS file; what is wrong with it is an `ImageError` or a `FileError`."""
    nifti = open_nifti(path, numbers="complex")
    header = _metadata(nifti, path)
    if is_compressed(path):
        # Decompressed to the end, because only there the checksum is compared.
        nifti = type(nifti).from_bytes(decompress(nifti, path))
    if len(nifti.shape) < 4:
        raise ImageError(
            f"{path} has {len(nifti.shape)} axes, {nifti.shape}; expected x, y, z and time"
        )
    if any(np.atleast_1d(header.get("kSpace", False))):
        raise ImageError(f"{path} is not reconstructed: kSpace is {header['kSpace']}")
    fid = np.moveaxis(np.asarray(nifti.dataobj, dtype=complex), 3, -1).conj()
    tags = _tags(nifti.shape, header, path)
    single = tuple(3 + axis for axis, tag in enumerate(tags) if nifti.shape[4 + axis] == 1)
    return Recording(
        fid.squeeze(axis=single),
        dwell=_dwell(nifti, header, path),
        frequency_mhz=header_number(
            _first(header.get("SpectrometerFrequency")), "SpectrometerFrequency", path
        ),
        te=header_number(header.get("EchoTime"), "EchoTime", path),
        tr=header_number(header.get("RepetitionTime"), "RepetitionTime", path),
        axes=tuple(tag for axis, tag in enumerate(tags) if 3 + axis not in single),
        affine=_affine(nifti),
        nucleus=str(_first(header.get("ResonantNucleus")) or "1H"),
        sequence=str(header.get("SequenceName") or ""),
        header=header,
    )


def _metadata(nifti: Any, path: Path) -> dict[str, Any]:
    contents = [
        each.get_content() for each in nifti.header.extensions if each.get_code() == EXTENSION
    ]
    if len(contents) != 1:
        raise ImageError(
            f"{path} has {len(contents)} header extensions of code {EXTENSION}, which hold what "
            "NIfTI-MRS says of a scan; expected one. Convert it again, for instance with spec2nii"
        )
    text = contents[0]
    try:
        if isinstance(text, bytes):
            text = text.decode("utf-8")
        header = text if isinstance(text, dict) else json.loads(text.rstrip("\x00 "))
    except (ValueError, RecursionError) as error:
        raise ImageError(f"{path}: its header extension is not JSON ({error})") from error
    if not isinstance(header, dict):
        raise ImageError(f"{path}: its header extension is {header!r}; expected keys and values")
    return header


def _tags(shape: tuple[int, ...], header: dict[str, Any], path: Path) -> list[str]:
    """Return what the axes from the fifth are; `ImageError` if unknown or twice the same."""
    tags = [
        header.get(f"dim_{5 + axis}") or _USUAL_TAGS[min(axis, 2)] for axis in range(len(shape) - 4)
    ]
    for number, tag in enumerate(tags, 5):
        if not isinstance(tag, str) or not tag.startswith(_TAGS):
            raise ImageError(f"{path}: dim_{number} is {tag!r}; expected {', '.join(_TAGS)}")
    doubled = [tag for tag, count in Counter(tags).items() if count > 1]
    if doubled:
        raise ImageError(f"{path}: two axes are both {doubled[0]}; mend dim_5 to dim_7")
    return tags


def _dwell(nifti: Any, header: dict[str, Any], path: Path) -> float | None:
    """Return pixdim[4] in s; None where it is 0."""
    step = float(nifti.header["pixdim"][4])
    dwell = step * _SECONDS.get(nifti.header.get_xyzt_units()[1], 1.0)
    width = header_number(header.get("SpectralWidth"), "SpectralWidth", path)
    if width and dwell and abs(width * dwell - 1.0) > 0.01:
        raise InputError(
            f"{path} states a dwell time of {dwell:.6g} s (pixdim[4]) and a SpectralWidth of "
            f"{width:.6g} Hz, which is not its inverse; mend the header"
        )
    return dwell or None


def _affine(nifti: Any) -> FloatArray | None:
    """Return the voxel's place; None where the header states none."""
    placed = nifti.header["qform_code"] > 0 or nifti.header["sform_code"] > 0
    affine = np.array(nifti.affine, dtype=float)
    return affine if placed and (voxel_size(affine) < 0.999 * _UNLOCALISED).all() else None


def _first(value: object) -> object:
    return value[0] if isinstance(value, list) and value else value
