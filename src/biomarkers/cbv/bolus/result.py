"""Perfusion maps of a bolus: values, errors, flags, and how they are kept on disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.signal import DSCFlag
from biomarkers.errors import InputError
from biomarkers.images import SavedMap, save_maps
from biomarkers.images.grid import Grid
from biomarkers.kinetics import Input, Parameter
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class DSCMaps:
    """Perfusion maps of one bolus, each of the shape of the voxels.

    Parameters
    ----------
    method
        How tissue was deconvolved.
    parameters
        What was estimated: names and units.
    values, se
        Estimates and standard errors by name; NaN outside the mask and where flagged, except CBV
        and leakage where no bolus stands out: that is a volume of about 0, and its error.
        Errors come from what the deconvolution leaves of a curve, carried through the baseline,
        the leakage correction and the regularisation each voxel was given; that of the artery is
        in none of them, nor is the bias of the regularisation. Times have none.
    mask
        Voxels that were worked on.
    flags
        Voxels of the mask that are not to be trusted.
    reasons
        `DSCFlag` of each voxel: why.
    input
        The artery that was used.
    settings
        How the maps were computed, for the sidecars.

    """

    method: str
    parameters: tuple[Parameter, ...]
    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    mask: BoolArray
    flags: BoolArray
    reasons: npt.NDArray[np.uint8]
    input: Input
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the maps."""
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.values:
            raise InputError(f"there is no map {name!r}; there are {', '.join(self.values)}")
        return self.values[name]

    def __repr__(self) -> str:
        count, flagged = int(self.mask.sum()), int(self.flags.sum())
        return (
            f"<DSCMaps {self.method}: {', '.join(self.names)}; {count} voxels, {flagged} flagged>"
        )

    def counts(self) -> dict[str, int]:
        """Return how many voxels carry each flag, by name."""
        return {str(f.name): int(((self.reasons & f.value) > 0).sum()) for f in DSCFlag}

    def relative_to(self, region: npt.ArrayLike) -> "DSCMaps":
        """Return the maps with rCBV and rCBF, over their medians in a region.

        Errors are the voxels' own; that of the region's median, which all share, is in those of
        `dsc_rows`.

        Parameters
        ----------
        region
            Voxels of white matter, or of the other side, (...).

        Raises
        ------
        InputError
            If shapes do not fit or no voxel of the region is sound.

        """
        chosen = np.asarray(region, dtype=bool)
        if chosen.shape != self.mask.shape:
            raise InputError(f"region of shape {chosen.shape} does not fit maps {self.mask.shape}")
        sound = chosen & ~self.flags & np.isfinite(self.values["CBV"])
        if not sound.any():
            raise InputError(f"none of the region's {int(chosen.sum())} voxels is sound")
        values, se, added = dict(self.values), dict(self.se), []
        for name in ("CBV", "CBF"):
            middle = float(np.nanmedian(self.values[name][sound]))
            values[f"r{name}"] = self.values[name] / middle
            se[f"r{name}"] = self.se[name] / middle
            added.append(Parameter(f"r{name}", "1", f"{name} over that of the reference region"))
        return replace(self, parameters=(*self.parameters, *added), values=values, se=se)

    def save(self, folder: Path | str, *, like: Grid, prefix: str = "") -> list[Path]:
        """Write every map as NIfTI with a JSON sidecar, as BIDS derivatives have them.

        Parameters
        ----------
        folder
            Where `CBF.nii.gz`, `CBF.json`, `CBF_se.nii.gz`, … and `flags` go.
        like
            Image or header whose grid the series has.
        prefix
            What file names begin with, for instance `sub-01_ses-day00_`.

        Returns
        -------
        list of Path
            The images written.

        """
        origin = {"Model": f"DSC, {self.method}", "Settings": dict(self.settings)}
        return save_maps(folder, self._files(), like=like, prefix=prefix, origin=origin)

    def _files(self) -> Iterator[SavedMap]:
        for each in self.parameters:
            said = {"Description": each.meaning, "Units": canonical_unit(each.unit)}
            code = {"CAPLEX": each.code} if each.code else {}
            yield SavedMap(each.name, self.values[each.name], said | code)
            if each.name in self.se:
                wrong = {"Description": f"Standard error of {each.name}", "Units": said["Units"]}
                yield SavedMap(f"{each.name}_se", self.se[each.name], wrong)
        levels = {str(f.value): str(f.name).lower().replace("_", " ") for f in DSCFlag}
        flagged = {"Description": "Why a voxel is not to be trusted; values add up; 0 is nothing"}
        yield SavedMap("flags", self.reasons, {**flagged, "Levels": levels})
