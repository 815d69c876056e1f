"""A simulated rat head whose motion is exact: ellipsoids, seen by voxels that average over points.

Nothing here interpolates between voxels: a moved head is drawn anew, each voxel the mean of the
tissue at many points within it. Sizes in mm; x left to right, y up, z along the slices.
"""

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from biomarkers.images import Image

STILL = np.eye(4)
SHAPE, VOXEL = (128, 128, 16), (0.25, 0.25, 1.0)

# Centre, half axes (mm), tilt about z (degrees), tissue; a later one covers an earlier one.
PARTS = (
    ((0.0, -1.0, 0.0), (13.0, 12.0, 19.0), 0.0, "skin"),
    ((0.0, -1.0, 0.0), (12.3, 11.3, 18.4), 0.0, "muscle"),
    ((-7.5, -3.0, 1.0), (2.2, 3.8, 8.0), 15.0, "fat"),
    ((7.5, -3.0, 1.0), (2.2, 3.8, 8.0), -15.0, "fat"),
    ((0.0, -8.0, 2.0), (3.0, 1.6, 12.0), 0.0, "air"),
    ((0.0, -5.6, -1.0), (4.5, 1.5, 9.0), 0.0, "tongue"),
    ((0.0, 3.0, 0.0), (8.3, 6.3, 13.2), 0.0, "bone"),
    ((0.0, 3.0, 0.0), (7.7, 5.7, 12.5), 0.0, "grey"),
    ((0.0, 2.4, 0.0), (6.0, 4.2, 10.5), 0.0, "white"),
    ((0.0, 2.0, 0.5), (5.4, 3.5, 9.5), 0.0, "grey"),
    ((-1.7, 3.4, 1.0), (0.7, 1.9, 4.5), 25.0, "csf"),
    ((1.7, 3.4, 1.0), (0.7, 1.9, 4.5), -25.0, "csf"),
    ((0.0, 0.3, -2.0), (0.5, 1.4, 5.0), 0.0, "csf"),
    ((-3.6, 2.2, -3.0), (1.9, 1.7, 3.2), 30.0, "tumor"),
    ((0.0, 7.9, 0.0), (0.7, 0.55, 10.0), 0.0, "vessel"),
    ((-3.9, -3.1, 0.0), (0.6, 0.6, 14.0), 0.0, "vessel"),
    ((3.9, -3.1, 0.0), (0.6, 0.6, 14.0), 0.0, "vessel"),
)
TISSUES = ("none", "skin", "muscle", "fat", "air", "tongue", "bone", "grey", "white", "csf",
           "tumor", "vessel")  # fmt: skip
PLAIN = {"none": 0.0, "skin": 0.9, "muscle": 0.55, "fat": 1.2, "air": 0.02, "tongue": 0.5,
         "bone": 0.12, "grey": 0.7, "white": 0.85, "csf": 0.35, "tumor": 0.6,
         "vessel": 0.3}  # fmt: skip
ENHANCED = {**PLAIN, "tumor": 1.8 * PLAIN["tumor"], "vessel": 1.6, "muscle": 0.62}
INVERTED = {name: 0.0 if name == "none" else 1.3 - value for name, value in PLAIN.items()}


@dataclass(frozen=True)
class Scanner:
    """The grid that a head is seen on, and the points that a voxel averages over."""

    shape: tuple = SHAPE
    voxel: tuple = VOXEL
    points: tuple = (2, 2, 6)

    @property
    def affine(self):
        """Voxel indices to mm, the middle of the grid at 0."""
        affine = np.diag([*self.voxel, 1.0])
        affine[:3, 3] = -0.5 * (np.array(self.shape) - 1) * self.voxel
        return affine

    def centres(self):
        """Return the middles of all voxels, (N, 3), mm."""
        return np.indices(self.shape).reshape(3, -1).T * self.voxel + self.affine[:3, 3]


def moved_by(degrees, voxels, scanner=Scanner()):
    """Return the 4 × 4 matrix of a turn about the middle (x, y, z) and a shift in voxels."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = np.multiply(voxels, scanner.voxel)
    return matrix


def fractions(matrix=STILL, scanner=Scanner()):
    """Return the fraction of every tissue in every voxel, (N, tissues), of a head that moved."""
    back = np.linalg.inv(matrix)
    centres = scanner.centres() @ back[:3, :3].T + back[:3, 3]
    inner = [(np.arange(n) + 0.5) / n - 0.5 for n in scanner.points]
    offsets = np.stack(np.meshgrid(*inner), -1).reshape(-1, 3) * scanner.voxel @ back[:3, :3].T
    tissue = np.zeros((len(centres), len(offsets)), dtype=np.int8)
    reach = np.linalg.norm(offsets, axis=1).max()
    for centre, axes, tilt, name in PARTS:
        turn = Rotation.from_euler("z", tilt, degrees=True).as_matrix()
        away = (centres - centre) @ turn / axes
        radius, margin = np.linalg.norm(away, axis=1), reach / min(axes)
        tissue[radius <= 1.0 - margin] = TISSUES.index(name)
        edge = np.flatnonzero(np.abs(radius - 1.0) < margin)
        points = away[edge, None] + offsets @ turn / axes
        row, point = np.nonzero((points**2).sum(axis=-1) <= 1.0)
        tissue[edge[row], point] = TISSUES.index(name)
    return np.stack([(tissue == k).mean(axis=1) for k in range(len(TISSUES))], axis=-1)


def picture(share, contrast=PLAIN, *, snr=30.0, seed=0, scanner=Scanner(), matrix=STILL):
    """Return what a scanner sees, an `Image`: Rician noise, grey matter of signal 0.7 has `snr`.

    A texture of a few percent goes with the head: sums of waves of 2 to 6 mm.
    """
    signal = share @ np.array([contrast[name] for name in TISSUES])
    back = np.linalg.inv(matrix)
    at = scanner.centres() @ back[:3, :3].T + back[:3, 3]
    waves = ((2.1, 0.7, 0.3), (-0.9, 1.7, 0.5), (1.1, 1.3, -0.8), (0.4, -2.6, 0.6))
    signal *= 1.0 + 0.02 * sum(np.sin(at @ wave) for wave in np.array(waves))
    rng = np.random.default_rng(seed)
    noise = rng.normal(0.0, 0.7 / snr, (2, len(signal)))
    data = np.hypot(signal + noise[0], noise[1]).reshape(scanner.shape)
    return Image(data, scanner.affine, "a simulated rat head")


def head(contrast=PLAIN, matrix=STILL, **settings):
    """Return the picture of a head that was moved by a matrix, fixed mm to moving mm."""
    scanner = settings.get("scanner", Scanner())
    return picture(fractions(matrix, scanner), contrast, matrix=matrix, **settings)


def head_mask(share, scanner=Scanner()):
    """Return the voxels that are head by more than half."""
    return (share[:, 0] < 0.5).reshape(scanner.shape)


def errors(found, true, scanner=Scanner()):
    """Return how far a matrix is off: voxels along an axis, in the middle, and degrees."""
    rest = found @ np.linalg.inv(true)
    middle = true[:3, 3]
    away = np.abs((rest[:3, :3] @ middle + rest[:3, 3] - middle) / scanner.voxel).max()
    left, _, right = np.linalg.svd(rest[:3, :3])
    turn = Rotation.from_matrix(left @ right).magnitude()
    return float(away), float(np.degrees(turn))
