"""Reference-tissue models; the input is `Input.reference_region`."""

import numpy as np

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.declaration import (
    Decay,
    Direct,
    Integral,
    Inverse,
    Relative,
    Solution,
    Values,
)
from biomarkers.kinetics.model import Model
from biomarkers.kinetics.two_pass import TwoPass

FASTEST = 60.0  # 1/min


def _simplified(x: Values) -> Values:
    k2 = x["spread"] + x["R1"] * x["k2a"]
    return {"R1": x["R1"], "k2": k2, "k2a": x["k2a"], "BPND": k2 / x["k2a"] - 1.0}


SIMPLIFIED = Model(
    "srtm",
    terms=(
        Direct("R1"),
        Decay("spread", rate="k2a", fastest=FASTEST, nonnegative=False),
    ),
    parameters=(known.R1, known.K2, known.K2A, known.BPND),
    physiology=_simplified,
    source="Lammertsma & Hume, Neuroimage 1996;4:153. doi:10.1006/nimg.1996.0066",
    inverse=Inverse(
        ("R1", "k2", "BPND"),
        lambda x: {
            "R1": x["R1"],
            "k2a": x["k2"] / (1.0 + x["BPND"]),
            "spread": x["k2"] - x["R1"] * x["k2"] / (1.0 + x["BPND"]),
        },
        {"k2a": "k2 / (1 + BPND)"},
        (
            Solution("k2", ("k2a", "BPND"), lambda x: x["k2a"] * (1.0 + x["BPND"])),
            Solution("BPND", ("k2", "k2a"), lambda x: x["k2"] / x["k2a"] - 1.0),
        ),
    ),
)

# Holds once tissue and reference are in equilibrium: give earlier points weight 0.
REFERENCE_PATLAK = Model(
    "patlak_reference",
    terms=(Direct("V0ref", nonnegative=False), Integral("Kiref")),
    parameters=(known.KI_REFERENCE, known.V0_REFERENCE),
    physiology=lambda x: {"Kiref": x["Kiref"], "V0ref": x["V0ref"]},
    source="Patlak & Blasberg, J Cereb Blood Flow Metab 1985;5:584. doi:10.1038/jcbfm.1985.87",
)


def simplified_with(k2_reference: float) -> Model:
    """Build the simplified model for a known washout rate of the reference region, 1/min."""

    def physiology(x: Values) -> Values:
        k2 = x["R1"] * k2_reference
        return {
            "R1": x["R1"],
            "k2": k2,
            "k2a": x["k2a"],
            "BPND": k2 / x["k2a"] - 1.0,
            "k2_reference": np.full_like(x["R1"], k2_reference),
        }

    return Model(
        "srtm2",
        terms=(Relative("R1", rate="k2a", fastest=FASTEST, k2_reference=k2_reference),),
        parameters=SIMPLIFIED_2.parameters,
        physiology=physiology,
        source=SIMPLIFIED_2.source,
    )


SIMPLIFIED_2 = TwoPass(
    "srtm2",
    terms=(Relative("R1", rate="k2a", fastest=FASTEST),),
    parameters=(known.R1, known.K2, known.K2A, known.BPND, known.K2_REFERENCE),
    physiology=_simplified,
    source="Wu & Carson, J Cereb Blood Flow Metab 2002;22:1440. "
    "doi:10.1097/01.WCB.0000033967.83623.34",
    free=SIMPLIFIED,
    rate="k2_reference",
    common=lambda fit: fit["k2"] / fit["R1"],
    held=simplified_with,
)
