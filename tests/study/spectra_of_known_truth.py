"""A small study of spectra with known truth: a tumour, and the same place of the other side."""

import json
from functools import cache

import nibabel as nib
import numpy as np

from biomarkers import mrs
from biomarkers.images import Image, write_image

DWELL, POINTS, FREQUENCY, TE, TR = 5e-4, 1024, 123.2, 0.03, 2.0
ECHOES = (0.011, 0.019)
LEVELS = {"NAA": 9.0, "Cr": 4.0, "PCr": 4.0, "GPC": 1.2, "PCho": 0.4, "Ins": 6.0, "Glu": 9.0,
          "Gln": 3.0}  # fmt: skip
TISSUE = {"gm": 0.6, "wm": 0.3, "csf": 0.1}
VOXELS = ("contralateral", "tumor")
NOISE = 0.2  # of the real or imaginary part of a sample; a proton of 1 mM has a signal of 1


@cache
def basis():
    return mrs.simulate_basis(
        sequence="press", te=ECHOES, frequency_mhz=FREQUENCY, metabolites=tuple(LEVELS),
        dwell=DWELL, points=POINTS,
    )  # fmt: skip


def water_signal(tissue=TISSUE, te=TE, tr=TR):
    """Return the signal of water at time 0 where a proton in 1 mmol per litre of voxel has 1."""
    content, times = {"gm": 0.78, "wm": 0.65, "csf": 0.97}, mrs.relaxation_times(3.0).water
    left = {
        each: (1 - np.exp(-tr / times[each][0])) * np.exp(-te / times[each][1]) for each in tissue
    }
    return 2 * 55510 * sum(tissue[each] * content[each] * left[each] for each in tissue)


def metabolite_signal(levels, seed, noise=NOISE):
    """Return the signal of concentrations, mmol per litre of grey and white matter, (T,)."""
    share = {"gm": TISSUE["gm"] / 0.9, "wm": TISSUE["wm"] / 0.9}
    published = mrs.relaxation_times(3.0)
    fid = np.zeros(POINTS, dtype=complex)
    for name, level in levels.items():
        left = sum(
            part * (1 - np.exp(-TR / times.t1)) * np.exp(-TE / times.t2)
            for tissue, part in share.items()
            for times in [published.of(name, tissue)]
        )
        fid += 0.9 * level * left * basis()[name]
    time = np.arange(POINTS) * DWELL
    random = np.random.default_rng(seed)
    parts = random.normal(scale=noise, size=(2, POINTS))
    return fid * np.exp(-9 * time - (9 * time) ** 2) + parts[0] + 1j * parts[1]


def decay():
    time = np.arange(POINTS) * DWELL
    return water_signal() * np.exp(-15 * time)


def write_svs(path, fid, affine=None, **changes):
    """Write (T,) or (x, y, z, T) as NIfTI-MRS, as the format signs frequencies."""
    place = np.diag([20.0, 20.0, 20.0, 1.0]) if affine is None else affine
    signals = np.conj(fid).astype(np.complex64)
    image = nib.Nifti2Image(signals.reshape(*(signals.shape[:-1] or (1, 1, 1)), -1), place)
    image.header["pixdim"][4] = DWELL
    image.header.set_xyzt_units("mm", "sec")
    header = {"SpectrometerFrequency": [FREQUENCY], "ResonantNucleus": ["1H"], "EchoTime": TE,
              "RepetitionTime": TR} | changes  # fmt: skip
    kept = {key: value for key, value in header.items() if value is not None}
    image.header.extensions.append(nib.nifti1.Nifti1Extension(44, json.dumps(kept).encode()))
    path.parent.mkdir(parents=True, exist_ok=True)
    nib.save(image, path)
    return path


def levels_of(subject, day):
    """Return what a tumour holds: choline falls in responders, the even subjects."""
    fall = 0.5 if day and subject % 2 == 0 else 1.0
    return LEVELS | {"NAA": 4.0 + 0.1 * subject, "GPC": 2.4 * fall, "PCho": 1.0 * fall}


def write_study(root, subjects=range(1, 2), days=(0, 7), voxels=VOXELS, water=True):
    """Write a study; every session has a tumour and a contralateral voxel."""
    rows = ["participant_id\tresponder"]
    for subject in subjects:
        label = f"sub-{subject:02d}"
        rows.append(f"{label}\t{int(subject % 2 == 0)}")
        table = ["session_id\tdays", *(f"ses-day{day:02d}\t{day}" for day in days)]
        for day in days:
            folder = root / label / f"ses-day{day:02d}" / "mrs"
            stem = folder / f"{label}_ses-day{day:02d}"
            for seed, voi in enumerate(voxels):
                levels = levels_of(subject, day) if voi == "tumor" else LEVELS
                fid = metabolite_signal(levels, seed=100 * subject + 10 * day + seed)
                write_svs(stem.with_name(f"{stem.name}_voi-{voi}_svs.nii.gz"), fid)
                if water:
                    write_svs(stem.with_name(f"{stem.name}_voi-{voi}_mrsref.nii.gz"), decay())
        (root / label / f"{label}_sessions.tsv").write_text("\n".join(table) + "\n")
    (root / "participants.tsv").write_text("\n".join(rows) + "\n")
    return root


GRID = (4, 4, 1)


def left_of_water():
    """Return what water suppression leaves, a little off its place, (T,)."""
    time = np.arange(POINTS) * DWELL
    return 5 * np.exp(0.3j + (4j * np.pi - 15) * time)


def write_grid(root, day=0):
    """Write a grid of spectra, choline high in its left half, and a label map on it."""
    stem = f"sub-01_ses-day{day:02d}"
    folder = root / "sub-01" / f"ses-day{day:02d}" / "mrs"
    affine = np.diag([10.0, 10.0, 10.0, 1.0])
    fids = np.zeros((*GRID, POINTS), dtype=complex)
    labels = np.zeros(GRID)
    for seed, place in enumerate(np.ndindex(GRID)):
        high = place[0] < 2
        levels = LEVELS | ({"GPC": 2.4, "PCho": 0.8} if high else {})
        fids[place] = metabolite_signal(levels, seed) + left_of_water()
        labels[place] = 1 if high else 2
    write_svs(folder / f"{stem}_mrsi.nii.gz", fids, affine)
    (root / "sub-01" / "sub-01_sessions.tsv").write_text(
        f"session_id\tdays\nses-day{day:02d}\t{day}\n"
    )
    derived = root / "derivatives" / "maps" / "sub-01" / f"ses-day{day:02d}" / "mrs"
    like = Image(labels, affine, "labels")
    write_image(derived / f"{stem}_dseg.nii.gz", labels, like, dtype=np.int16)
    (derived / f"{stem}_dseg.tsv").write_text("index\tname\n1\ttumor\n2\tbrain\n")
    return root
