"""Parameter maps of a dynamic series: what DCE-MRI adds to estimates of any modality."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from biomarkers.estimates import Estimates, FitFlag

if TYPE_CHECKING:
    from biomarkers.estimates.saving import SavedMap

BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps(Estimates):
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    As `Estimates`, with these meanings:

    Parameters
    ----------
    model
        Name of the kinetic model, or of the models chosen among, separated by " | ".
    values, se
        Errors come from the residuals, the scatter of the baseline and, where a `T1Map` was
        given, T1; that of the input is not in them, and that of B1 only as far as the errors of
        T1 hold it. "delay" (s) is there also where it was given.
    reasons
        Flagged are voxels of the mask without a trustworthy fit: no concentration at some sample,
        or no convergence. A parameter at zero, as vp often is, is an estimate and only remarked
        upon.
    quality
        How well the fit follows the curve: `r2`, the share of the variance explained, and `rmse`,
        the root mean square of what it leaves, mM (signal over baseline where water exchange was
        fitted).
    choice
        Index of the model each voxel takes, -1 for none; None if there was one model only.

    """

    choice: IntArray | None = None

    @property
    def at_bound(self) -> BoolArray:
        """Voxels where a parameter ended at a bound; errors are only indicative there."""
        return self.reasons.has(FitFlag.AT_BOUND)

    def files(self) -> "Iterator[SavedMap]":
        """Yield everything that is saved."""
        from biomarkers.estimates.saving import SavedMap  # noqa: PLC0415  (nibabel is slow)

        yield from super().files()
        if self.choice is not None:
            models = {str(k): name for k, name in enumerate(self.model.split(" | "))}
            which = {"Description": "Model each voxel takes; -1 for none", "Levels": models}
            yield SavedMap("model", self.choice, which)
