"""Shape and size of a region (HCUG), and how its intensities lie in it."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.distance import pdist

from biomarkers.arrays import FloatArray
from biomarkers.extras import load_extra
from biomarkers.radiomics.region import Region
from biomarkers.radiomics.solids import (
    box_volume_and_area,
    ellipsoid_volume_and_area,
    enclosing_ellipsoid,
    oriented_box,
)
from biomarkers.radiomics.spatial import spatial_autocorrelation

# A least axis below this share of the longest is none: the region is flat.
_NO_AXIS = 1e-9


class Mesh(NamedTuple):
    """A closed surface: its corners, mm, (n, 3), its volume and its area."""

    corners: FloatArray
    volume: float
    area: float


def mesh_of(region: Region) -> Mesh:
    """Return the surface of a region, at one half between voxels within and without."""
    surfaces = load_extra("skimage.measure", "the surface of a region")
    inside = np.pad(region.drawn[region.box], 1).astype(np.float32)
    corners, faces, _, _ = surfaces.marching_cubes(inside, 0.5, spacing=region.spacing)
    a, b, c = (corners[faces[:, k]].astype(float) for k in range(3))
    across = np.cross(b - a, c - a)
    volume = abs(float(np.einsum("ij,ij->", a, across))) / 6.0
    return Mesh(corners.astype(float), volume, float(np.linalg.norm(across, axis=1).sum()) / 2.0)


def morphology(region: Region) -> dict[str, float]:
    """Return the features of shape, and those of intensities over it."""
    mesh = mesh_of(region)
    moran, geary = spatial_autocorrelation(region)
    mean = float(region.intensities.mean()) if region.intensities.size else float("nan")
    return (
        _sizes(region, mesh)
        | _ratios(mesh)
        | _axes(region, mesh)
        | _hull(mesh)
        | {
            "com": _shift(region),  # KLMA
            "integ_int": mesh.volume * mean,  # 99N0
            "moran_i": moran,
            "geary_c": geary,
        }
    )


def _sizes(region: Region, mesh: Mesh) -> dict[str, float]:
    voxels = float(region.drawn.sum())
    return {
        "volume": mesh.volume,  # RNU0
        "vol_approx": voxels * float(np.prod(region.spacing)),  # YEKZ
        "area_mesh": mesh.area,  # C0JK
    }


def _ratios(mesh: Mesh) -> dict[str, float]:
    """Return how far a surface is from that of a sphere."""
    volume, area = mesh.volume, mesh.area
    sphere = (36.0 * np.pi * volume**2) ** (1.0 / 3.0)
    return {
        "av": area / volume,  # 2PR5
        "comp_1": volume / (np.pi**0.5 * area**1.5),  # SKGS
        "comp_2": 36.0 * np.pi * volume**2 / area**3,  # BQWJ
        "sph_dispr": area / sphere,  # KRCK
        "sphericity": sphere / area,  # QCFX
        "asphericity": area / sphere - 1.0,  # 25C7
    }


def _places(region: Region, mask: npt.NDArray[np.bool_]) -> FloatArray:
    return np.asarray(np.argwhere(mask) * np.array(region.spacing))


def _shift(region: Region) -> float:
    """Return how far the centre of intensities is from that of the region."""
    total = region.intensities.sum()
    if total == 0.0:
        return float("nan")
    heavy = region.intensities @ _places(region, region.kept) / total
    return float(np.linalg.norm(_places(region, region.drawn).mean(axis=0) - heavy))


def _axes(region: Region, mesh: Mesh) -> dict[str, float]:
    """Return lengths of the principal axes of the voxels, and the ellipsoid that they span."""
    places = _places(region, region.drawn)
    if len(places) < 2:
        return {}
    # The covariance over n - 1.
    variances = np.linalg.eigvalsh(np.cov(places, rowvar=False))[::-1]
    major, minor, least = 4.0 * np.sqrt(np.maximum(variances, 0.0))
    values = {"pca_maj_axis": float(major)}  # TDIC
    if minor > _NO_AXIS * major:
        values |= {"pca_min_axis": float(minor), "pca_elongation": float(minor / major)}  # Q3CK
    if least > _NO_AXIS * major:
        volume, area = ellipsoid_volume_and_area(np.array([major, minor, least]) / 2.0)
        values |= {
            "pca_least_axis": float(least),  # 7J51
            "pca_flatness": float(least / major),  # N17B
            "vol_dens_aee": mesh.volume / volume,  # 6BDE
            "area_dens_aee": mesh.area / area,  # RDD2
        }
    return values


def _hull(mesh: Mesh) -> dict[str, float]:
    """Return the densities in solids around the mesh, and its diameter."""
    try:
        hull = ConvexHull(mesh.corners)
    except QhullError:
        return {}
    outer = mesh.corners[hull.vertices]
    solids = {
        "aabb": box_volume_and_area(np.ptp(outer, axis=0)),  # PBX1, R59B
        "ombb": box_volume_and_area(oriented_box(hull)),  # ZH1A, IQYR
        "mvee": ellipsoid_volume_and_area(enclosing_ellipsoid(outer)),  # SWZ1, BRI8
        "conv_hull": (hull.volume, hull.area),  # R3ER, 7T7F
    }
    values = {"diam": float(pdist(outer).max())}  # L0JK
    for name, (volume, area) in solids.items():
        values |= {f"vol_dens_{name}": mesh.volume / volume, f"area_dens_{name}": mesh.area / area}
    return values
