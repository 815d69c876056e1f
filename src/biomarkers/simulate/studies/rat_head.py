"""The head in the scanner: where tissues lie and what is true in every voxel.

A slab across a rat's head: an elliptical brain in a ring of muscle, a tumour in the right
hemisphere that grows, a region of normal brain opposite it, and a vessel at the base of the
brain large enough to hold whole voxels of blood. Axes are the scanner's: x to the rat's right,
y to its back, z to its nose. Tissues lie on a grid finer than that of the scans, whose voxels so
hold several of them at borders.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from biomarkers.arrays import BoolArray, FloatArray
from biomarkers.images import Image
from biomarkers.simulate.partial_volume import Samples, block_mean, centred_grid, centres, sample

SHAPE = (28, 24, 6)
VOXEL_MM = (0.6, 0.6, 1.0)
FACTORS = (2, 2, 2)
FINE_SHAPE = (56, 48, 12)
FINE_MM = (0.3, 0.3, 0.5)
REGIONS: Mapping[str, int] = MappingProxyType({"tumor": 1, "contralateral": 2, "artery": 3})

# T1 of arterial blood at 7 T and haematocrit 0.42: 2.171 s (bovine; Grgac et al.
# 2013, doi:10.1002/mrm.24547).
BLOOD_T1 = 2.171

# Half axes of ellipses across the head, mm.
_HEAD, _BRAIN = (8.0, 6.7), (7.0, 4.9)
_TUMOUR_CENTRE, _TUMOUR_JITTER = (3.0, 0.8, 0.0), (0.5, 0.4, 0.3)
_CONTRALATERAL_CENTRE, _CONTRALATERAL_RADIUS = (-4.0, 1.2, 0.0), 1.7
_ARTERY_CENTRE, _ARTERY_HALF_WIDTH = (0.0, -5.4), 0.7

# Proton density (relative), T1 (s), T2 (s), ADC (mm^2/s), Ktrans (1/min), ve, vp, CBV: chosen, of
# the usual order at 7 T. Anchors: T1 of rat cortex is 2.27 s at 16.4 T (PMID 21671265), of human
# grey matter 1.94 s at 7 T (Wright et al. 2008, MAGMA 21:121); relaxation times and ADC are
# longer in rat glioma than in brain (Eis et al. 1995, PMID 8598810). The intact barrier of brain
# lets next to nothing through.
_TISSUES: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "air": {"m0": 0.0, "T1": 1.0, "T2": 0.05, "ADC": 1e-9},
        "muscle": {"m0": 0.75, "T1": 1.65, "T2": 0.025, "ADC": 1.2e-3}
        | {"Ktrans": 0.05, "ve": 0.12, "vp": 0.015, "CBV": 0.026},
        "brain": {"m0": 0.80, "T1": 1.75, "T2": 0.045, "ADC": 0.70e-3}
        | {"Ktrans": 0.0005, "ve": 0.15, "vp": 0.012, "CBV": 0.021},
        "blood": {"m0": 0.85, "T1": BLOOD_T1, "T2": 0.030, "ADC": 2.0e-3, "CBV": 1.0},
        "tumour": {"m0": 0.88, "T2": 0.065},
    }
)
PARAMETERS = ("m0", "T1", "T2", "ADC", "Ktrans", "ve", "vp", "CBV", "SUVmean")

# Spread of tumour properties from place to place, of their logarithm, smooth over half a mm or so.
_TEXTURE: Mapping[str, float] = MappingProxyType(
    {"Ktrans": 0.25, "vp": 0.20, "ve": 0.12, "ADC": 0.10, "T1": 0.03, "SUVmean": 0.15}
)
# Where there is more plasma there is more blood.
_LIKE = {"CBV": "vp"}


@dataclass(frozen=True, eq=False)
class Head:
    """One rat's head, without what changes from day to day.

    Parameters
    ----------
    reach
        Order in which the growing tumour takes fine voxels, (x, y, z): smaller is sooner; infinite
        where it never grows.
    texture
        Standardised smooth field of each tumour property, fine (x, y, z).

    """

    reach: FloatArray
    texture: Mapping[str, FloatArray]


@dataclass(frozen=True, eq=False)
class Phantom:
    """The truth of one session.

    Parameters
    ----------
    tissues
        `REGIONS` as they are, fine (x, y, z); 0 elsewhere. The artery is all the blood there is.
    labels
        As they are drawn, on the grid of the scans: where most of a voxel is in a region.
    maps
        Each of `PARAMETERS`, and kep, fine (x, y, z). Ktrans, kep, ve and vp are 0 where no tissue
        takes up contrast. CBV is 1 in the artery. SUVmean is that of the tumour alone.
    samples
        Where signals are computed.

    """

    tissues: npt.NDArray[np.int16]
    labels: npt.NDArray[np.int16]
    maps: Mapping[str, FloatArray]
    samples: Samples

    def at(self, parameter: str) -> FloatArray:
        """Return the values of a map at the samples, (samples,)."""
        return self.samples.take(self.maps[parameter])

    def mask(self, region: str) -> BoolArray:
        """Return the voxels of a region as drawn, (x, y, z)."""
        return np.asarray(self.labels == REGIONS[region])

    def tissue(self, region: str) -> BoolArray:
        """Return the fine voxels of a region as it is, fine (x, y, z)."""
        return np.asarray(self.tissues == REGIONS[region])

    def kinds(self) -> dict[str, BoolArray]:
        """Return where each tissue is that takes up tracer, fine (x, y, z)."""
        tumour, artery = self.tissue("tumor"), self.tissue("artery")
        brain = _ellipse(_BRAIN) & ~tumour & ~artery
        muscle = _ellipse(_HEAD) & ~_ellipse(_BRAIN) & ~artery
        return {"tumour": tumour, "artery": artery, "brain": brain, "muscle": muscle}

    def volume(self, region: str) -> float:
        """Return the volume of a region, mm^3."""
        return float(self.tissue(region).sum() * np.prod(FINE_MM))

    def median(self, region: str, parameter: str) -> float:
        """Return the median over a region, as drawn, of what its voxels hold on average.

        Of kep and ve, what a scan can see is that of the part which leaks.
        """
        leaks = self.samples.mean(self.at("Ktrans"))[self.mask(region)]
        if parameter in ("kep", "ve"):
            returns = self.samples.mean(self.at("Ktrans") * self.at("kep"))[self.mask(region)]
            return float(np.median(returns / leaks if parameter == "kep" else leaks**2 / returns))
        return self.median_of(region, self.maps[parameter])

    def median_of(self, region: str, fine: FloatArray) -> float:
        """Return the same of any fine map (x, y, z)."""
        return float(np.median(self.samples.mean(self.samples.take(fine))[self.mask(region)]))


@cache
def grid() -> Image:
    """Return an empty image on the grid of the scans, its middle at the origin."""
    return centred_grid(SHAPE, VOXEL_MM)


@cache
def coordinates() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return x, y and z of every fine voxel, mm, each fine (x, y, z); the middle is 0."""
    return centres(FINE_SHAPE, FINE_MM)


def draw_head(rng: np.random.Generator) -> Head:
    """Draw where the tumour sits, how ragged its border is and how uneven its inside."""
    shift = [c + rng.uniform(-j, j) for c, j in zip(_TUMOUR_CENTRE, _TUMOUR_JITTER, strict=True)]
    distance = np.sqrt(
        sum((axis - centre) ** 2 for axis, centre in zip(coordinates(), shift, strict=True))
    )
    distance *= np.exp(0.10 * smooth_field(rng))
    free = _ellipse(_BRAIN) & ~_contralateral() & ~_artery()
    reach = np.where(free, distance, np.inf)
    return Head(reach, {name: smooth_field(rng) for name in _TEXTURE})


def build(head: Head, values: Mapping[str, float]) -> Phantom:
    """Return the head of one day, the tumour grown to its volume and with its values.

    The median of each map over the tumour is the value the tumour is said to have; its volume is
    the wanted one rounded to whole fine voxels.
    """
    tissues = np.zeros(FINE_SHAPE, dtype=np.int16)
    tissues[_contralateral()] = REGIONS["contralateral"]
    tissues[_artery()] = REGIONS["artery"]
    voxels = max(round(values["volume"] / float(np.prod(FINE_MM))), int(np.prod(FACTORS)))
    taken = np.argsort(head.reach, axis=None, kind="stable")[:voxels]
    # A tumour larger than the brain has room for stops at its border.
    taken = taken[np.isfinite(head.reach.flat[taken])]
    tissues.flat[taken] = REGIONS["tumor"]
    mask = tissues == REGIONS["tumor"]
    maps = _healthy_maps()
    inside = {**_TISSUES["tumour"], **values}
    for name in PARAMETERS:
        maps[name][mask] = inside[name] * _unevenness(head, name, mask)
    ktrans, ve = maps["Ktrans"], maps["ve"]
    maps["kep"] = np.divide(ktrans, ve, out=np.zeros(FINE_SHAPE), where=ve > 0)
    samples = sample((maps[name] for name in ("m0", "T1", "Ktrans")), maps["m0"] > 0, FACTORS)
    return Phantom(tissues, drawn(tissues, FACTORS), maps, samples)


def drawn(tissues: npt.NDArray[np.int16], factors: tuple[int, int, int]) -> npt.NDArray[np.int16]:
    """Return regions as they are drawn on a coarser grid: most of a voxel is in them.

    Of voxels that are half in a region every other one is drawn. A tumour too small for that is
    drawn where most of it is.
    """
    shape = tuple(size // n for size, n in zip(tissues.shape, factors, strict=True))
    labels = np.zeros(shape, dtype=np.int16)
    leaning = 1e-6 * (2 * (np.indices(shape).sum(axis=0) % 2) - 1)
    for region, label in REGIONS.items():
        share = block_mean(tissues == label, factors) + leaning
        labels[share > (min(0.5, share.max() - 1e-9) if region == "tumor" else 0.5)] = label
    return labels


def _healthy_maps() -> dict[str, FloatArray]:
    maps = {name: np.zeros(FINE_SHAPE) for name in PARAMETERS}
    where = {"air": np.ones(FINE_SHAPE, dtype=bool), "muscle": _ellipse(_HEAD)}
    where |= {"brain": _ellipse(_BRAIN), "blood": _artery()}
    for tissue, mask in where.items():
        for name in PARAMETERS:
            maps[name][mask] = _TISSUES[tissue].get(name, 0.0)
    return maps


def _unevenness(head: Head, name: str, mask: BoolArray) -> FloatArray | float:
    name = _LIKE.get(name, name)
    if name not in _TEXTURE:
        return 1.0
    factor = np.exp(_TEXTURE[name] * head.texture[name][mask])
    return np.asarray(factor / np.median(factor))


def _ellipse(half_axes: tuple[float, float]) -> BoolArray:
    x, y, _ = coordinates()
    return np.asarray((x / half_axes[0]) ** 2 + (y / half_axes[1]) ** 2 <= 1.0)


def _contralateral() -> BoolArray:
    offsets = zip(coordinates(), _CONTRALATERAL_CENTRE, strict=True)
    return np.asarray(
        sum((axis - centre) ** 2 for axis, centre in offsets) <= _CONTRALATERAL_RADIUS**2
    )


def _artery() -> BoolArray:
    x, y, _ = coordinates()
    off = np.maximum(abs(x - _ARTERY_CENTRE[0]), abs(y - _ARTERY_CENTRE[1]))
    return np.asarray(off <= _ARTERY_HALF_WIDTH)


def smooth_field(rng: np.random.Generator) -> FloatArray:
    """Return smooth noise of mean 0 and standard deviation 1, fine (x, y, z)."""
    field = gaussian_filter(rng.normal(size=FINE_SHAPE), sigma=(3.0, 3.0, 1.8), mode="wrap")
    return np.asarray((field - field.mean()) / field.std())
