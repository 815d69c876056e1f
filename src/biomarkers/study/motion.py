"""Motion of the dynamic series of a session: corrected if a step's settings ask for it, once."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from scipy.spatial.transform import Rotation

from biomarkers import __version__, dwi
from biomarkers.arrays import FloatArray, IntArray
from biomarkers.bids import find_companion
from biomarkers.files import write_json
from biomarkers.images import (
    Image,
    Transform,
    correct_motion,
    probe,
    register,
)
from biomarkers.images.grid import Grid
from biomarkers.images.kinds import as_image
from biomarkers.images.motion import motion_score
from biomarkers.images.pictures import changes_between
from biomarkers.images.scaled import empty_like, volumes_of
from biomarkers.study.acquisition import Source
from biomarkers.study.cards import Card
from biomarkers.study.charts import Chart, Mark, draw_charts
from biomarkers.study.cohort import DATASET, Session
from biomarkers.study.masks import given_mask
from biomarkers.study.slices import stacked
from biomarkers.table import write_table

Kind = Literal["rigid", "affine"]
Motion = Literal["none", "rigid", "affine"]

# A volume that moved further than this, voxels, warns also where it was corrected.
_FAR = 2.0
_COLUMNS = {
    "volume": ("Index of the volume", ""),
    "voxels": ("Distance from the reference, root mean square in the head", "voxel edges"),
    "degrees": ("Rotation against the reference", "degree"),
    "framewise_mm": ("Distance from the volume before", "mm"),
    **{f"trans_{axis}": ("Shift of the middle of the image", "mm") for axis in "xyz"},
    **{f"rot_{axis}": ("Rotation about an axis of the scanner", "degree") for axis in "xyz"},
}


@dataclass(frozen=True)
class MotionSettings:
    """What every step of a dynamic series may choose of motion.

    Parameters
    ----------
    motion
        `rigid` or `affine`: volumes are brought to the one with most signal, within the given mask
        (`*_mask.nii.gz`) on their grid if there is one; `none`: they are taken as they are.

    """

    motion: Motion = "none"


@dataclass(frozen=True, eq=False)
class Correction:
    """How the volumes of a series moved.

    Parameters
    ----------
    source
        The series.
    kind
        `rigid` or `affine`.
    matrices
        Reference mm to volume mm, (T, 4, 4).
    score
        One row per volume, as of `images.correct_motion`.
    mask
        Where volumes were compared; empty for everywhere.
    picture
        What changes from volume to volume, before and after, PNG.

    """

    source: Source
    kind: str
    matrices: FloatArray
    score: pd.DataFrame
    mask: str
    picture: bytes = b""

    @property
    def name(self) -> str:
        """What cards and files are named by."""
        return self.source.file.suffix

    def applied(self, series: Image) -> Image:
        """Return another series that moved in the same way, as it would have been at rest."""
        moved = empty_like(series.data)
        for k, matrix in enumerate(self.matrices):
            volume = _volume(series, k)
            moved[..., k] = np.asarray(Transform(matrix, fixed=volume).apply(volume))
        source = f"{series.source}, motion corrected"
        return series.with_data(moved, source=source, unit=series.unit)

    def turned(self, gradients: FloatArray, grid: Grid) -> FloatArray:
        """Return gradient directions as the reference saw them, (T, 3), by the axes FSL has.

        Those of a volume turned by R against the reference are turned back by R.
        """
        axes = grid.affine[:3, :3] / np.linalg.norm(grid.affine[:3, :3], axis=0)
        if np.linalg.det(axes) > 0.0:
            axes = axes * [-1.0, 1.0, 1.0]
        turns = np.array([_rotation(matrix) for matrix in self.matrices])
        return np.asarray(np.einsum("ji,tkj,kl,tl->ti", axes, turns, axes, gradients))


@dataclass
class Motions:
    """Reads the dynamic series of a session, at rest where that is asked for.

    Parameters
    ----------
    session
        Whose.

    """

    session: Session
    corrections: dict[Path, Correction] = field(default_factory=dict)
    # The last series, as correcting it takes long and two may ask for it, in one unit or another.
    last: tuple[tuple[Path, str, str], Image] | None = None

    def still(self, series: Image, source: Source, kind: Motion) -> Image:
        """Return a series at rest.

        Shells of diffusion-weighted images (`.bval`) are corrected one by one, and their means then
        brought to that of the lowest.

        Parameters
        ----------
        series
            (x, y, z, T).
        source
            Whose motion it shares: the series itself, or the first of several echoes.
        kind
            `none`, `rigid` or `affine`.

        """
        path = source.file.path
        if kind == "none" or series.data.ndim < 4 or series.shape[3] < 2:
            return series
        which = path, series.source, series.unit
        if self.last is not None and self.last[0] == which:
            return self.last[1]
        moved = None
        if path not in self.corrections:
            mask = given_mask(self.session, series)
            shells = self._shells(source, series.shape[3])
            correction, moved = _corrected(series, source, kind, shells, mask)
            moved = correction.applied(series) if moved is None else moved
            picture = changes_between([series, moved])
            self.corrections[path] = replace(correction, picture=picture)
        if moved is None:
            moved = self.corrections[path].applied(series)
        if str(path) == series.source:
            self.last = which, moved
        return moved

    def turned(self, gradients: FloatArray, source: Source, grid: Grid) -> FloatArray:
        """Return gradients of a series, (T, 3), turned as its volumes were; as they are if none."""
        known = self.corrections.get(source.file.path)
        return gradients if known is None else known.turned(gradients, grid)

    def _shells(self, source: Source, volumes: int) -> IntArray:
        """Return which shell each volume is of, the lowest first; one of all without b-values."""
        if source.file.suffix != "dwi":
            return np.zeros(volumes, dtype=np.int64)
        path = find_companion(source.file, self.session.raw.root, ".bval")
        return np.asarray(dwi.shells(dwi.read_bvalues(path))[1])

    def cards(self) -> list[Card]:
        """Return a card for every series that was corrected."""
        return [_card(self.session, each) for each in self.corrections.values()]

    def write(self, out: Path) -> list[Path]:
        """Write how every series moved, `*_desc-motion_timeseries.tsv`; return the files."""
        return [_write(self.session, each, out) for each in self.corrections.values()]


def _volume(series: Image, index: int) -> Image:
    return Image(series.data[..., index], series.affine, series.source, series.unit)


def _corrected(
    series: Image, source: Source, kind: Kind, shells: IntArray, mask: Image | None
) -> tuple[Correction, Image | None]:
    """Return the motion of a series, shell by shell, towards the lowest; the series if one did."""
    matrices, known = np.tile(np.eye(4), (series.shape[3], 1, 1)), np.ones(series.shape[3], bool)
    base: Image | None = None
    for shell in np.unique(shells):
        which = np.flatnonzero(shells == shell)
        every = which.size == series.shape[3]
        part = series if every else replace(series, data=volumes_of(series.data, which))
        still = correct_motion(part, kind=kind, mask=mask)
        image = as_image("series", still.image)
        mean = _mean(image)
        between = np.eye(4)
        if base is None:
            base, points = mean, still.points
        else:
            between = register(mean, base, kind=kind, mask=mask).matrix
        matrices[which] = still.transforms @ between
        known[which] = still.score["voxels"].notna()
    score = motion_score(matrices, points, series.affine, known=known)
    correction = Correction(source, kind, matrices, score, "" if mask is None else mask.source)
    return correction, image if (shells == shells[0]).all() else None


def _mean(series: Image) -> Image:
    """Return the mean of the volumes of a series; of fewer where a voxel is missing in some."""
    mean = np.empty(series.shape[:3])
    for place, part in zip(mean, series.data, strict=True):
        values = np.asarray(part, dtype=float)
        known = np.isfinite(values)
        count, total = known.sum(axis=-1), np.where(known, values, 0.0).sum(axis=-1)
        place[:] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return series.with_data(mean, source=f"mean of {series.source}")


def mean_volume(series: Image) -> Image:
    """Return one volume of an image: itself, or the mean over time."""
    return series if series.data.ndim == 3 else _mean(series)


def _rotation(matrix: FloatArray) -> FloatArray:
    """Return the rotation nearest to the linear part of a matrix."""
    u, _, vt = np.linalg.svd(matrix[:3, :3])
    return np.asarray(u @ vt)


def _card(session: Session, correction: Correction) -> Card:
    score = correction.score
    volume = score["volume"].to_numpy(float)
    far, unknown = float(score["voxels"].max()), np.flatnonzero(score["voxels"].isna())
    numbers = {
        "voxels": far,
        "degrees": float(score["degrees"].max()),
        "framewise_mm": float(score["framewise_mm"].max()),
    }
    within = f" within {correction.mask}" if correction.mask else ""
    caption = (
        f"{len(score)} volumes of {correction.source.file.path.name}, {correction.kind} "
        f"correction{within}: up to {far:.2g} voxels and {numbers['degrees']:.2g} degrees from the "
        f"reference, {numbers['framewise_mm']:.2g} mm from one volume to the next. "
        "Below: what changes from volume to volume, before and after."
    )
    if unknown.size:
        which = ", ".join(map(str, unknown))
        caption += f" Volumes {which} do not show how they lie: put where their neighbours are."
    charts = [
        Chart(title, "volume", unit, [Mark("line", volume, score[name].to_numpy(float), "#0072b2")],
              from_zero=True)
        for title, name, unit in (
            ("From the reference", "voxels", "voxels"),
            ("Turned", "degrees", "degrees"),
            ("Volume to volume", "framewise_mm", "mm"),
        )
    ]  # fmt: skip
    kind, title = f"motion-{correction.name}", f"Motion of the {correction.name} series"
    status = "warn" if far > _FAR or unknown.size else "ok"
    picture = stacked([draw_charts(charts), correction.picture])
    return Card(session, kind, title, caption, status, picture, numbers)


def _write(session: Session, correction: Correction, out: Path) -> Path:
    file = correction.source.file
    entities = {key: value for key, value in file.entities.items() if key != "echo"}
    entities["acq"] = entities.get("acq", "") + file.suffix
    stem = "_".join(f"{key}-{value}" for key, value in entities.items())
    folder = out / DATASET / session.place / file.path.parent.name
    path = folder / f"{stem}_desc-motion_timeseries.tsv"
    turns = [Rotation.from_matrix(_rotation(each)) for each in correction.matrices]
    angles = np.array([each.as_euler("xyz", degrees=True) for each in turns])
    shifts = _shifts(correction)
    table = correction.score.assign(
        **{f"trans_{axis}": shifts[:, k] for k, axis in enumerate("xyz")},
        **{f"rot_{axis}": angles[:, k] for k, axis in enumerate("xyz")},
    )
    write_table(table, path)
    columns: Mapping[str, dict[str, str]] = {
        name: {"Description": text, "Units": unit} for name, (text, unit) in _COLUMNS.items()
    }
    write_json(
        path.with_suffix(".json"),
        {"Model": correction.kind, "Mask": correction.mask or None,
         "Sources": [str(session.below(file.path))], **columns,
         "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}]},
    )  # fmt: skip
    return path


def _shifts(correction: Correction) -> FloatArray:
    """Return by how much the middle of the image moves, (T, 3), mm."""
    header = probe(correction.source.file.path, ndim=4)
    middle = header.affine @ [*((np.array(header.shape[:3]) - 1) / 2), 1.0]
    return np.asarray((correction.matrices @ middle - middle)[:, :3])
