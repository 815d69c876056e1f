"""Simulated heads: ellipsoids of brain, fluid, skull, muscle, fat, eyes and air; known brain."""

from dataclasses import dataclass

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation

from biomarkers.images import Image

# Signal of each tissue over that of white matter, by contrast: T1 of fluid is long, that of fat
# short; T2 the other way for muscle; echo-planar images suppress fat.
SIGNALS = {
    "T1w": {"wm": 1.0, "gm": 0.72, "csf": 0.2, "skull": 0.07, "fat": 1.35, "muscle": 0.55,
            "eye": 0.2, "air": 0.0},
    "T2w": {"wm": 0.62, "gm": 0.8, "csf": 1.5, "skull": 0.06, "fat": 0.9, "muscle": 0.3,
            "eye": 1.6, "air": 0.0},
    "EPI": {"wm": 0.7, "gm": 0.85, "csf": 1.4, "skull": 0.04, "fat": 0.12, "muscle": 0.25,
            "eye": 1.2, "air": 0.0},
}  # fmt: skip
TISSUES = ("wm", "gm", "csf", "skull", "fat", "muscle", "eye", "air")
WM, GM, CSF, SKULL, FAT, MUSCLE, EYE, AIR = range(len(TISSUES))


@dataclass(frozen=True)
class Build:
    """Sizes of a head, mm: half axes of the brain (left-right, front-back, up-down), and layers."""

    brain: tuple[float, float, float]
    cortex: float
    fluid: float
    skull: float
    muscle: float
    fat: float
    eye: float
    edges: tuple[float, float, float]
    edges_epi: tuple[float, float, float]


HUMAN = Build((66.0, 82.0, 60.0), 5.0, 2.5, 7.0, 2.0, 5.0, 12.0, (2.0, 2.0, 2.0), (3.0, 3.0, 3.5))
# A rat: little fluid, a thin skull, and masses of muscle below and beside it.
RODENT = Build((7.2, 10.5, 5.2), 0.9, 0.25, 0.6, 2.2, 0.8, 2.6, (0.2, 0.2, 0.6), (0.35, 0.35, 0.8))
BUILDS = {"human": HUMAN, "rodent": RODENT}


def head(species, contrast, *, seed=0, bias=0.3, noise=0.04, fine=1.0):
    """Return an image of a head and its brain, (x, y, z), truth; ventricles are brain.

    `bias` is the largest deviation of a smooth field from 1, `noise` the Rician standard deviation
    over the signal of white matter, `fine` multiplies the edges of voxels.
    """
    build, rng = BUILDS[species], np.random.default_rng(seed)
    edges = np.array(build.edges_epi if contrast == "EPI" else build.edges) * fine
    axes = np.array(build.brain) * rng.uniform(0.92, 1.08, 3)
    around = build.fluid + build.skull + build.muscle + build.fat
    half = (axes + around) * (1.12, 1.2, 1.25)
    shape = np.ceil(2.0 * half / edges).astype(int)
    affine = np.diag([*edges, 1.0])
    affine[:3, 3] = -edges * (shape - 1) / 2 + rng.uniform(-0.05, 0.05, 3) * axes
    # Twice as fine, then averaged: voxels at borders hold several tissues.
    tissue, brain = _tissues(build, axes, shape, affine, rng)
    levels = np.array([SIGNALS[contrast][name] for name in TISSUES], dtype=np.float32)
    signal = _coarse(levels[tissue])
    signal = ndimage.gaussian_filter(signal, 0.4)
    signal = signal * _field(shape, bias, rng)
    scale = noise * SIGNALS[contrast]["wm"]
    noisy = np.abs(signal + scale * (rng.standard_normal(shape) + 1j * rng.standard_normal(shape)))
    return Image(1000.0 * noisy, affine, f"{species} {contrast}"), _coarse(brain) >= 0.5


def _coarse(fine):
    x, y, z = (size // 2 for size in fine.shape)
    return fine.reshape(x, 2, y, 2, z, 2).mean(axis=(1, 3, 5))


def _field(shape, bias, rng):
    """Return a smooth field from 1 - bias to 1 + bias: a slope and a bulge."""
    places = [np.linspace(-1.0, 1.0, size) for size in shape]
    x, y, z = np.meshgrid(*places, indexing="ij")
    slope, bulge = rng.standard_normal(3), rng.standard_normal(3)
    field = slope[0] * x + slope[1] * y + slope[2] * z
    field = field + bulge[0] * x**2 + bulge[1] * y**2 + bulge[2] * z**2
    span = field.max() - field.min()
    return 1.0 + bias * (2.0 * (field - field.min()) / span - 1.0)


def _tissues(build, axes, shape, affine, rng):
    """Return the tissue of each half voxel, an index of `TISSUES`, and whether it is brain."""
    index = np.moveaxis(np.indices(2 * shape, dtype=np.float32), 0, -1) / 2.0 - 0.25
    turn = Rotation.from_rotvec(np.radians(rng.uniform(-8, 8, 3))).as_matrix()
    mm = index @ (affine[:3, :3].T @ turn).astype(np.float32)
    mm += (affine[:3, 3] @ turn).astype(np.float32)

    def at(*place):
        return (np.array(place) * axes).astype(np.float32)

    depth = _depth(mm, axes)  # mm below the surface of the brain, negative outside
    waves = np.sin(mm * (0.5 * np.pi / build.cortex))
    depth = depth + 0.25 * build.cortex * np.prod(waves, axis=-1)
    tissue = np.full(tuple(2 * shape), AIR, dtype=np.uint8)
    layers = [
        (FAT, build.fat, build.muscle + build.skull + build.fluid),
        (MUSCLE, build.muscle, build.skull + build.fluid),
        (SKULL, build.skull, build.fluid),
        (CSF, build.fluid, 0.0),
    ]
    jaw = _depth(mm - at(0.0, 0.1, -0.75), axes * (1.15, 0.9, 0.8))
    tissue[jaw > -build.fat] = FAT
    tissue[jaw > 0.0] = MUSCLE
    tissue[_depth(mm - at(0.0, 0.75, -0.9), axes * (0.2, 0.35, 0.15)) > 0] = AIR
    for name, width, inner in layers:
        tissue[depth > -(width + inner)] = name
    for side in (-0.55, 0.55):
        eye = mm - at(side, 0.98, -0.55)
        tissue[np.linalg.norm(eye, axis=-1) < build.eye] = EYE
    brain = depth > 0.0
    # The stem leaves through the skull, downwards.
    stem = (np.hypot(mm[..., 0], mm[..., 1] + 0.35 * axes[1]) < 0.16 * axes[0]) & (mm[..., 2] < 0)
    tissue[stem & (tissue != AIR)] = WM
    brain |= stem & (depth > -(build.fluid + build.skull))
    tissue[depth > 0.0] = GM
    tissue[depth > build.cortex] = WM
    for side in (-0.18, 0.18):
        hollow = _depth(mm - at(side, 0.0, 0.1), axes * (0.1, 0.35, 0.15))
        tissue[hollow > 0.0] = CSF
    return tissue, brain


def _depth(mm, axes):
    """Return about how deep points lie inside an ellipsoid about 0, mm."""
    axes = np.asarray(axes, dtype=np.float32)
    scaled = np.sqrt(np.einsum("...k,k->...", mm**2, axes**-2))
    slope = np.sqrt(np.einsum("...k,k->...", mm**2, axes**-4)) / np.maximum(scaled, 1e-6)
    return (1.0 - scaled) / np.maximum(slope, 1e-6)


def dice(a, b):
    """Return twice what two masks share over the sum of both."""
    return 2.0 * np.sum(a & b) / (np.sum(a) + np.sum(b))
