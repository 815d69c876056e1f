"""Varian and Agilent: a folder with the signals, `fid`, and the parameters, `procpar`.

`fid` has a header of 32 bytes, then blocks with headers of 28 (VnmrJ User Programming, chapter 5).
Its numbers rule where `procpar` says otherwise: summed files keep the parameters of the single
ones. The Fourier transform of the signals falls with the chemical shift (human spectra at 4 and
7 T), so they are conjugated here.
"""

import re
import struct
from pathlib import Path

import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.errors import FileError, InputError
from biomarkers.files import read_bytes, read_text
from biomarkers.mrs.reading.recording import Recording, header_number, require_length
from biomarkers.mrs.scan import AVERAGE

_HEADER = "6i2hi"  # blocks, traces, np, bytes of a number, trace and block, version, status, heads
_BLOCK_HEADER = 28
_SPECTRUM, _LONG, _FLOAT = 0x2, 0x4, 0x8  # bits of the status
_ENTRY = re.compile(r"^([A-Za-z_]\w*) .*\n(\d+) (.*(?:\n\".*)*)", re.MULTILINE)


def read_varian(folder: Path) -> Recording:
    """Read a folder with `fid` and `procpar`; several traces are taken for single averages.

    Raises
    ------
    FileError
        If a file is missing, too short, or holds spectra.
    InputError
        If the data are of several receivers or echo times.

    """
    values = _read_procpar(folder / "procpar")
    receivers = values.get("rcvrs", ["y"])[0].count("y")
    if receivers > 1:
        raise InputError(
            f"{folder} is of {receivers} receivers, whose order the files do not tell; combine "
            "them at the scanner, or convert with spec2nii"
        )
    traces = _read_traces(folder / "fid")
    count, points = traces.shape
    width = _number(values, "sw", folder)
    tn = values.get("tn", ["H1"])[0]
    nucleus = re.fullmatch(r"([A-Za-z]+)(\d+)", tn)
    return Recording(
        traces.conj().reshape((1, 1, 1, count, points) if count > 1 else (1, 1, 1, points)),
        dwell=1.0 / width if width else None,
        frequency_mhz=_number(values, "sfrq", folder),
        te=_number(values, "te", folder),
        tr=_number(values, "tr", folder),
        axes=(AVERAGE,) if count > 1 else (),
        nucleus=f"{nucleus.group(2)}{nucleus.group(1)}" if nucleus else tn,
        sequence=values.get("seqfil", [""])[0],
        header={key: each[0] if len(each) == 1 else each for key, each in values.items()},
    )


def _read_procpar(path: Path) -> dict[str, list[str]]:
    """Return the values of every parameter, as text."""
    parameters = {}
    text = read_text(path, "the parameters of a Varian scan", encoding="latin-1")
    for name, _, body in _ENTRY.findall(text):
        quoted = re.findall(r'"([^"]*)"', body)
        parameters[name] = quoted if '"' in body else body.split()
    if not parameters:
        raise FileError(f"{path} has no parameters; expected those of a Varian scan")
    return parameters


def _number(values: dict[str, list[str]], key: str, folder: Path) -> float | None:
    """Return the one value of a parameter; `InputError` if it took several."""
    texts = sorted(set(values.get(key, [])))
    if len(texts) > 1:
        raise InputError(
            f"{folder}: {key} took {len(texts)} values, {', '.join(texts[:4])}; expected one. "
            "Save the signals of one value alone"
        )
    return header_number(texts[0] if texts else None, key, folder / "procpar")


def _read_traces(path: Path) -> ComplexArray:
    """Return the signals, (traces, points)."""
    content = read_bytes(path, "the signals of a Varian scan")
    order, head = _read_header(content, path)
    blocks, traces, numbers, size, trace_bytes, block_bytes, _, status, heads = head
    require_length(len(content), 32 + blocks * block_bytes, path, "bytes of its header")
    if status & _SPECTRUM:
        raise FileError(f"{path} holds spectra; expected signals in time")
    # The bit for floating point goes before that for 32 bits.
    kind = "f4" if status & _FLOAT else "i4" if status & _LONG else "i2"
    if (
        np.dtype(kind).itemsize != size
        or trace_bytes != numbers * size
        or block_bytes != heads * _BLOCK_HEADER + traces * trace_bytes
    ):
        raise FileError(f"{path} has a damaged header: {head}; copy it again")
    rows = np.frombuffer(content, np.uint8, offset=32).reshape(blocks, block_bytes)
    data = rows[:, heads * _BLOCK_HEADER :].copy().view(f"{order}{kind}").astype(float)
    pairs = data.reshape(blocks * traces, -1, 2)
    return np.asarray(pairs[..., 0] + 1j * pairs[..., 1])


def _read_header(content: bytes, path: Path) -> tuple[str, tuple[int, ...]]:
    """Return the byte order (big-endian as a rule) and the header's numbers."""
    if len(content) >= 32:
        for order in (">", "<"):
            head = struct.unpack(order + _HEADER, content[:32])
            if head[3] in (2, 4) and min(head[:3]) > 0:
                return order, head
    raise FileError(f"{path} has no header of a Varian fid file; expected one of 32 bytes")
