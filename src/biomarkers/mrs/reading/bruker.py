"""Bruker ParaVision: a folder with the signals (`fid` or `rawdata.job0`), `method` and `acqp`.

Binary data and parameters are read by `brukerapi`, an extra. The Fourier transform of the signals
rises with the chemical shift, as in `Scan` (spec2nii conjugates them for NIfTI-MRS). Samples before
the echo, which the digital filter needs (PVM_DigShift, else ACQ_RxFilterInfo), are left out.
"""

from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.errors import FileError, InputError
from biomarkers.files import require_file
from biomarkers.mrs.reading.recording import Recording, header_number
from biomarkers.mrs.scan import AVERAGE, COIL, ComplexArray

_SIGNALS = ("fid", "rawdata.job0")
_TIME = "k_space_encode_step_0"
_COILS, _AVERAGES = "channel", ("repetition", "average")


def is_bruker(folder: Path) -> bool:
    """Tell whether a folder is that of a Bruker scan."""
    return (folder / "method").is_file() and any((folder / name).is_file() for name in _SIGNALS)


def read_bruker(folder: Path) -> Recording:
    """Read the folder of a scan of a single voxel.

    Raises
    ------
    FileError
        If `brukerapi` cannot read it.
    InputError
        If `brukerapi` is not installed (`pip install biomarkers[bruker]`), or the scan is of
        another kind.

    """
    try:
        from brukerapi.dataset import Dataset  # noqa: PLC0415 (an extra)
        from brukerapi.jcampdx import JCAMPDX  # noqa: PLC0415
    except ImportError as error:
        raise InputError(
            f"{folder} is a Bruker scan, which needs brukerapi: pip install 'biomarkers[bruker]'; "
            "or convert it to NIfTI-MRS with spec2nii"
        ) from error
    require_file(folder / "acqp", "the acquisition parameters of a Bruker scan")
    signals = next(folder / name for name in _SIGNALS if (folder / name).is_file())
    try:
        method, acqp = (JCAMPDX(folder / name).to_dict() for name in ("method", "acqp"))
        dataset = Dataset(signals)
        data, axes = np.asarray(dataset.data), [str(each) for each in dataset.dim_type]
    except Exception as error:  # brukerapi raises what it likes
        raise FileError(f"{folder} cannot be read by brukerapi ({error}); copy it again") from error
    if _plain(acqp, "ACQ_dim") not in (None, 1) or _TIME not in axes:
        raise InputError(
            f"{folder} is no scan of a single voxel: ACQ_dim is {_plain(acqp, 'ACQ_dim')}; convert "
            "spectroscopic imaging to NIfTI-MRS with spec2nii"
        )
    fid, tags = _ordered(data, axes)
    first = round(float(_plain(method, "PVM_DigShift") or _plain(acqp, "ACQ_RxFilterInfo") or 0.0))

    def number(key: str, scale: float = 1.0) -> float | None:
        return header_number(_plain(method, key), key, folder / "method", scale)

    width = number("PVM_SpecSWH")
    return Recording(
        fid[..., first:],
        dwell=1.0 / width if width else None,
        frequency_mhz=number("PVM_FrqRef"),
        te=number("PVM_EchoTime", 1e-3),
        tr=number("PVM_RepetitionTime", 1e-3),
        axes=tags,
        nucleus=str(_plain(method, "PVM_Nucleus1Enum") or _plain(method, "PVM_Nucleus1") or "1H"),
        sequence=str(_plain(method, "Method") or ""),
        header={"Manufacturer": "Bruker", **{key: _plain(method, key) for key in method}},
    )


def _plain(parameters: dict[str, Any], key: str) -> Any:
    """Return a parameter, the first of several; None where there is none."""
    value = parameters.get(key, {}).get("value")
    if isinstance(value, np.ndarray | list | tuple):
        value = np.asarray(value, dtype=object).ravel()
        value = value[0] if value.size else None
    return value.strip("<>") if isinstance(value, str) else value


def _ordered(data: ComplexArray, axes: list[str]) -> tuple[ComplexArray, tuple[str, ...]]:
    """Return signals (1, 1, 1, ..., T) with the names of the axes that are longer than 1.

    Repetitions and averages become one axis, the last before time.
    """
    time = axes.index(_TIME)
    others = [axis for axis in range(data.ndim) if axis != time and data.shape[axis] > 1]
    averages = [axis for axis in others if axes[axis] in _AVERAGES]
    kept = [axis for axis in others if axis not in averages]
    fid = data.squeeze(axis=tuple(set(range(data.ndim)) - {time, *others}))
    positions = sorted([time, *others])
    order = [positions.index(axis) for axis in (*kept, *averages, time)]
    tags = [COIL if axes[axis] == _COILS else f"DIM_USER_{axis}" for axis in kept]
    shape = [data.shape[axis] for axis in kept] + [-1] * bool(averages) + [data.shape[time]]
    fid = fid.transpose(order).reshape(1, 1, 1, *shape)
    return fid, (*tags, AVERAGE) if averages else tuple(tags)
