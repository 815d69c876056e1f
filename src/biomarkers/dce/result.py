"""Parameter maps of a dynamic series: values, errors, flags, and how they are kept on disk."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers import __version__
from biomarkers.errors import InputError
from biomarkers.files import write_json
from biomarkers.images import write_image
from biomarkers.images.grid import Grid
from biomarkers.kinetics import Parameter

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps:
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    Parameters
    ----------
    model
        Name of the kinetic model.
    parameters
        What was estimated: names, units and CAPLEX codes.
    values, se
        Estimates and standard errors by name; NaN outside the mask, where flagged, and where the
        data do not determine the parameter. Errors come from the residuals and the scatter of
        the baseline; those of T1, B1 and the input are not in them.
    mask
        Voxels that were to be fitted.
    flags
        Voxels of the mask without a trustworthy fit: no concentration at some sample, or no
        convergence. A parameter at zero, as vp often is, is an estimate and not flagged.
    settings
        How the maps were computed, for the sidecars.

    """

    model: str
    parameters: tuple[Parameter, ...]
    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    mask: BoolArray
    flags: BoolArray
    settings: Mapping[str, Any] = field(default_factory=dict)

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

    def save(self, folder: Path | str, *, like: Grid) -> list[Path]:
        """Write every map and its standard error as NIfTI with a JSON sidecar.

        Parameters
        ----------
        folder
            Where `Ktrans.nii.gz`, `Ktrans.json`, `Ktrans_se.nii.gz`, … go.
        like
            Image or header whose grid the series has.

        Returns
        -------
        list of Path
            The images written.

        """
        written = []
        for parameter in self.parameters:
            for suffix, maps_by_name in (("", self.values), ("_se", self.se)):
                path = Path(folder) / f"{parameter.name}{suffix}.nii.gz"
                written.append(write_image(path, maps_by_name[parameter.name], like))
                sidecar = path.with_name(path.name.replace(".nii.gz", ".json"))
                write_json(sidecar, self._sidecar(parameter, is_error=bool(suffix)))
        return written

    def _sidecar(self, parameter: Parameter, *, is_error: bool) -> dict[str, Any]:
        meaning = f"Standard error of {parameter.name}" if is_error else parameter.meaning
        code = {"CAPLEX": parameter.code} if parameter.code and not is_error else {}
        return {
            "Description": meaning,
            "Units": parameter.unit,
            **code,
            "Model": self.model,
            "Settings": dict(self.settings),
            "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}],
        }
