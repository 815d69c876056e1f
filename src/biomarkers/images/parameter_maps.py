"""Maps of parameters: values, errors and flags that travel together, and how they are kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, Protocol

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.images.grid import Grid
from biomarkers.images.saving import SavedMap, save_maps
from biomarkers.units import canonical_unit

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Described(Protocol):
    """A parameter: its name, unit, meaning, and code or source of its name."""

    @property
    def name(self) -> str:
        """Identifier."""

    @property
    def unit(self) -> str:
        """Unit of its values."""

    @property
    def meaning(self) -> str:
        """One line of explanation."""

    @property
    def code(self) -> str:
        """OSIPI CAPLEX code (`Q.…`), another source of the name, or empty."""


@dataclass(frozen=True, eq=False, repr=False)
class ParameterMaps:
    """Parameter maps of one image, each of the shape of the voxels.

    Parameters
    ----------
    model
        What was fitted.
    parameters
        What was estimated.
    values, se
        Estimates and standard errors by name; NaN outside the mask, where flagged, and where the
        data do not determine the parameter.
    mask
        Voxels that were to be fitted.
    flags
        Voxels of the mask without a trustworthy fit.
    settings
        How the maps were computed, for the sidecars.
    at_bound
        Voxels where a parameter ended at a bound; errors are only indicative there. None where
        the method knows no bounds.
    quality
        How well the fit follows the data, by name: those of `quality_sidecars`.
    notes
        What is to be said about them, in words.

    """

    model: str
    parameters: tuple[Described, ...]
    values: Mapping[str, FloatArray]
    se: Mapping[str, FloatArray]
    mask: BoolArray
    flags: BoolArray
    settings: Mapping[str, Any] = field(default_factory=dict)
    at_bound: BoolArray | None = None
    quality: Mapping[str, FloatArray] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    quality_sidecars: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            "r2": {"Description": "Share of the variance that the fit explains", "Units": ""},
            "deviation": {
                "Description": "Largest distance of a point from the line, relative to the line",
                "Units": "",
            },
        }
    )

    # What to do about a map that is not there.
    hints: ClassVar[Mapping[str, str]] = MappingProxyType({})

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters, in the order of the model."""
        return tuple(parameter.name for parameter in self.parameters)

    def __getitem__(self, name: str) -> FloatArray:
        if name not in self.values:
            hint = f"; {self.hints[name]}" if name in self.hints else ""
            raise InputError(
                f"{self.model} has no map {name!r}; it has {', '.join(self.values)}{hint}"
            )
        return self.values[name]

    def __repr__(self) -> str:
        fitted, flagged = int(self.mask.sum()), int(self.flags.sum())
        said = f"{self.model}: {', '.join(self.names)}; {fitted} voxels, {flagged} flagged"
        return "\n".join([f"<{type(self).__name__} {said}>", *self.notes])

    def save(self, folder: Path | str, *, like: Grid, prefix: str = "") -> list[Path]:
        """Write every map as NIfTI with a JSON sidecar, as BIDS derivatives have them.

        Parameters
        ----------
        folder
            Where `VT.nii.gz`, `VT.json`, `VT_se.nii.gz`, … go, what `quality` holds, and `flags`.
        like
            Image or header whose grid the maps have.
        prefix
            What file names begin with, for instance `sub-01_ses-day03_trc-FLT_`.

        Returns
        -------
        list of Path
            The images written.

        Raises
        ------
        GeometryError
            If the maps do not have the grid of `like`.

        """
        origin: dict[str, Any] = {"Model": self.model, "Settings": dict(self.settings)}
        if self.notes:
            origin["Notes"] = list(self.notes)
        return save_maps(folder, self._files(), like=like, prefix=prefix, origin=origin)

    def _files(self) -> Iterator[SavedMap]:
        """Yield everything that is saved."""
        for each in self.parameters:
            said = {"Description": each.meaning, "Units": canonical_unit(each.unit)}
            code = {"CAPLEX": each.code} if each.code.startswith("Q.") else {}
            yield SavedMap(each.name, self.values[each.name], said | code)
            if each.name in self.se:
                wrong = {"Description": f"Standard error of {each.name}", "Units": said["Units"]}
                yield SavedMap(f"{each.name}_se", self.se[each.name], wrong)
        for name, values in self.quality.items():
            yield SavedMap(name, values, self.quality_sidecars[name])
        yield self._flag_map()

    def _flag_map(self) -> SavedMap:
        """Return the map of flags as it is saved."""
        return SavedMap(
            "flags", self.flags, {"Description": "1 where the fit is not to be trusted"}
        )
