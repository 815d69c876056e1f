"""One compartment against a reference region: no input is needed.

Tissue and reference share an input nobody measured. Each exchanges with it by Ktrans and kep =
Ktrans / ve; eliminating the input leaves, with Cr the reference region's curve and R the ratio
of the two Ktrans, ``C = R Cr + R (kep_r - kep) Cr ⊗ exp(-kep t)``. Only ratios to the reference
region can be known. A vascular part (vp) of either is not in the model.

These are the simplified reference tissue models under other names. The reference region's curve
is taken as free of noise: average many voxels. The linear forms are in `reference_region_line`.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.declaration import (
    Decay,
    Direct,
    Inverse,
    Relative,
    Solution,
    Values,
)
from biomarkers.kinetics.model import Model
from biomarkers.kinetics.two_pass import TwoPass

FASTEST = 60.0  # 1/min
PARAMETERS = (known.KTRANS_RATIO, known.VE_RATIO, known.KEP, known.KEP_REFERENCE)


def _physiology(x: Values) -> Values:
    return _ratios(x, x["kep"] + x["spread"] / x["Ktrans_ratio"])


def _ratios(x: Values, reference: npt.NDArray[Any]) -> Values:
    """Parameters from Ktrans_ratio, kep, and kep of the reference region."""
    ratio, kep = x["Ktrans_ratio"], x["kep"]
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
        (
            Solution(
                "kep",
                ("Ktrans_ratio", "ve_ratio", "kep_reference"),
                lambda x: x["Ktrans_ratio"] * x["kep_reference"] / x["ve_ratio"],
            ),
        ),
    ),
)


def constrained_to(kep_reference: float) -> Model:
    """Build the model for a known kep of the reference region, 1/min."""
    return Model(
        "crrm",
        terms=(Relative("Ktrans_ratio", rate="kep", fastest=FASTEST, k2_reference=kep_reference),),
        parameters=PARAMETERS,
        physiology=lambda x: _ratios(x, np.full_like(x["Ktrans_ratio"], kep_reference)),
        source=CONSTRAINED_REFERENCE_REGION.source,
    )


CONSTRAINED_REFERENCE_REGION = TwoPass(
    "crrm",
    terms=(Relative("Ktrans_ratio", rate="kep", fastest=FASTEST),),
    parameters=PARAMETERS,
    physiology=_physiology,
    source="Ahmed & Levesque, Magn Reson Med 2017;78:1547. doi:10.1002/mrm.26530",
    free=REFERENCE_REGION,
    rate="kep_reference",
    common=lambda fit: fit["kep_reference"],
    held=constrained_to,
)
