"""LCModel .RAW and .H2O: a namelist, then the signal as text.

The Fourier transform of LCModel's signals falls with the chemical shift, so they are conjugated
here; with `BRUKER = T` the file holds the conjugate already. A signal is multiplied by TRAMP /
VOLUME. Source: LCModel 6.3 (subroutines MYDATA, FTDATA).
"""

from collections.abc import Mapping
from pathlib import Path

from biomarkers.checks import positive_number
from biomarkers.errors import FileError, InputError
from biomarkers.mrs.reading.namelist import complex_numbers, read_groups
from biomarkers.mrs.reading.recording import Recording, header_number

_EXPECTED = "an LCModel .RAW file"
_DWELL_KEYS = ("DWELLTIME", "DELTAT", "BADELT")


def read_raw(path: Path) -> Recording:
    """Read an LCModel .RAW or .H2O file; `FileError` if it is none."""
    groups = read_groups(path, _EXPECTED)
    values = {key: value for group in groups for key, value in group.values.items()}
    if "NMID" not in {group.name for group in groups}:
        raise FileError(f"{path} has no group $NMID; expected {_EXPECTED}")
    if is_true(values.get("SEQACQ")):
        raise InputError(
            f"{path} was acquired sequentially (SEQACQ = T), which is not read; convert the "
            "scanner's files with spec2nii"
        )
    fid = complex_numbers(groups[-1].after, values.get("FMTDAT", ""), path)
    fid = fid * relative_scale(values, path)
    dwell = next((values[key] for key in _DWELL_KEYS if values.get(key)), None)
    return Recording(
        (fid if is_true(values.get("BRUKER")) else fid.conj()).reshape(1, 1, 1, -1),
        dwell=header_number(dwell, "the dwell time", path),
        frequency_mhz=header_number(values.get("HZPPPM"), "HZPPPM", path),
        te=echo_time(values, path),
        sequence=values.get("SEQ", "").strip(),
        header=values,
    )


def is_true(text: str | None) -> bool:
    """Tell whether a Fortran text is the logical value true: T, .TRUE., true."""
    return (text or "").strip().lstrip(".").upper().startswith("T")


def relative_scale(values: Mapping[str, str], path: Path) -> float:
    """Return TRAMP / (VOLUME CONC), each 1 where not stated."""
    tramp, volume, conc = (
        positive_number(f"{path}: {key}", header_number(values.get(key) or "1", key, path) or 0.0)
        for key in ("TRAMP", "VOLUME", "CONC")
    )
    return tramp / (volume * conc)


def echo_time(values: Mapping[str, str], path: Path) -> float | None:
    """Return ECHOT (ms) in s; LCModel writes a negative one where it is not known."""
    echo = header_number(values.get("ECHOT"), "ECHOT", path, 1e-3)
    return echo if echo is not None and echo >= 0 else None
