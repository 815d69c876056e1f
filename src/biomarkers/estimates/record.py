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

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers.estimates import Estimates, Reasons
    >>> from biomarkers.quantities import QUANTITIES
    >>> adc, se = {"ADC": np.array([7e-4, 9e-4])}, {"ADC": np.array([1e-5, 2e-5])}
    >>> fit = Estimates("decay", (QUANTITIES["ADC"],), adc, se, Reasons(np.zeros(2, np.uint16)))
    >>> fit["ADC"].tolist(), fit.flags.tolist()
    ([0.0007, 0.0009], [False, False])
    >>> print(fit.table[["biomarker", "value", "unit", "se", "qc"]].to_string(index=False))
    biomarker  value   unit      se qc
          ADC 0.0007 mm^2/s 0.00001 ok
          ADC 0.0009 mm^2/s 0.00002 ok

    """

    @property
    def table(self) -> "pd.DataFrame":
        """One row per estimate: biomarker, value, unit, se, qc, reason, and its place if many."""
        return describe.table(self)

    def by_region(self, labels: "Regions") -> "pd.DataFrame":
        """Return the rows of every region, drawn or given as masks by name; see `region_rows`.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b, tumor = np.array([0.0, 400, 800]), np.arange(8).reshape(2, 2, 2) < 4
        >>> fit = adc(100 * np.exp(-b * np.where(tumor, 1.1e-3, 0.7e-3)[..., None]), b)
        >>> rows = fit.by_region({"tumor": tumor, "brain": ~tumor})
        >>> rows.query("biomarker == 'ADC'").set_index("region")["value"].round(6).to_dict()
        {'tumor': 0.0011, 'brain': 0.0007}

        """
        from biomarkers.estimates.regions import region_rows  # noqa: PLC0415  (pandas is slow)

        return region_rows(self, labels)

    def summary(self) -> str:
        """Return the estimates in words: values and errors of one, quartiles of many.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 400, 800])
        >>> print(adc(100 * np.exp(-b * np.array([[0.7e-3], [0.9e-3], [1.1e-3]])), b).summary())
        apparent diffusion coefficient, shape (3,)
          ADC        0.0009 (0.0008 to 0.001) mm^2/s
          S0         100 (100 to 100)
          3 fitted, 0 flagged

        """
        return describe.summary(self)

    def __repr__(self) -> str:
        return self.summary()

    def _repr_html_(self) -> str:
        return describe.html(self)

    def plot(self) -> "Figure":
        """Draw every quantity: the middle slice of maps, values with errors of the rest.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 400, 800])
        >>> figure = adc(100 * np.exp(-b * np.array([[0.7e-3], [1.1e-3]])), b).plot()
        >>> [axes.get_title() for axes in figure.axes]
        ['ADC (mm^2/s)', 'S0']

        """
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

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> from biomarkers.images import Image
        >>> b = np.array([0.0, 400, 800])
        >>> image = Image(100 * np.exp(-b * np.full((2, 2, 2, 1), 1e-3)), np.eye(4), "an example")
        >>> [path.name for path in adc(image, b).save("maps", like=image, prefix="sub-01_")][:2]
        ['sub-01_ADC.nii.gz', 'sub-01_ADC_se.nii.gz']

        """
        from biomarkers.estimates.saving import save_maps  # noqa: PLC0415  (nibabel is slow)

        return save_maps(folder, self.files(), like=like, prefix=prefix, origin=self.origin)

    def files(self) -> "Iterator[SavedMap]":
        """Yield everything that is saved.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers.dwi import adc
        >>> b = np.array([0.0, 400, 800])
        >>> fit = adc(100 * np.exp(-b * np.full((2, 2, 2, 1), 1e-3)), b)
        >>> {each.name: each.sidecar.get("Units") for each in fit.files()}
        {'ADC': 'mm^2/s', 'ADC_se': 'mm^2/s', 'S0': '', 'residual_sd': None, 'flags': None}

        """
        from biomarkers.estimates.saving import saved_maps  # noqa: PLC0415

        return saved_maps(self)
