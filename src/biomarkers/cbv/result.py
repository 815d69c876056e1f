"""Maps of blood, which say of each voxel why it is flagged."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntFlag
from types import MappingProxyType
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.rates import RateFlag
from biomarkers.images import ParameterMaps, SavedMap
from biomarkers.kinetics import Parameter

FloatArray = npt.NDArray[np.float64]
FlagArray = npt.NDArray[np.uint8]

PARAMETERS: Mapping[str, Parameter] = MappingProxyType(
    {
        each.name: each
        for each in (
            Parameter("dR2s", "1/s", "rise of R2* that the agent causes"),
            Parameter("CBV", "1", "blood volume"),
            Parameter("CBV_ratio", "1", "blood volume over the median of the reference"),
            Parameter("dR2", "1/s", "rise of R2 that the agent causes"),
            Parameter("VSI", "um", "vessel size index, an average radius"),
            Parameter("MVD", "1/mm^2", "mean vessel density"),
        )
    }
)


@dataclass(frozen=True, eq=False, repr=False)
class BloodMaps(ParameterMaps):
    """Parameter maps whose flags have reasons.

    As `ParameterMaps`, and:

    Parameters
    ----------
    reasons
        Why each voxel is flagged, (...): sums of the members of `reason`; 0 is nothing.

    """

    reasons: FlagArray = field(kw_only=True)

    reason: ClassVar[type[IntFlag]]

    def counts(self) -> dict[str, int]:
        """Return how many voxels carry each flag, by name."""
        return {str(f.name): int(((self.reasons & f.value) > 0).sum()) for f in self.reason}

    def share(self, flag: IntFlag) -> float:
        """Return the share of the voxels of the mask that carry a flag."""
        return float((self.reasons[self.mask] & int(flag) > 0).mean())

    def _flag_map(self) -> SavedMap:
        levels = {str(f.value): str(f.name).lower().replace("_", " ") for f in self.reason}
        said = "Why a voxel is not to be trusted; values add up; 0 is nothing"
        return SavedMap("flags", self.reasons, {"Description": said, "Levels": levels})


@dataclass(frozen=True, eq=False, repr=False)
class SteadyState(BloodMaps):
    """Maps from scans before and after an iron oxide, each of the shape of the voxels.

    As `ParameterMaps`, with these meanings:

    Parameters
    ----------
    values, se
        By name: `dR2s` (1/s), `CBV` (fraction), `CBV_ratio` where a reference was given, and from
        `with_vessels` also `dR2` (1/s), `VSI` (um), `MVD` (1/mm^2). NaN outside the mask, where
        flagged, and where a value cannot be known. Errors are those of the noise; what scales
        every voxel alike, the susceptibility of blood, is not in them.
    flags
        Voxels of the mask without a trustworthy ΔR2*; every value is NaN there.
    reasons
        Why: sums of `RateFlag`.
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

    reason = RateFlag
    hints = MappingProxyType(
        {
            "CBV_ratio": "give a reference region",
            **dict.fromkeys(("dR2", "VSI", "MVD"), "see with_vessels"),
        }
    )
