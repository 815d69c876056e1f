"""Perfusion maps of a bolus: values, errors and flags."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from biomarkers.cbv.bolus.signal import DSCFlag
from biomarkers.checks import as_mask
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates, SharedError
from biomarkers.images import noise_of_median
from biomarkers.kinetics import Input
from biomarkers.quantities import QUANTITIES


@dataclass(frozen=True, eq=False, repr=False)
class DSCMaps(Estimates):
    """Perfusion maps of one bolus.

    As `Estimates`, with these meanings:

    Parameters
    ----------
    values, se
        Estimates and standard errors by name; NaN outside the mask and where flagged, except CBV
        and leakage where no bolus stands out: that is a volume of about 0, and its error.
        Errors come from what the deconvolution leaves of a curve, carried through the baseline,
        the leakage correction and the regularisation each voxel was given; that of the artery is
        in none of them, nor is the bias of the regularisation. Times have none.
    reasons
        Why a voxel is not to be trusted: sums of `DSCFlag`. What lies beyond what can be keeps its
        value, and so does what is only remarked upon: a series cut short, biased flow.
    settings
        `ExpectedBias` holds the bias to be expected of CBF, CBV and MTT, over their true values, in
        the middle voxel: what the deconvolution, as each voxel was regularised, makes of tissue
        with this artery, these samples and an exponential residue. `notes` says it in words where
        it is more than a tenth.
    input
        The artery that was used.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import cbv
    >>> time = 1.5 * np.arange(40)
    >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
    >>> signal = 100 * np.exp(-0.03 * np.outer([9, 1], bolus))
    >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False])
    >>> maps = cbv.dsc(signal, time, te=0.03, input=artery)
    >>> print(maps.names, f"CBV {maps['CBV'][1]:.3f}")
    ('CBF', 'CBV', 'MTT', 'Tmax', 'TTP') CBV 0.111

    """

    input: Input = field(kw_only=True)

    concerns = MappingProxyType(
        {
            DSCFlag.FLOW_BIASED: ("CBF", "MTT"),
            DSCFlag.CUT_SHORT: ("CBF", "CBV", "MTT", "rCBF", "rCBV"),
            DSCFlag.TAIL_REMAINS: ("CBV", "MTT", "rCBV"),
        }
    )

    hints = MappingProxyType(
        {
            **dict.fromkeys(("K1_leakage", "K2"), "give leakage="),
            "kep": "give leakage='bidirectional'",
            **dict.fromkeys(("rCBV", "rCBF"), "see relative_to"),
        }
    )

    def relative_to(self, region: npt.ArrayLike) -> "DSCMaps":
        """Return the maps with rCBV and rCBF, over their medians in a region.

        The error of the region's median, which all voxels share, is in `shared`.

        Parameters
        ----------
        region
            Voxels of white matter, or of the other side, (...).

        Raises
        ------
        InputError
            If shapes do not fit, no voxel of the region is sound, or a median is not above 0.

        Examples
        --------
        A tumour against the other side, half as rich in blood:

        >>> import numpy as np
        >>> from biomarkers import cbv
        >>> time = 1.5 * np.arange(40)
        >>> bolus = np.where(time > 15, (time - 15) * np.exp(-(time - 15) / 4), 0)
        >>> signal = 100 * np.exp(-0.03 * np.outer([9, 0.6, 0.3], bolus))
        >>> artery = cbv.dsc_input(signal, time, te=0.03, artery=[True, False, False])
        >>> maps = cbv.dsc(signal, time, te=0.03, input=artery).relative_to([False, False, True])
        >>> print(maps["rCBV"][1:].round(3))
        [2. 1.]

        """
        chosen = as_mask("region", region, self.shape)
        sound = chosen & self.has("CBV")
        if not sound.any():
            raise InputError(f"none of the region's {int(chosen.sum())} voxels is sound")
        values, se, shared = dict(self.values), dict(self.se), dict(self.shared)
        for name in ("CBV", "CBF"):
            middle = float(np.nanmedian(self[name][sound]))
            if not middle > 0.0:
                raise InputError(
                    f"the region has a median {name} of {middle:.3g}; expected above 0"
                )
            ratio = self[name] / middle
            noise = noise_of_median(self[name][sound], self.se[name][sound])
            common = np.abs(ratio) * noise / middle
            values[f"r{name}"], shared[f"r{name}"] = ratio, SharedError(common)
            se[f"r{name}"] = np.hypot(self.se[name] / middle, common)
        added = (QUANTITIES["rCBV"], QUANTITIES["rCBF"])
        return replace(
            self, quantities=(*self.quantities, *added), values=values, se=se, shared=shared
        )
