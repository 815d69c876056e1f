"""Spectra on disk: NIfTI-MRS (Clarke et al. 2022, doi:10.1002/mrm.29418)."""

import gzip
import json
from pathlib import Path

import nibabel as nib
import numpy as np

from biomarkers.arrays import ComplexArray
from biomarkers.files import replacing, write_json
from biomarkers.images import Image
from biomarkers.simulate.spectra import Acquisition

_EXTENSION = 44


def write_spectra(
    stem: Path, fid: ComplexArray, grid: Image, acquisition: Acquisition, *, tr: float
) -> None:
    """Write signals, (x, y, z, T), as NIfTI-MRS with a sidecar.

    The format has frequencies that fall with the chemical shift, so signals are conjugated.

    Parameters
    ----------
    stem
        Where to, without an ending.
    fid
        Signals whose frequencies rise with the chemical shift.
    grid
        Where voxels lie.
    acquisition
        How they were sampled.
    tr
        Repetition time, s.

    """
    header = {
        "SpectrometerFrequency": [acquisition.frequency_mhz],
        "ResonantNucleus": ["1H"],
        "EchoTime": sum(acquisition.echoes),
        "RepetitionTime": tr,
        "SequenceName": "PRESS, simulated",
    }
    image = nib.Nifti2Image(np.conj(fid).astype(np.complex64), grid.affine)
    image.header["pixdim"][4] = acquisition.dwell
    image.header.set_xyzt_units("mm", "sec")
    text = json.dumps(header).encode()
    image.header.extensions.append(nib.nifti1.Nifti1Extension(_EXTENSION, text))
    # Without a date in it, so that the same signals give the same bytes.
    with replacing(stem.with_name(f"{stem.name}.nii.gz")) as temporary:
        temporary.write_bytes(gzip.compress(image.to_bytes(), compresslevel=1, mtime=0))
    sidecar = {"EchoTime": header["EchoTime"], "RepetitionTime": tr, "Manufacturer": "simulated"}
    write_json(stem.with_name(f"{stem.name}.json"), sidecar)
