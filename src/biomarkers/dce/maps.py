"""Maps of kinetic parameters from a dynamic series."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from biomarkers import __version__
from biomarkers.dce.arrival import Baseline, baseline_before_arrival
from biomarkers.dce.concentration import concentration
from biomarkers.errors import InputError
from biomarkers.files import write_json
from biomarkers.images import write_image
from biomarkers.images.grid import Grid
from biomarkers.kinetics import MODELS, Fit, Input, Parameter

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
        Estimates and standard errors by name; NaN outside the mask and where the data do not
        determine the parameter.
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


def maps(  # noqa: PLR0913  (the settings of a scan, each with its own name)
    signal4d: npt.ArrayLike,
    time: npt.ArrayLike,
    *,
    t10: npt.ArrayLike,
    input: Input,  # noqa: A002
    model: str = "extended_tofts",
    mask: npt.ArrayLike | None = None,
    tr: float,
    flip_deg: float,
    r1: float,
    baseline: Baseline | Literal["auto"] = "auto",
    b1: npt.ArrayLike | None = None,
) -> DCEMaps:
    """Compute maps of kinetic parameters from a dynamic series.

    Parameters
    ----------
    signal4d
        Dynamic series of a spoiled gradient echo, (..., T), any unit.
    time
        When each sample was taken, (T,), s, on the clock of `input`.
    t10
        T1 before contrast, s, a map (...) or one value.
    input
        Arterial input, for instance from `measured_input`.
    model
        Name of a model in `kinetics.MODELS`.
    mask
        Voxels to fit, (...); all that have signal if not given.
    tr, flip_deg, r1, baseline, b1
        As in `concentration`; `auto` looks at the mean signal of the mask.

    Returns
    -------
    DCEMaps
        `maps["Ktrans"]`, `maps.se["Ktrans"]`, `maps.flags`, `maps.save(folder, like=image)`.

    Raises
    ------
    InputError
        If shapes do not fit, the model is unknown, the mask is empty or a setting is not
        physical.

    """
    series = np.asarray(signal4d, dtype=float)
    if model not in MODELS:
        raise InputError(f"model is {model!r}; expected one of {', '.join(MODELS)}")
    chosen = _chosen(series, mask)
    curves = series[chosen]
    window = baseline_before_arrival(curves) if baseline == "auto" else baseline
    tissue = concentration(
        curves,
        t10=_of_chosen("t10", t10, chosen),
        tr=tr,
        flip_deg=flip_deg,
        r1=r1,
        baseline=window,
        b1=None if b1 is None else _of_chosen("b1", b1, chosen),
    )
    fit = MODELS[model].fit(tissue, time, input)
    settings = {
        "RepetitionTime": tr,
        "FlipAngle": flip_deg,
        "ContrastAgentRelaxivity": r1,
        "BaselineSamples": list(window),
        "B1Corrected": b1 is not None,
    }
    return _placed(fit, chosen, settings)


def _chosen(series: FloatArray, mask: npt.ArrayLike | None) -> BoolArray:
    voxels = series.shape[:-1]
    if mask is None:
        chosen = (np.isfinite(series) & (series > 0)).all(axis=-1)
    else:
        chosen = np.asarray(mask, dtype=bool)
    if chosen.shape != voxels:
        raise InputError(f"mask of shape {chosen.shape} does not fit voxels {voxels}")
    if not chosen.any():
        raise InputError("there is no voxel to fit: the mask is empty, or no voxel has signal")
    return np.asarray(chosen)


def _of_chosen(name: str, value: npt.ArrayLike, chosen: BoolArray) -> FloatArray:
    given = np.asarray(value, dtype=float)
    try:
        return np.asarray(np.broadcast_to(given, chosen.shape)[chosen])
    except ValueError as error:
        raise InputError(
            f"{name} of shape {given.shape} does not fit voxels {chosen.shape}"
        ) from error


def _placed(fit: Fit, chosen: BoolArray, settings: Mapping[str, Any]) -> DCEMaps:
    """Put the results of the chosen voxels in their places."""

    def place(values: FloatArray) -> FloatArray:
        image = np.full(chosen.shape, np.nan)
        image[chosen] = values
        return image

    flags = np.zeros(chosen.shape, dtype=bool)
    flags[chosen] = ~fit.converged
    names = [parameter.name for parameter in fit.parameters]
    return DCEMaps(
        fit.model,
        fit.parameters,
        {name: place(fit[name]) for name in names},
        {name: place(fit.se[name]) for name in names},
        chosen,
        flags,
        settings,
    )
