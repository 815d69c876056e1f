"""Reference-tissue models; the input is `Input.reference_region`."""

# ruff: noqa: A002  (the input is called `input` throughout this field)

import numpy as np
import numpy.typing as npt

from biomarkers.errors import InputError
from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.model import Decay, Direct, Integral, Inverse, Model, Relative, Values
from biomarkers.timing import Frames

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
    source="Lammertsma & Hume, Neuroimage 1996;4:153",
    inverse=Inverse(
        ("R1", "k2", "BPND"),
        lambda x: {
            "R1": x["R1"],
            "k2a": x["k2"] / (1.0 + x["BPND"]),
            "spread": x["k2"] - x["R1"] * x["k2"] / (1.0 + x["BPND"]),
        },
        {"k2a": "k2 / (1 + BPND)"},
    ),
)

# Holds once tissue and reference are in equilibrium: give earlier points weight 0.
REFERENCE_PATLAK = Model(
    "patlak_reference",
    terms=(Direct("V0", nonnegative=False), Integral("Ki")),
    parameters=(known.KI_REFERENCE, known.V0),
    physiology=lambda x: {"Ki": x["Ki"], "V0": x["V0"]},
    source="Patlak & Blasberg, J Cereb Blood Flow Metab 1985;5:584",
)


def simplified_with(k2_reference: float) -> Model:
    """Build the simplified model for a known washout rate of the reference region.

    Parameters
    ----------
    k2_reference
        k2' of the reference region, 1/min; above 0.

    """
    if not (np.isfinite(k2_reference) and k2_reference > 0):
        raise InputError(f"srtm2: k2_reference {k2_reference:g} 1/min; expected above 0")

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
        parameters=(known.R1, known.K2, known.K2A, known.BPND, known.K2_REFERENCE),
        physiology=physiology,
        source=SIMPLIFIED_2.source,
    )


class TwoPass(Model):
    """The simplified model with one washout rate of the reference region for all curves.

    `fit` runs `srtm` first and takes the median of k2/R1 over the curves in which every
    parameter could be determined, then fits the others with that rate held. Its standard
    errors take the rate as known. To set the rate, use `given(k2_reference)`.
    """

    def given(self, k2_reference: float) -> Model:
        """Return the model for a known washout rate of the reference region, 1/min."""
        return simplified_with(k2_reference)

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
            If no curve determines the rate of the reference region, or as in `Model.fit`.

        """
        first = SIMPLIFIED.fit(curves, time, input, delay=delay, weights=weights, mask=mask)
        clear = first.identifiable & ~first.at_bound & (first["k2"] > 0) & (first["R1"] > 0)
        if not clear.any():
            raise InputError(
                "srtm2: no curve determines the washout rate of the reference region; give it: "
                'MODELS["srtm2"].given(k2_reference).fit(...)'
            )
        rate = float(np.median(first["k2"][clear] / first["R1"][clear]))
        second = self.given(rate)
        return second.fit(curves, time, input, delay=delay, weights=weights, mask=mask)


SIMPLIFIED_2 = TwoPass(
    "srtm2",
    terms=(Relative("R1", rate="k2a", fastest=FASTEST),),
    parameters=(known.R1, known.K2, known.K2A, known.BPND, known.K2_REFERENCE),
    physiology=_simplified,
    source="Wu & Carson, J Cereb Blood Flow Metab 2002;22:1440",
)
