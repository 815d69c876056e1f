"""A body with a tumour, seen by images on any grid and at any place; and a study of it."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from biomarkers.images import Image, write_image

# Half axes and middles, mm, and what each part shows: T2w, b = 0, ADC (mm^2/s), activity (kBq/mL).
PARTS = (
    ((9.0, 7.0, 7.0), (0.0, 0.0, 0.0), (300.0, 500.0, 0.9e-3, 8.0)),
    ((2.6, 3.0, 4.0), (-4.0, -1.0, 1.0), (520.0, 800.0, 1.6e-3, 20.0)),
    ((2.0, 1.5, 3.0), (1.0, 4.2, -2.0), (120.0, 200.0, 0.5e-3, 2.0)),
    ((1.5, 2.2, 2.5), (5.5, -2.0, -1.5), (700.0, 950.0, 2.4e-3, 5.0)),
)
T2W, B0, ADC, ACTIVITY = range(4)
TUMOR = 1
TUMOR_ADC, BODY_ADC = (PARTS[index][2][ADC] for index in (TUMOR, 0))
FINE, COARSE, PET = (0.5, 0.5, 1.0), (0.8, 0.8, 1.25), (1.6, 1.6, 1.6)


def grid(edges, shift=(0.0, 0.0, 0.0), span=(22.0, 18.0, 20.0)):
    shape = tuple(round(length / edge) for length, edge in zip(span, edges, strict=True))
    affine = np.diag([*edges, 1.0])
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(shape) - 1) / 2) + shift
    return Image(np.zeros(shape), affine, "grid")


def moved(shift=(0.0, 0.0, 0.0), turn=0.0):
    """Points of a body at rest to those of one that is moved, mm, (4, 4); `turn` in degrees."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("z", turn, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


@cache
def _shares(edges, motion):
    """How much of each voxel each part fills, from 3³ points a voxel; the last part on top."""
    like, motion = grid(edges), np.reshape(motion, (4, 4))
    steps = (np.arange(3) - 1) / 3
    offsets = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), -1).reshape(-1, 3)
    index = np.indices(like.shape).reshape(3, -1).T
    back = np.linalg.inv(motion) @ like.affine
    top = np.zeros((len(PARTS) + 1, len(index)))
    for offset in offsets:
        mm = (index + offset) @ back[:3, :3].T + back[:3, 3]
        part = np.zeros(len(mm), dtype=int)
        for number, (axes, middle, _) in enumerate(PARTS, start=1):
            part[np.linalg.norm((mm - middle) / axes, axis=1) < 1.0] = number
        top[part, np.arange(len(mm))] += 1.0 / len(offsets)
    return top.reshape(-1, *like.shape)


def shares(edges, motion=None):
    """How much of each voxel air and every part fill, (1 + parts, x, y, z)."""
    return _shares(edges, tuple(np.ravel(np.eye(4) if motion is None else motion)))


def seen(what, edges, motion=None, *, noise=0.0, seed=0):
    """An image of the body."""
    like = grid(edges)
    shows = [0.0, *(values[what] for *_, values in PARTS)]
    data = np.tensordot(shows, shares(edges, motion), axes=1)
    blur = ndimage.gaussian_filter(data, 0.4) if noise else data
    rng = np.random.default_rng(seed)
    scale = noise * max(shows)
    real, imaginary = scale * rng.standard_normal((2, *like.shape))
    noisy = np.hypot(blur + real, imaginary)
    return Image(noisy if noise else data, like.affine, "body")


def drawn(edges):
    """The tumour and a piece of muscle beside it, as labels."""
    like = grid(edges)
    labels = np.zeros(like.shape)
    labels[shares(edges)[TUMOR + 1] >= 0.5] = 1
    mm = np.moveaxis(np.indices(like.shape), 0, -1) @ like.affine[:3, :3].T + like.affine[:3, 3]
    labels[np.linalg.norm(mm - [1.0, -3.0, 2.0], axis=-1) < 1.4] = 2
    return Image(labels, like.affine, "drawn")


@dataclass(frozen=True)
class Body:
    """Where the study lies."""

    root: Path

    def raw(self, day, folder, suffix):
        name = f"sub-01_ses-day{day}_{suffix}"
        return self.root / "sub-01" / f"ses-day{day}" / folder / name

    def derived(self, day, folder, name):
        place = self.root / "derivatives" / "maps" / "sub-01" / f"ses-day{day}" / folder
        return place / f"sub-01_ses-day{day}_{name}"


def write(path, image, sidecar=None):
    write_image(path, image.data, like=image, dtype=np.float64)
    if sidecar is not None:
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))


def write_body(root, *, days=("00",)):
    """Write a study: T2w of every day, labels of the first one only."""
    body = Body(root)
    for day in days:
        write(body.raw(day, "anat", "T2w.nii.gz"), seen(T2W, FINE, noise=0.02))
    write(body.derived(days[0], "anat", "space-T2w_dseg.nii.gz"), drawn(FINE))
    rows = "".join(f"ses-day{day}\t{int(day)}\t250\n" for day in days)
    (root / "sub-01" / "sub-01_sessions.tsv").write_text(f"session_id\tdays\tweight_g\n{rows}")
    (root / "participants.tsv").write_text("participant_id\tspecies\nsub-01\trattus norvegicus\n")
    (root / "derivatives" / "maps" / "dseg.tsv").write_text("index\tname\n1\ttumor\n2\tmuscle\n")
    return body


def itk_text(matrix):
    """A rigid transform as ANTs and Slicer write it: points of LPS."""
    flip = np.diag([-1.0, -1.0, 1.0, 1.0])
    lps = flip @ matrix @ flip
    numbers = " ".join(f"{each:.12g}" for each in (*lps[:3, :3].ravel(), *lps[:3, 3]))
    return (
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
        f"Parameters: {numbers}\nFixedParameters: 0 0 0\n"
    )
