"""Parameter maps of a dynamic series: what DCE-MRI adds to maps of any modality."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from biomarkers.images import ParameterMaps, SavedMap

IntArray = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, repr=False)
class DCEMaps(ParameterMaps):
    """Parameter maps of one dynamic series, each of the shape of the voxels.

    As `ParameterMaps`, with these meanings:

    Parameters
    ----------
    model
        Name of the kinetic model, or of the models chosen among, separated by " | ".
    values, se
        Errors come from the residuals, the scatter of the baseline and, where a `T1Map` was
        given, T1; that of the input is not in them, and that of B1 only as far as the errors of
        T1 hold it. "delay" (s) is there also where it was given.
    flags
        Voxels of the mask without a trustworthy fit: no concentration at some sample, or no
        convergence. A parameter at zero, as vp often is, is an estimate and not flagged.
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

    choice: IntArray | None = None

    quality_sidecars: ClassVar[Mapping[str, Mapping[str, str]]] = MappingProxyType(
        {
            **ParameterMaps.quality_sidecars,
            "rmse": {
                "Description": "Root mean square of what the fit leaves: mM, or signal over "
                "baseline where water exchange was fitted",
            },
        }
    )

    def _files(self) -> Iterator[SavedMap]:
        """Yield everything that is saved."""
        yield from super()._files()
        if self.choice is not None:
            models = {str(k): name for k, name in enumerate(self.model.split(" | "))}
            which = {"Description": "Model each voxel takes; -1 for none", "Levels": models}
            yield SavedMap("model", self.choice, which)
