"""Bruker ParaVision: a folder with the signals (`fid` or `rawdata.job0`), `method` and `acqp`.

Binary data and parameters are read by `brukerapi`, an extra. The Fourier transform of the signals
rises with the chemical shift, as in `Scan` (spec2nii conjugates them for NIfTI-MRS). Samples before
the echo, which the digital filter needs (PVM_DigShift, else ACQ_RxFilterInfo), are left out.
"""

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.errors import FileError, InputError
from biomarkers.extras import load_extra
from biomarkers.files import require_file
from biomarkers.mrs.reading.recording import Recording, header_number
from biomarkers.mrs.scan import AVERAGE, COIL, WATER_PPM

_SIGNALS = ("fid", "rawdata.job0")
# What brukerapi calls the axes of a single voxel, of `fid` and of `rawdata`.
_TIMES = ("k_space_encode_step_0", "sample")
_COILS, _AVERAGES = "channel", ("repetition", "average", "scan")


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
    method, acqp, dataset = _open(folder)
    if _plain(acqp, "ACQ_dim") not in (None, 1):
        raise InputError(
            f"{folder} is no scan of a single voxel: ACQ_dim is {_plain(acqp, 'ACQ_dim')}; convert "
            "spectroscopic imaging to NIfTI-MRS with spec2nii"
        )
    fid, tags = _signals(dataset, folder)
    before = _plain(method, "PVM_DigShift") or _plain(acqp, "ACQ_RxFilterInfo") or 0.0

    def number(key: str, scale: float = 1.0) -> float | None:
        return header_number(_plain(method, key), key, folder / "method", scale)

    width, frequency = number("PVM_SpecSWH"), number("PVM_FrqRef")
    # The receiver works beside the frequency of water, for instance around 2.7 ppm.
    offset = (number("PVM_FrqWorkOffset") or 0.0) / (frequency or 1.0)
    return Recording(
        fid[..., round(float(before)) :],
        dwell=1.0 / width if width else None,
        frequency_mhz=frequency,
        te=number("PVM_EchoTime", 1e-3),
        tr=number("PVM_RepetitionTime", 1e-3),
        axes=tags,
        nucleus=str(_plain(method, "PVM_Nucleus1Enum") or _plain(method, "PVM_Nucleus1") or "1H"),
        sequence=str(_plain(method, "Method") or ""),
        ppm_reference=WATER_PPM + offset,
        header={"Manufacturer": "Bruker", **{key: _plain(method, key) for key in method}},
    )


def _open(folder: Path) -> tuple[dict[str, Any], dict[str, Any], Callable[[], Any]]:
    """Return the parameters of `method` and `acqp`, and what opens the signals."""
    what, otherwise = f"{folder}, a Bruker scan,", "convert it to NIfTI-MRS with spec2nii"
    jcampdx = load_extra("brukerapi.jcampdx", what, otherwise=otherwise)
    signals = next(folder / name for name in _SIGNALS if (folder / name).is_file())
    paths = [require_file(folder / name, "parameters of a scan") for name in ("method", "acqp")]
    try:
        method, acqp = (jcampdx.JCAMPDX(path).to_dict() for path in paths)
    except Exception as error:  # brukerapi raises what it likes
        raise _unreadable(folder, error) from error
    return method, acqp, lambda: load_extra("brukerapi.dataset", what).Dataset(signals)


def _signals(dataset: Callable[[], Any], folder: Path) -> tuple[ComplexArray, tuple[str, ...]]:
    try:
        opened = dataset()
        with warnings.catch_warnings():
            # Of `data`, that its axes depend on the kind of file: they are looked up here.
            warnings.simplefilter("ignore", FutureWarning)
            return _ordered(np.asarray(opened.data), [str(each) for each in opened.dim_type])
    except Exception as error:
        raise _unreadable(folder, error) from error


def _unreadable(folder: Path, error: Exception) -> FileError:
    return FileError(f"{folder} cannot be read by brukerapi ({error}); copy it again")


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
    time = next(axis for axis, name in enumerate(axes) if name in _TIMES)
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
