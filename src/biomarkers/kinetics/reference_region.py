"""One compartment against a reference region: no input is needed.

Tissue and reference share an input nobody measured. Each exchanges with it by Ktrans and kep =
Ktrans / ve; eliminating the input leaves, with Cr the reference region's curve and R the ratio
of the two Ktrans, ``C = R Cr + R (kep_r - kep) Cr ⊗ exp(-kep t)``. Only ratios to the reference
region can be known. A vascular part (vp) of either is not in the model.

These are the simplified reference tissue models under other names. The reference region's curve
is taken as free of noise: average many voxels. The linear forms are in `reference_region_line`.
"""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Decay, Direct, Inverse, Model, Relative, Values
from biomarkers.timing import Frames

FASTEST = 60.0  # 1/min
PARAMETERS = (known.KTRANS_RATIO, known.VE_RATIO, known.KEP, known.KEP_REFERENCE)


def _physiology(x: Values) -> Values:
    ratio, kep = x["Ktrans_ratio"], x["kep"]
    reference = kep + x["spread"] / ratio
    return {
        "Ktrans_ratio": ratio,
        "ve_ratio": ratio * reference / kep,
        "kep": kep,
        "kep_reference": reference,
    }


REFERENCE_REGION = Model(
    "rrm",
    terms=(
        Direct("Ktrans_ratio"),
        Decay("spread", rate="kep", fastest=FASTEST, nonnegative=False),
    ),
    parameters=PARAMETERS,
    physiology=_physiology,
    source="Yankeelov et al., Magn Reson Imaging 2005;23:519. doi:10.1016/j.mri.2005.02.013",
    inverse=Inverse(
        ("Ktrans_ratio", "kep", "kep_reference"),
        lambda x: {
            "Ktrans_ratio": x["Ktrans_ratio"],
            "kep": x["kep"],
            "spread": x["Ktrans_ratio"] * (x["kep_reference"] - x["kep"]),
        },
        {"ve_ratio": "Ktrans_ratio * kep_reference / kep"},
    ),
)


def constrained_to(kep_reference: float) -> Model:
    """Build the model for a known kep of the reference region, 1/min; above 0."""
    rate = checked_rate("crrm", kep_reference)

    def physiology(x: Values) -> Values:
        ratio, kep = x["Ktrans_ratio"], x["kep"]
        reference = np.full_like(ratio, rate)
        return {
            "Ktrans_ratio": ratio,
            "ve_ratio": ratio * reference / kep,
            "kep": kep,
            "kep_reference": reference,
        }

    return Model(
        "crrm",
        terms=(Relative("Ktrans_ratio", rate="kep", fastest=FASTEST, k2_reference=rate),),
        parameters=PARAMETERS,
        physiology=physiology,
        source=CONSTRAINED_REFERENCE_REGION.source,
    )


class Constrained(Model):
    """The reference region model with one kep of that region for all curves.

    `fit` runs `rrm` first and takes the median over the curves in which every parameter could be
    determined, then fits Ktrans_ratio and kep with that held. Its standard errors take it as
    known. To set it, use `given(kep_reference)`.
    """

    def given(self, kep_reference: float) -> Model:
        """Return the model for a known kep of the reference region, 1/min."""
        return constrained_to(kep_reference)

    def fit(
        self,
        curves: npt.ArrayLike,
        time: npt.ArrayLike | Frames,
        input: Input,
        *,
        delay: float | tuple[float, float] | None = None,
        weights: npt.ArrayLike | None = None,
        mask: npt.ArrayLike | None = None,
    ) -> Fit:
        """Fit in two passes; the arguments are those of `Model.fit`.

        Raises
        ------
        InputError
            If no curve determines kep of the reference region, or as in `Model.fit`.

        """
        first = REFERENCE_REGION.fit(curves, time, input, delay=delay, weights=weights, mask=mask)
        clear = first.identifiable & ~first.at_bound & (first["kep_reference"] > 0)
        rate = typical_rate("crrm", first["kep_reference"][clear])
        second = self.given(rate)
        return second.fit(curves, time, input, delay=delay, weights=weights, mask=mask)


CONSTRAINED_REFERENCE_REGION = Constrained(
    "crrm",
    terms=(Relative("Ktrans_ratio", rate="kep", fastest=FASTEST),),
    parameters=PARAMETERS,
    physiology=_physiology,
    source="Ahmed & Levesque, Magn Reson Med 2017;78:1547. doi:10.1002/mrm.26530",
)


def typical_rate(name: str, found: npt.NDArray[np.float64]) -> float:
    """Return the median of kep of the reference region; `InputError` if nothing determines it."""
    if found.size == 0:
        raise InputError(
            f"{name}: no curve determines kep of the reference region; give it: "
            'MODELS["crrm"].given(kep_reference).fit(...) or clrrm(..., kep_reference=...)'
        )
    return float(np.median(found))


def checked_rate(name: str, kep_reference: float) -> float:
    """Return kep of the reference region, 1/min; `InputError` unless it is above 0."""
    if not (np.isfinite(kep_reference) and kep_reference > 0):
        raise InputError(f"{name}: kep_reference {kep_reference:g} 1/min; expected above 0")
    return kep_reference
