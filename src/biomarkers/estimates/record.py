"""The one record of estimates: values, errors and reasons travel together to table and file."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from biomarkers.estimates import describe
from biomarkers.estimates.values import EstimatedValues

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from biomarkers.estimates.saving import SavedMap
    from biomarkers.images import Regions
    from biomarkers.images.grid import Grid


@dataclass(frozen=True, eq=False, repr=False)
class Estimates(EstimatedValues):
    """What a method estimates of every voxel, curve or region; arrays have their shape (...).

    Parameters
    ----------
    model
        What was fitted.
    quantities
        What was estimated, in order.
    values, se
        Estimates and their standard errors by name. NaN where nothing was to be estimated, where
        flagged, and where the data do not determine the quantity. A quantity without a standard
        error is not in `se`.
    reasons
        Why values are flagged or remarked upon.
    mask
        What was to be fitted, (...); None for everything.
    settings
        How the estimates were made, for the sidecars.
    quality
        How well the fit follows the data, by name: `rss`, `r2`, `aicc`, ….
    shared
        By name, the part of `se` that voxels have in common.
    notes
        What else is to be said about them, in words; one that begins with a quantity's name and a
        colon says why that has no value.

    """

    @property
    def table(self) -> "pd.DataFrame":
        """One row per estimate: biomarker, value, unit, se, qc, reason, and its place if many."""
        return describe.table(self)

    def by_region(self, labels: "Regions") -> "pd.DataFrame":
        """Return the rows of every region, drawn or given as masks by name; see `region_rows`."""
        from biomarkers.estimates.regions import region_rows  # noqa: PLC0415  (pandas is slow)

        return region_rows(self, labels)

    def summary(self) -> str:
        """Return the estimates in words: values and errors of one, quartiles of many."""
        return describe.summary(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return describe.html(self)

    def plot(self) -> "Figure":
        """Draw every quantity: the middle slice of maps, values with errors of the rest."""
        from biomarkers.estimates.drawing import draw  # noqa: PLC0415  (matplotlib is slow)

        return draw(self)

    def save(self, folder: Path | str, *, like: "Grid", prefix: str = "") -> list[Path]:
        """Write every map as NIfTI with a JSON sidecar, as BIDS derivatives have them.

        Parameters
        ----------
        folder
            Where `VT.nii.gz`, `VT.json`, `VT_se.nii.gz`, …, what `quality` holds, and `flags` go.
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
        from biomarkers.estimates.saving import save_maps  # noqa: PLC0415  (nibabel is slow)

        return save_maps(folder, self.files(), like=like, prefix=prefix, origin=self.origin)

    def files(self) -> "Iterator[SavedMap]":
        """Yield everything that is saved."""
        from biomarkers.estimates.saving import saved_maps  # noqa: PLC0415

        return saved_maps(self)
