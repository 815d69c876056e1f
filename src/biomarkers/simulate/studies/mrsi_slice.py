"""The slice of brain of the study by spectroscopic imaging, and its scans.

A tumour in one hemisphere, normal tissue, ventricles without metabolites. Axes are those of the
grid: x to the patient's right, y to the back. The head lies a little otherwise on every visit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from biomarkers.arrays import ComplexArray, FloatArray
from biomarkers.images import Image
from biomarkers.mrs import COMBINED
from biomarkers.simulate.partial_volume import block_mean, centred_grid
from biomarkers.simulate.spectra import (
    LIPIDS,
    MACROMOLECULES,
    Acquisition,
    broad_signal,
    metabolite_signal,
    t2,
)
from biomarkers.simulate.spectral_files import write_spectra
from biomarkers.simulate.spectral_grid import (
    Fields,
    draw_fields,
    point_spread,
    spectra,
    water_reference,
)
from biomarkers.simulate.writing import Session

REGIONS: Mapping[str, int] = MappingProxyType({"tumor": 1, "contralateral": 2})
ACQUISITION = Acquisition(echoes=(0.014, 0.016), frequency_mhz=123.2, dwell=8e-4, points=512)
_TR = 1.5
_STEPS, _VOXEL_MM, _FACTORS = (16, 16), (8.0, 8.0, 15.0), (4, 4)
# Outer steps of phase encoding are acquired less often, half as far as Hamming's.
_WEIGHTING = 0.25
_NOISE, _WATER = 0.8, 4.0e4

# Half axes, mm, of the volume that PRESS excites and of a ventricle; middle of that.
_BOX, _VENTRICLE, _VENTRICLE_AT = (56.0, 44.0), (4.0, 15.0), (8.0, 2.0)
# Middle of the tumour and by how much patients differ; its radius; what is drawn of it; mm.
_TUMOUR_AT, _TUMOUR_SPREAD, _TUMOUR_RADIUS, _DRAWN_RADIUS = (28.0, 0.0), (2.0, 4.0), 24.0, 13.0
_CONTRALATERAL_AT, _CONTRALATERAL_RADIUS = (-28.0, 0.0), 11.0
_SHIFT_MM, _TURN_DEG = 1.5, 1.5

# Signal per proton at the echo, about mM: normal tissue, and a tumour, of which what stands in
# COURSES is replaced. Chosen, of the usual order; lactate after Madan et al. 2014.
_NORMAL: Mapping[str, float] = MappingProxyType(
    {"NAA": 8.0, "NAAG": 1.6, "Cr": 3.2, "PCr": 2.6, "GPC": 1.2, "PCho": 0.5, "Ins": 4.4}
    | {"sIns": 0.25, "Glu": 7.0, "Gln": 2.0, "Lac": 0.6, "Gly": 0.5, "Tau": 1.2, "GSH": 1.0}
    | {"Asp": 1.0, "GABA": 0.8, "Ala": 0.2, "MM": 1.5, "Lip": 0.0}
)
_TUMOUR: Mapping[str, float] = MappingProxyType(
    {"sIns": 0.3, "Gly": 1.2, "Tau": 1.0, "GSH": 1.0, "Asp": 0.4, "GABA": 0.3, "Ala": 0.6}
    | {"MM": 1.5, "Lip": 10.0}
)
METABOLITES = tuple(name for name in _NORMAL if name not in ("MM", "Lip"))
_TUMOUR_CREATINE, _TUMOUR_CHOLINE, _TYPICAL = 3.8, 2.4, 1.25
# How sums are made up in the tumour.
_PARTS: Mapping[str, Mapping[str, float]] = MappingProxyType(
    {
        "tNAA": {"NAA": 0.85, "NAAG": 0.15},
        "tCho": {"GPC": 0.65, "PCho": 0.35},
        "tCr": {"Cr": 0.58, "PCr": 0.42},
        "Glx": {"Glu": 0.55, "Gln": 0.45},
    }
)
# Spread of the logarithm from place to place inside the tumour, and of T2 between patients.
_TEXTURE, _T2_SPREAD = 0.08, 0.10
_TRUE = ("tNAA/tCho", "Lac/tNAA", "tNAA/tCr", "tCho/tCr", "Ins/tCr", "Glx/tCr", "Lac/tCr")
_ACROSS = ("tNAA", "tCho", "tCr", "Ins", "Glx", "Lac")


@dataclass(frozen=True, eq=False)
class Slice:
    """The truth of one session.

    Parameters
    ----------
    labels
        As drawn, (x, y, 1).
    amounts
        Of every signal, finer than the grid, (X, Y).
    water
        The same of water.
    fields
        Of the scan.

    """

    labels: npt.NDArray[np.int16]
    amounts: Mapping[str, FloatArray]
    water: FloatArray
    fields: Fields

    def median(self, ratio: str, region: str) -> float:
        """Return the median over a region, as drawn, of a ratio of what its voxels hold."""
        top, bottom = ratio.split("/")
        return float(np.median(self._of(top, region) / self._of(bottom, region)))

    def across(self, name: str, region: str) -> float:
        """Return the median over a region of a signal over that of contralateral creatine."""
        creatine = np.median(self._of("tCr", "contralateral"))
        return float(np.median(self._of(name, region)) / creatine)

    def _of(self, name: str, region: str) -> FloatArray:
        fine = sum(self.amounts[part] for part in COMBINED.get(name, (name,)))
        mask = self.labels[..., 0] == REGIONS[region]
        return np.asarray(block_mean(np.asarray(fine), _FACTORS)[mask])


@cache
def grid() -> Image:
    """Return an empty image on the grid of the spectra."""
    return centred_grid((*_STEPS, 1), _VOXEL_MM)


@cache
def signals() -> Mapping[str, ComplexArray]:
    """Return the signal of an amount of 1 of everything, each (T,)."""
    broad = {
        "MM": broad_signal(MACROMOLECULES, ACQUISITION),
        "Lip": broad_signal(LIPIDS, ACQUISITION),
    }
    return {name: metabolite_signal(name, ACQUISITION) for name in METABOLITES} | broad


def signals_of(session: Session) -> Mapping[str, ComplexArray]:
    """Return the same of a patient, whose T2 are not quite those published."""
    spread = session.lasting("T2").normal(0.0, _T2_SPREAD, len(METABOLITES))
    own = dict(signals())
    for name, change in zip(METABOLITES, spread, strict=True):
        rate = (np.exp(-change) - 1.0) / t2(name)
        own[name] = own[name] * np.exp(-rate * ACQUISITION.time)
    return own


def scene(session: Session) -> Slice:
    """Lay the head in the scanner: tissues, what they hold on this visit, and fields."""
    head, visit = session.lasting("head"), session.stream("position")
    tumour_at = head.normal(_TUMOUR_AT, _TUMOUR_SPREAD)
    unevenness = {name: _uneven(head) for name in ("tNAA", "tCho", "Lac", "Ins")}
    x, y = _positions(visit.normal(0.0, _SHIFT_MM, 2), visit.normal(0.0, _TURN_DEG))
    tumour = _soft(_TUMOUR_RADIUS - np.hypot(x - tumour_at[0], y - tumour_at[1]))
    ventricle = _soft(
        5.0 - 5.0 * np.hypot((np.abs(x) - _VENTRICLE_AT[0]) / _VENTRICLE[0],
                             (y - _VENTRICLE_AT[1]) / _VENTRICLE[1])
    )  # fmt: skip
    ventricle = ventricle * (1.0 - tumour)
    normal = (1.0 - tumour) * (1.0 - ventricle)
    excited = _excited()
    inside = tumour_amounts(session.state.values)
    amounts = {}
    for name, level in _NORMAL.items():
        uneven = unevenness.get(_sum_of(name), 1.0)
        amounts[name] = excited * (normal * level + tumour * inside[name] * uneven)
    water = _WATER * excited * (normal + 1.25 * tumour + 1.5 * ventricle)
    share = point_spread(tumour, _STEPS, weighting=_WEIGHTING)
    fields = draw_fields(_STEPS, np.clip(share, 0.0, 1.0), session.stream("fields"))
    return Slice(_drawn(x, y, tumour_at), amounts, water, fields)


def tumour_amounts(values: Mapping[str, float]) -> dict[str, float]:
    """Return what a tumour holds, by signal, from the ratios it is said to have.

    A ratio of tNAA to tCho that is not the usual one is half in either.
    """
    choline = _TUMOUR_CHOLINE * (values["tNAA/tCho"] / _TYPICAL) ** -0.5
    naa = values["tNAA/tCho"] * choline
    sums = {"tNAA": naa, "tCho": choline, "tCr": _TUMOUR_CREATINE}
    sums["Glx"] = values["Glx/tCr"] * _TUMOUR_CREATINE
    parts = {
        part: share * sums[name]
        for name, made_of in _PARTS.items()
        for part, share in made_of.items()
    }
    creatine = _NORMAL["Cr"] + _NORMAL["PCr"]
    others = {"Lac": values["Lac/tNAA"] * naa, "Ins": values["Ins/ctCr"] * creatine}
    return {**_TUMOUR, **parts, **others}


def _write_grids(session: Session, slice_: Slice) -> None:
    seen = {name: _seen(fine) for name, fine in slice_.amounts.items()}
    water = _seen(slice_.water)
    noise = session.stream("noise")
    fid = spectra(
        seen, signals_of(session), slice_.fields, ACQUISITION, noise, water=water, noise=_NOISE
    )
    reference = water_reference(water, slice_.fields, ACQUISITION, noise, noise=_NOISE)
    for suffix, each in (("mrsi", fid), ("mrsref", reference)):
        write_spectra(session.path("mrs", suffix), each, grid(), ACQUISITION, tr=_TR)
    session.derived("segmentation", "mrs", "dseg", slice_.labels, grid(), dtype=np.int16)


SCANS = MappingProxyType({"mrsi": _write_grids})


def truth(
    session: Session, slice_: Slice, scans: tuple[str, ...]
) -> Iterator[tuple[str, str, float]]:
    """Yield what the spectra of a session were made of."""
    del session, scans
    for region in REGIONS:
        for ratio in _TRUE:
            yield region, ratio, slice_.median(ratio, region)
        for name in _ACROSS:
            yield region, f"{name}/ctCr", slice_.across(name, region)


def _seen(fine: FloatArray) -> FloatArray:
    return point_spread(fine, _STEPS, weighting=_WEIGHTING)


def _sum_of(name: str) -> str:
    return next((total for total, parts in _PARTS.items() if name in parts), name)


def _positions(shift: FloatArray, turn_deg: float) -> tuple[FloatArray, FloatArray]:
    """Return where in the head every fine point of the grid lies, mm, each (X, Y)."""
    x, y = _points()
    cosine, sine = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
    return cosine * x - sine * y - shift[0], sine * x + cosine * y - shift[1]


@cache
def _points() -> tuple[FloatArray, FloatArray]:
    axes = (
        edge / finer * (np.arange(n * finer) - 0.5 * (n * finer - 1))
        for n, edge, finer in zip(_STEPS, _VOXEL_MM[:2], _FACTORS, strict=True)
    )
    x, y = np.meshgrid(*axes, indexing="ij")
    return x, y


def _soft(depth: FloatArray) -> FloatArray:
    """Return 1 inside, 0 outside, with a border about 1 mm wide; `depth` in mm."""
    return np.asarray(1.0 / (1.0 + np.exp(-2.0 * np.clip(depth, -50.0, 50.0))))


def _excited() -> FloatArray:
    """Return what PRESS excites, (X, Y)."""
    x, y = _points()
    return _soft(_BOX[0] - np.abs(x)) * _soft(_BOX[1] - np.abs(y))


def _uneven(rng: np.random.Generator) -> FloatArray:
    """Return a smooth field about 1, (X, Y)."""
    field = gaussian_filter(rng.normal(size=_points()[0].shape), 4.0)
    return np.asarray(np.exp(_TEXTURE * field / field.std()))


def _drawn(x: FloatArray, y: FloatArray, tumour_at: FloatArray) -> npt.NDArray[np.int16]:
    """Return the regions as drawn: voxels whose middles lie well inside, (x, y, 1)."""
    at_x, at_y = block_mean(x, _FACTORS), block_mean(y, _FACTORS)
    labels = np.zeros((*_STEPS, 1), dtype=np.int16)
    drawn = {
        "tumor": (tumour_at, _DRAWN_RADIUS),
        "contralateral": (np.array(_CONTRALATERAL_AT), _CONTRALATERAL_RADIUS),
    }
    for region, (middle, radius) in drawn.items():
        labels[np.hypot(at_x - middle[0], at_y - middle[1]) < radius] = REGIONS[region]
    return labels
