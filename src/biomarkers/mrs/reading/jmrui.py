"""The text files of jMRUI: lines of key and value, then real and imaginary parts in columns.

The Fourier transform of the signals rises with the chemical shift, as in `Scan`: the files of the
ISMRM fitting challenge hold the conjugates of LCModel's .RAW.
"""

import re
from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.errors import FileError
from biomarkers.files import read_text
from biomarkers.mrs.reading.recording import (
    Recording,
    header_count,
    header_number,
    require_length,
)

_TITLE = "jMRUI Data Textfile"
_EXPECTED = "a text file of jMRUI"
_SIGNAL = re.compile(r"^Signal\s+(?:number:\s*)?\d+\s+out of\s+\d+\s+in file.*$", re.MULTILINE)
_NUCLEI = {1: "1H", 2: "31P", 3: "13C", 4: "19F", 5: "23Na"}
# jMRUI writes 0 where a value is not known.
_UNKNOWN = 0.0


def is_jmrui(path: Path) -> bool:
    """Tell whether a file begins as jMRUI's text files do."""
    with path.open("rb") as stream:
        return stream.read(len(_TITLE)).decode("latin-1") == _TITLE


def read_jmrui(path: Path) -> Recording:
    """Read a jMRUI text file; several signals are an axis `DIM_USER_0`, for it says not which."""
    if not is_jmrui(path):
        raise FileError(f"{path} does not begin with '{_TITLE}'; expected {_EXPECTED}")
    head, *blocks = _SIGNAL.split(read_text(path, _EXPECTED, encoding="latin-1"))
    pairs = (line.split(":", 1) for line in head.splitlines() if ":" in line)
    header = {key.strip(): value.strip() for key, value in pairs}
    points = header_count(header.get("PointsInDataset"), "PointsInDataset", path)
    count = header_count(header.get("DatasetsInFile", "1"), "DatasetsInFile", path)
    require_length(len(blocks), count, path, "signals of DatasetsInFile")
    signals = np.array([_signal(block, points, path) for block in blocks])
    frequency = header_number(
        header.get("TransmitterFrequency"), "TransmitterFrequency", path, 1e-6
    )
    nucleus = header_number(header.get("TypeOfNucleus"), "TypeOfNucleus", path) or _UNKNOWN
    return Recording(
        signals.reshape((1, 1, 1, *signals.shape) if count > 1 else (1, 1, 1, points)),
        dwell=header_number(header.get("SamplingInterval"), "SamplingInterval", path, 1e-3) or None,
        frequency_mhz=frequency or None,
        axes=("DIM_USER_0",) if count > 1 else (),
        nucleus=_NUCLEI.get(int(nucleus), "1H"),
        header=header,
    )


def _signal(block: str, points: int, path: Path) -> ComplexArray:
    """Return one signal; columns behind the second are its spectrum."""
    rows = [line.split()[:2] for line in block.splitlines() if line.strip()]
    require_length(len(rows), points, path, "lines of PointsInDataset")
    try:
        values = np.array(rows, dtype=float)
    except ValueError as error:
        raise FileError(
            f"{path}: a signal has something else than two numbers in a line"
        ) from error
    return np.asarray(values[:, 0] + 1j * values[:, 1])
