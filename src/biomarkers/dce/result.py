"""Parameter maps of a dynamic series: values, errors, flags, and how they are kept on disk."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.images import SavedMap, save_maps
from biomarkers.images.grid import Grid
from biomarkers.kinetics import Parameter
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]

_QUALITY: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "r2": {"Description": "Share of the variance that the fit explains", "Units": ""},
        "rmse": {
            "Description": "Root mean square of what the fit leaves: mM, or signal over baseline "
            "where water exchange was fitted",
        },
    }
)


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps:
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    Parameters
    ----------
    model
        Name of the kinetic model, or of the models chosen among, separated by " | ".
    parameters
        What was estimated: names, units and CAPLEX codes.
    values, se
        Estimates and standard errors by name; NaN outside the mask, where flagged, and where the
        data do not determine the parameter. Errors come from the residuals, the scatter of the
        baseline and, where a `T1Map` was given, T1; that of the input is not in them, and that
        of B1 only as far as the errors of T1 hold it.
        "delay" (s) is there also where it was given.
    mask
        Voxels that were to be fitted.
    flags
        Voxels of the mask without a trustworthy fit: no concentration at some sample, or no
        convergence. A parameter at zero, as vp often is, is an estimate and not flagged.
    settings
        How the maps were computed, for the sidecars.
    at_bound
        Voxels where a parameter ended at a bound, as vp at zero often does; errors are only
        indicative there.
    quality
        How well the fit follows the curve: `r2`, the share of the variance explained, and `rmse`,
        the root mean square of what it leaves, mM (signal over baseline where water exchange was
        fitted).
    choice
        Index of the model each voxel takes, -1 for none; None if there was one model only.

    """

    model: str
    parameters: tuple[Parameter, ...]
    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    mask: BoolArray
    flags: BoolArray
    settings: Mapping[str, Any] = field(default_factory=dict)
    at_bound: BoolArray | None = None
    quality: Mapping[str, FloatArray] = field(default_factory=dict)
    choice: IntArray | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of the model."""
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.values:
            raise InputError(f"{self.model} has no map {name!r}; it has {', '.join(self.values)}")
        return self.values[name]

    def __repr__(self) -> str:
        fitted = int(self.mask.sum())
        flagged = int(self.flags.sum())
        return (
            f"<DCEMaps {self.model}: {', '.join(self.names)}; {fitted} voxels, {flagged} flagged>"
        )

    def save(self, folder: Path | str, *, like: Grid, prefix: str = "") -> list[Path]:
        """Write every map as NIfTI with a JSON sidecar, as BIDS derivatives have them.

        Parameters
        ----------
        folder
            Where `Ktrans.nii.gz`, `Ktrans.json`, `Ktrans_se.nii.gz`, … go: values and standard
            errors, what `quality` holds, `flags`, and `model` where it was chosen.
        like
            Image or header whose grid the series has.
        prefix
            What file names begin with, for instance `sub-01_ses-day00_`.

        Returns
        -------
        list of Path
            The images written.

        """
        origin = {"Model": self.model, "Settings": dict(self.settings)}
        return save_maps(folder, self._files(), like=like, prefix=prefix, origin=origin)

    def _files(self) -> Iterator[SavedMap]:
        """Yield everything that is saved."""
        for each in self.parameters:
            code = {"CAPLEX": each.code} if each.code else {}
            said = {"Description": each.meaning, "Units": canonical_unit(each.unit)}
            yield SavedMap(each.name, self.values[each.name], said | code)
            if each.name in self.se:
                wrong = {"Description": f"Standard error of {each.name}", "Units": said["Units"]}
                yield SavedMap(f"{each.name}_se", self.se[each.name], wrong)
        for name, values in self.quality.items():
            yield SavedMap(name, values, _QUALITY[name])
        flagged = {"Description": "1 where the fit is not to be trusted"}
        yield SavedMap("flags", self.flags, flagged)
        if self.choice is not None:
            models = {str(k): name for k, name in enumerate(self.model.split(" | "))}
            which = {"Description": "Model each voxel takes; -1 for none", "Levels": models}
            yield SavedMap("model", self.choice, which)
