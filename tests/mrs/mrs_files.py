"""Spectroscopy files that the tests write themselves, and the signals in them."""

import json
import struct

import nibabel as nib
import numpy as np

DWELL, FREQUENCY = 2.5e-4, 123.2
LINES = ((2.01, 1.0), (3.03, 0.6), (3.9, 0.4))
HEADER = {"SpectrometerFrequency": [FREQUENCY], "ResonantNucleus": ["1H"], "EchoTime": 0.03,
          "RepetitionTime": 2.0}  # fmt: skip


def signal(points=256, dwell=DWELL, frequency=FREQUENCY, lines=LINES, rate=15.0):
    """Return a sum of lines, (T,), whose Fourier transform rises with the chemical shift."""
    time = np.arange(points) * dwell
    waves = (
        size * np.exp(2j * np.pi * (ppm - 4.65) * frequency * time - rate * time)
        for ppm, size in lines
    )
    return sum(waves)


def write_nifti_mrs(path, fid, *, header=HEADER, dwell=DWELL, affine=None, kind=np.complex64,
                    code=44, text=None, time_unit="sec"):  # fmt: skip
    """Write (x, y, z, T, ...) as NIfTI-MRS, as the format signs frequencies."""
    image = nib.Nifti2Image(np.conj(fid).astype(kind), np.eye(4) if affine is None else affine)
    image.header["pixdim"][4] = dwell
    image.header.set_xyzt_units("mm", time_unit)
    content = json.dumps(header) if text is None else text
    if code is not None:
        image.header.extensions.append(nib.nifti1.Nifti1Extension(code, content.encode()))
    nib.save(image, path)
    return path


def vax(values):
    """Return VAX F_floating bytes of numbers, by the words of the IEEE number four times as large.

    The exponent is 2 larger for the same value, and words of 16 bits are the other way round.
    """
    words = np.ascontiguousarray(4.0 * np.asarray(values), dtype=">f4").view(">u2")
    return words.astype("<u2").tobytes()


SPAR = """!---------------------------------
!   CAUTION - a text that the tests write
scan_id : {scan_id}
samples : {samples}
rows : {rows}
synthesizer_frequency : 123200000
sample_frequency : 4000
nucleus : 1H
echo_time : 30
repetition_time : 2000
volume_selection_enable : "yes"
ap_size : 30
lr_size : 20
cc_size : 10
ap_off_center : 5
lr_off_center : -3
cc_off_center : 7
ap_angulation : 0
lr_angulation : 0
cc_angulation : 90
phase_encoding_enable : "{phase}"
"""


def write_sdat(path, fid, *, phase="no", rows=None, scan_id="PRESS 30"):
    """Write (rows, T) or (T,) as SDAT and SPAR beside it, and return the SDAT's path."""
    fid = np.atleast_2d(fid)
    pairs = np.stack([fid.real, fid.imag], axis=-1).ravel()
    path.write_bytes(vax(pairs))
    text = SPAR.format(
        samples=fid.shape[1], rows=rows or fid.shape[0], phase=phase, scan_id=scan_id
    )
    ending = ".SPAR" if path.suffix.isupper() else ".spar"
    path.with_suffix(ending).write_bytes(text.replace("\n", "\r\n\r\n").encode())
    return path


RDA = {
    "TR": "2000,0", "TE": "30.000000", "DwellTime": "250", "MRFrequency": "123.2",
    "Nucleus": "1H", "SequenceName": "svs_se", "CSIMatrixSize[0]": "1", "CSIMatrixSize[1]": "1",
    "CSIMatrixSize[2]": "1", "RowVector[0]": "0", "RowVector[1]": "1", "RowVector[2]": "0",
    "ColumnVector[0]": "0", "ColumnVector[1]": "0", "ColumnVector[2]": "-1",
    "VOIPositionSag": "4.0", "VOIPositionCor": "-5.0", "VOIPositionTra": "6.0",
    "PixelSpacingRow": "40.0", "PixelSpacingCol": "30.0", "SliceThickness": "20.0",
}  # fmt: skip


def write_rda(path, fid, **changes):
    """Write (T,) as Siemens RDA."""
    header = {**RDA, "VectorSize": fid.size, **changes}
    lines = [f"{key}: {value}\r\n" for key, value in header.items() if value is not None]
    head = f">>> Begin of header <<<\r\n{''.join(lines)}>>> End of header <<<\r\n"
    path.write_bytes(head.encode() + np.conj(fid).astype("<c16").tobytes())
    return path


def columns(values, per_line=2, width=15, digits=6):
    """Return complex numbers as Fortran writes them, `(2E15.6)`."""
    pairs = np.stack([values.real, values.imag], axis=-1).ravel()
    texts = [f"{value:{width}.{digits}E}" for value in pairs]
    rows = (texts[at : at + per_line] for at in range(0, len(texts), per_line))
    return "".join(f"{''.join(row)}\n" for row in rows)


def write_raw(
    path, fid, *, head=" $NMID\n ID='a scan''s', FMTDAT='(2E15.6)'\n $END\n", mirror=True
):
    """Write (T,) as LCModel .RAW, which holds conjugates."""
    path.write_text(head + columns(np.conj(fid) if mirror else fid))
    return path


def write_jmrui(path, fids, **changes):
    """Write (N, T) as a text file of jMRUI."""
    fids = np.atleast_2d(fids)
    header = {
        "PointsInDataset": fids.shape[1], "DatasetsInFile": len(fids), "SamplingInterval": "2.5E-1",
        "TransmitterFrequency": "1.232E8", "MagneticField": "2.9E0", "TypeOfNucleus": "0E0",
    } | changes  # fmt: skip
    lines = [f"{key}: {value}" for key, value in header.items() if value is not None]
    text = "jMRUI Data Textfile\n\nFilename: a.txt\n\n" + "\n".join(lines)
    text += "\n\n\nSignal and FFT\nsig(real)\tsig(imag)\tfft(real)\tfft(imag)\n"
    for number, fid in enumerate(fids, 1):
        rows = "\n".join(f"{v.real:.9f}\t{v.imag:.9f}\t0\t0" for v in fid)
        text += f"Signal {number} out of {len(fids)} in file\n{rows}\n\n"
    path.write_text(text)
    return path


PROCPAR = {"sfrq": "123.2", "sw": "4000", "te": "0.006", "tr": "5", "tn": '"H1"', "rcvrs": '"y"',
           "seqfil": '"steam"'}  # fmt: skip


def write_varian(folder, fids, *, order=">", kind="f4", status=None, **changes):
    """Write (N, T) as a Varian folder, a block for each signal."""
    fids = np.conj(np.atleast_2d(fids))
    folder.mkdir()
    size = np.dtype(kind).itemsize
    status = {"f4": 0x19, "i4": 0x15, "i2": 0x11}[kind] if status is None else status
    numbers = 2 * fids.shape[1]
    trace = numbers * size
    head = (len(fids), 1, numbers, size, trace, trace + 28, 1, status, 1)
    content = struct.pack(f"{order}6i2hi", *head)
    for fid in fids:
        pairs = np.stack([fid.real, fid.imag], axis=-1).ravel()
        content += bytes(28) + pairs.astype(f"{order}{kind}").tobytes()
    (folder / "fid").write_bytes(content)
    lines = []
    for key, value in {**PROCPAR, **changes}.items():
        values = value.split(";")
        text = "\n".join(values) if value.startswith('"') else " ".join(values)
        lines.append(f"{key} 1 1 100 0 0 2 1 1 1 64\n{len(values)} {text}\n0 \n")
    (folder / "procpar").write_text("".join(lines))
    return folder


def write_basis(path, fids, *, dwell=DWELL, frequency=FREQUENCY, shifts=None, conc=1.0, mask=None):
    """Write signals by name as LCModel .BASIS: spectra of signals filled with zeros to twice."""
    points = 2 * len(next(iter(fids.values())))
    badelt = dwell if mask is None else -dwell
    text = (
        f" $seqpar\n fwhmba=0.013,\n hzpppm= {frequency},\n ECHOT =  30.,\n SEQ= 'PRESS'\n $end\n"
        f" $BASIS1\n IDBASI = 'it''s\n long',\n FMTBAS='(6E13.5)',\n BADELT = {badelt:.9E},\n"
        f" NDATAB = {points}\n $END\n"
    )
    for name, fid in fids.items():
        spectrum = np.fft.fft(np.conj(fid), points, norm="ortho") * conc
        shift = (shifts or {}).get(name, 0)
        spectrum = np.roll(spectrum, shift)
        if mask is not None:
            spectrum = spectrum / mask
        text += (
            f" $NMUSED\n FILRAW =\n '/raw/{name}.RAW'\n ,\n PPMAPP =  0.1 -0.4\n $END\n"
            f" $Basis\n ID= '{name}',\n Metabo  ='{name}',\n CONC= {conc},\n"
            f" ISHIFT={shift}\n $END\n"
        )
        text += columns(spectrum, per_line=6, width=13, digits=5)
    path.write_text(text)
    return path
