"""Maps of blood volume and what goes with it: values, errors, flags, and how they are kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.images import SavedMap, save_maps
from biomarkers.images.grid import Grid
from biomarkers.units import QUANTITIES

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
FlagArray = npt.NDArray[np.uint8]

_FLAGS = {
    "Description": "Why a voxel has no value: sum of 1, no signal; 2, before the agent below the "
    "noise; 4, after it (saturated)"
}


@dataclass(frozen=True, eq=False, repr=False)
class SteadyState:
    """Maps from scans before and after an iron oxide, each of the shape of the voxels.

    Parameters
    ----------
    values, se
        By name: `dR2s` (1/s), `CBV` (fraction), `CBV_ratio` where a reference was given, and from
        `with_vessels` also `dR2` (1/s), `VSI` (um), `MVD` (1/mm^2). NaN outside the mask, where
        flagged, and where a value cannot be known. Errors are those of the noise; what scales
        every voxel alike, the susceptibility of blood, is not in them.
    mask
        Voxels that were looked at.
    reasons
        Why a voxel has no ΔR2*: sums of `RateFlag`.
    delta_chi
        Difference in susceptibility between blood and tissue, SI.
    noise
        Standard deviation of the noise in one channel, in the unit of the signal; NaN if the
        noise floor was not allowed for.
    shift
        How far the scan after lies from the one before along each axis, voxels; empty where the
        voxels are no image.
    settings
        How the maps were computed, for the sidecars.

    """

    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    mask: BoolArray
    reasons: FlagArray
    delta_chi: float
    noise: float
    shift: FloatArray
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def flags(self) -> BoolArray:
        """Voxels of the mask without a trustworthy ΔR2*; every value is NaN there."""
        return np.asarray(self.reasons > 0)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the maps."""
        return tuple(self.values)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.values:
            hint = "; give a reference region" if name == "CBV_ratio" else ""
            raise InputError(f"there is no map {name!r}, only {', '.join(self.values)}{hint}")
        return self.values[name]

    def __repr__(self) -> str:
        return (
            f"<SteadyState: {', '.join(self.names)}; {int(self.mask.sum())} voxels, "
            f"{int(self.flags.sum())} flagged>"
        )

    def share(self, flag: IntFlag) -> float:
        """Return the share of the voxels of the mask that carry a flag."""
        return float((self.reasons[self.mask] & int(flag) > 0).mean())

    def save(self, folder: Path | str, *, like: Grid, prefix: str = "") -> list[Path]:
        """Write every map as NIfTI with a JSON sidecar, as BIDS derivatives have them.

        Parameters
        ----------
        folder
            Where `CBV.nii.gz`, `CBV.json`, `CBV_se.nii.gz`, … and `flags` go.
        like
            Image or header whose grid the maps have.
        prefix
            What file names begin with, for instance `sub-01_ses-day00_`.

        Returns
        -------
        list of Path
            The images written.

        """
        origin = {"Settings": dict(self.settings)}
        return save_maps(folder, self._files(), like=like, prefix=prefix, origin=origin)

    def _files(self) -> Iterator[SavedMap]:
        for name, values in self.values.items():
            known = QUANTITIES[name]
            said = {"Description": known.label, "Units": known.unit}
            yield SavedMap(name, values, said)
            wrong = {"Description": f"Standard error of {name}", "Units": known.unit}
            yield SavedMap(f"{name}_se", self.se[name], wrong)
        levels = "sum of 1: no signal, 2: below the noise before, 4: saturated (below it after)"
        yield SavedMap(
            "flags", self.reasons, {"Description": f"Why a voxel has no value: {levels}"}
        )
