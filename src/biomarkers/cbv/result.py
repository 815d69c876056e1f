"""Maps of blood, which say of each voxel why it is flagged."""

from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.estimates import Estimates

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, repr=False)
class BloodMaps(Estimates):
    """Estimates of the voxels of a mask."""

    mask: BoolArray = field(kw_only=True)

    def counts(self) -> dict[str, int]:
        """Return how many voxels carry each flag, by name."""
        return self.reasons.counts()

    def share(self, flag: IntFlag) -> float:
        """Return the share of the voxels of the mask that carry a flag."""
        return float(self.reasons.has(flag)[self.mask].mean())


@dataclass(frozen=True, eq=False, repr=False)
class SteadyState(BloodMaps):
    """Maps from scans before and after an iron oxide, each of the shape of the voxels.

    As `Estimates`, with these meanings:

    Parameters
    ----------
    values, se
        By name: `dR2s` (1/s), `CBV` (fraction), `CBV_ratio` where a reference was given, and from
        `with_vessels` also `dR2` (1/s), `VSI` (um), `MVD` (1/mm^2). NaN outside the mask, where
        flagged, and where a value cannot be known. Errors are those of the noise; what scales
        every voxel alike, the susceptibility of blood, is not in them.
    reasons
        Why a voxel has no trustworthy ΔR2*: sums of `RateFlag`; every value is NaN there.
    delta_chi
        Difference in susceptibility between blood and tissue, SI.
    noise
        Standard deviation of the noise in one channel, in the unit of the signal; NaN if the
        noise floor was not allowed for.
    shift
        How far the scan after lies from the one before along each axis, voxels; empty where the
        voxels are no image.

    """

    delta_chi: float = field(kw_only=True)
    noise: float = field(kw_only=True)
    shift: FloatArray = field(kw_only=True)

    hints = MappingProxyType(
        {
            "CBV_ratio": "give a reference region",
            **dict.fromkeys(("dR2", "VSI", "MVD"), "see with_vessels"),
        }
    )
