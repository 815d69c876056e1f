"""Maps of a session: estimates, the grid they lie on, and where they came from."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.images import read_image
from biomarkers.images.grid import Grid
from biomarkers.quantities import QUANTITIES, Quantity
from biomarkers.study.acquisition import Source
from biomarkers.units import conversion_factor

COMPUTED, GIVEN = "computed", "given"


@dataclass(frozen=True, eq=False)
class Maps:
    """Estimates of the voxels of an image.

    Parameters
    ----------
    estimates
        Of every voxel, (x, y, z).
    grid
        Image or header they lie on the grid of.
    inputs
        Files they came from.
    origin
        `computed` here or `given`.

    Examples
    --------
    >>> from biomarkers import sample_data, study
    >>> from biomarkers.study.sources import find_given
    >>> session = study.open_study(sample_data.write_study("rats")).sessions[0]
    >>> maps = find_given(session)["Ktrans"].read()
    >>> maps.origin, maps.grid.data.shape
    ('given', (4, 4, 2))

    """

    estimates: Estimates
    grid: Grid
    inputs: tuple[Path, ...]
    origin: str = COMPUTED

    def in_unit(self, name: str, unit: str) -> Estimates:
        """Return the estimates with one quantity in a unit.

        Raises
        ------
        InputError
            If the unit of the map cannot be converted.

        Examples
        --------
        >>> from biomarkers import sample_data, study
        >>> from biomarkers.study.sources import find_given
        >>> session = study.open_study(sample_data.write_study("rats")).sessions[0]
        >>> estimates = find_given(session)["Ktrans"].read().in_unit("Ktrans", "1/s")
        >>> round(60 * float(estimates.values["Ktrans"].mean()), 3)  # 0.151 1/min
        0.151

        """
        (quantity,) = (each for each in self.estimates.quantities if each.name == name)
        factor = conversion_factor(quantity.unit, unit)
        if factor == 1.0:
            return self.estimates
        return replace(
            self.estimates,
            quantities=(replace(quantity, unit=unit),),
            values={name: factor * self.estimates[name]},
            se={key: factor * se for key, se in self.estimates.se.items() if key == name},
        )


def only(estimates: Estimates, names: tuple[str, ...]) -> Estimates:
    """Return the estimates of some quantities."""
    kept = tuple(each for each in estimates.quantities if each.name in names)
    return replace(estimates, quantities=kept)


@dataclass(frozen=True)
class GivenMap:
    """A parametric map that somebody else computed.

    Parameters
    ----------
    biomarker
        Its name in the measurement table.
    unit
        As its sidecar states it, else the usual unit of that biomarker.
    source
        Image and metadata.

    """

    biomarker: str
    unit: str
    source: Source

    @property
    def names(self) -> tuple[str, ...]:
        """What transforms may call it: by its file, or by its biomarker."""
        return tuple(dict.fromkeys((self.source.file.suffix, self.biomarker)))

    @property
    def error_path(self) -> Path | None:
        """The map of its standard errors, `<map>_se`, if that lies beside it."""
        path = self.source.file.path
        ending = path.name.removeprefix(self.source.file.stem)
        beside = path.with_name(f"{self.source.file.stem}_se{ending}")
        return beside if beside.exists() else None

    def read(self) -> Maps:
        """Read the map as it is."""
        name, path = self.biomarker, self.source.file.path
        image = self.source.read(unit=self.unit)
        values = np.asarray(image.data, dtype=float)
        known = QUANTITIES.get(name, Quantity(name, self.unit, name))
        beside = self.error_path
        estimates = Estimates(
            "given",
            (replace(known, unit=self.unit),),
            {name: values},
            {} if beside is None else {name: np.asarray(read_image(beside).data, dtype=float)},
            reasons_of(values.shape, {FitFlag.NO_SIGNAL: ~np.isfinite(values)}),
        )
        return Maps(estimates, image, (path,) if beside is None else (path, beside), GIVEN)
