"""The digital phantom of IBSI, built from its numbers.

Image Biomarker Standardisation Initiative, Zwanenburg et al. 2020, doi:10.1148/radiol.2020191145;
phantom from github.com/theibsi/data_sets, CC BY 4.0; it is in the reference manual
(arXiv:1612.07003), too.
"""

import numpy as np

# z, y, x; voxels of 2 mm. The region is all but a few voxels at the rim and one within.
IMAGE = np.array(
    [
        [[1, 4, 4, 1, 1], [1, 4, 6, 1, 1], [4, 1, 6, 4, 1], [4, 4, 6, 4, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 6, 1, 1], [1, 1, 3, 1, 1], [4, 4, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 9, 1, 1], [1, 1, 6, 1, 1]],
        [[1, 4, 4, 1, 1], [1, 1, 1, 1, 1], [1, 1, 1, 1, 1], [1, 1, 6, 1, 1]],
    ],
    dtype=float,
)
SPACING = (2.0, 2.0, 2.0)
OUTSIDE = ((1, 2, 0), (2, 0, 3), (2, 0, 4), (2, 2, 2), (3, 0, 3), (3, 0, 4))
MASK = np.ones(IMAGE.shape, dtype=bool)
MASK[tuple(np.transpose(OUTSIDE))] = False


def ball(radius: float, size: int) -> np.ndarray:
    """Return a ball in the middle of a cube."""
    z, y, x = np.indices((size,) * 3) - (size - 1) / 2
    return z**2 + y**2 + x**2 <= radius**2
