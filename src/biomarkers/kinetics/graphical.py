"""Graphical and multilinear methods: straight lines once tissue and input have settled.

Each is called with curves (..., T), the timing and the input, and gives a `Fit`; see
`StraightLine`. Frame values are taken as averages: a curve's integral to mid-frame adds whole
earlier frames and half of the current one; between instants the trapezoid rule holds. The input
is integrated exactly.

Standard errors are those of the regression, which takes the points as independent. They are right
for `patlak` and `patlak_reference`; where the tissue's integral is on an axis, its noise is shared
between points and the errors are too small, the more so the noisier the curve.

- `logan` plots ∫C/C against ∫Cp/C: the slope is VT. Noise in C biases it downwards; `ma1` is less
  affected. A curve that is not above zero from t* on has no such plot: its VT is NaN. Estimates VT
  and the intercept (min).
- `patlak` plots C/Cp against ∫Cp/Cp: the slope is Ki (mL/min/mL), the intercept the initial
  distribution volume V0. Holds where uptake is irreversible.
- `ma1` regresses C on ∫Cp and ∫C: VT without noise in a denominator.
- `mrtm1` regresses C on ∫Cr, Cr and ∫C: BPND, R1, k2, k2a, and k2_reference of the reference
  region (1/min). Holds from the start where one tissue compartment does, so t* is 0 unless given.
- `mrtm2` regresses C on ∫Cr + Cr/k2' and ∫C, with k2' known (`k2_reference`, 1/min, from `mrtm1`
  in a region with much binding): BPND, R1, k2 and k2a.
- `logan_reference` plots ∫C/C against (∫Cr + Cr/k2')/C: the slope is DVR = 1 + BPND. Without
  `k2_reference` its term is left out, which holds where Cr/C is constant after t*.
- `patlak_reference` plots C/Cr against ∫Cr/Cr: the slope is Ki relative to the reference, Kiref
  (1/min), the intercept the initial ratio V0ref.

The input of the last four is `Input.reference_region`. JCBFM is J Cereb Blood Flow Metab.
"""

from collections.abc import Sequence
from typing import Any

import numpy.typing as npt

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.declaration import PER_MINUTE, Values
from biomarkers.kinetics.straight_line import Rule, StraightLine

Coefficients = Sequence[npt.NDArray[Any]]


# What coefficients, in seconds, mean in minutes.


def _volume(c: Coefficients, rate: float) -> Values:
    return {"VT": c[0], "intercept": c[1] / PER_MINUTE}


def _ratio(c: Coefficients, rate: float) -> Values:
    return {"BPND": c[0] - 1.0, "DVR": c[0], "intercept": c[1] / PER_MINUTE}


def _influx(c: Coefficients, rate: float) -> Values:
    return {"Ki": c[0] * PER_MINUTE, "V0": c[1]}


def _influx_ratio(c: Coefficients, rate: float) -> Values:
    return {"Kiref": c[0] * PER_MINUTE, "V0ref": c[1]}


def _three_terms(c: Coefficients, rate: float) -> Values:
    """C = k2 ∫Cr + R1 Cr - k2a ∫C."""
    return {
        "BPND": -c[0] / c[2] - 1.0,
        "R1": c[1],
        "k2": c[0] * PER_MINUTE,
        "k2a": -c[2] * PER_MINUTE,
        "k2_reference": c[0] / c[1] * PER_MINUTE,
    }


def _two_terms(c: Coefficients, k2_reference: float) -> Values:
    """C = k2 (∫Cr + Cr/k2') - k2a ∫C, k2' in 1/s."""
    return {
        "BPND": -c[0] / c[1] - 1.0,
        "R1": c[0] / k2_reference,
        "k2": c[0] * PER_MINUTE,
        "k2a": -c[1] * PER_MINUTE,
    }


logan = StraightLine(
    "logan",
    Rule.OVER_TISSUE,
    2,
    (known.VT, known.INTERCEPT),
    _volume,
    "Logan et al., JCBFM 1990;10:740. doi:10.1038/jcbfm.1990.127",
    linear=True,
    example="""
>>> from biomarkers import kinetics, sample_data
>>> from biomarkers.timing import Frames
>>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
>>> frames = Frames(curves.start, curves.duration)
>>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
>>> fit = kinetics.logan(curves.muscle, frames, plasma)
>>> print(f"VT {fit['VT']:.2f} mL/mL from {fit.t_star:.0f} s on; true: 0.5")
VT 0.50 mL/mL from 35 s on; true: 0.5
""",
)
patlak = StraightLine(
    "patlak",
    Rule.OVER_INPUT,
    2,
    (known.KI, known.V0),
    _influx,
    "Patlak et al., JCBFM 1983;3:1. doi:10.1038/jcbfm.1983.1",
    inverse=lambda x: (x["Ki"] / PER_MINUTE, x["V0"]),
    linear=True,
    example="""
>>> from biomarkers import kinetics, sample_data
>>> from biomarkers.timing import Frames
>>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
>>> frames = Frames(curves.start, curves.duration)
>>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
>>> fit = kinetics.patlak(curves.tumor, frames, plasma, t_star=1200.0)
>>> print(f"Ki {fit['Ki']:.4f} mL/min/mL; true: {0.95 * sample_data.PET_TRUTH['Ki']:.4f}")
Ki 0.0238 mL/min/mL; true: 0.0238
""",
)
ma1 = StraightLine(
    "ma1",
    Rule.MULTILINEAR,
    2,
    (known.VT,),
    lambda c, rate: {"VT": -c[0] / c[1]},
    "Ichise et al., JCBFM 2002;22:1271. doi:10.1097/01.WCB.0000038000.34930.4E",
    example="""
>>> from biomarkers import kinetics, sample_data
>>> from biomarkers.timing import Frames
>>> curves, arterial = sample_data.pet_curves(), sample_data.pet_input()
>>> frames = Frames(curves.start, curves.duration)
>>> plasma = kinetics.Input(arterial.time, plasma=arterial.plasma)
>>> fit = kinetics.ma1(curves.muscle, frames, plasma, t_star=600.0)
>>> print(f"VT {fit['VT']:.2f} mL/mL; true: 0.5")
VT 0.50 mL/mL; true: 0.5
""",
)
mrtm1 = StraightLine(
    "mrtm1",
    Rule.MULTILINEAR,
    3,
    (known.BPND, known.R1, known.K2, known.K2A, known.K2_REFERENCE_FITTED),
    _three_terms,
    "Ichise et al., JCBFM 2003;23:1096. doi:10.1097/01.WCB.0000085441.37552.CA",
    inverse=lambda x: (x["k2"] / PER_MINUTE, x["R1"], -x["k2a"] / PER_MINUTE),
    settles=False,
    example="""
>>> import numpy as np
>>> from biomarkers.kinetics import MODELS, Input, mrtm1
>>> time = np.arange(0.0, 5400.0, 60.0)
>>> cerebellum = Input.reference_region(time, 20 * (time / 900) * np.exp(1 - time / 900))
>>> truth = {"R1": 0.9, "k2": 0.09, "BPND": 2.0}
>>> putamen = MODELS["srtm"].predict(truth, time, cerebellum)
>>> fit = mrtm1(putamen, time, cerebellum)
>>> print(f"BPND {fit['BPND']:.2f}, k2' {fit['k2_reference']:.3f} 1/min")
BPND 2.00, k2' 0.100 1/min
""",
)
mrtm2 = StraightLine(
    "mrtm2",
    Rule.MULTILINEAR,
    2,
    (known.BPND, known.R1, known.K2, known.K2A),
    _two_terms,
    mrtm1.source,
    inverse=lambda x: (x["k2"] / PER_MINUTE, -x["k2a"] / PER_MINUTE),
    settles=False,
    rate="needed",
    example="""
>>> import numpy as np
>>> from biomarkers.kinetics import MODELS, Input, mrtm2
>>> time = np.arange(0.0, 5400.0, 60.0)
>>> cerebellum = Input.reference_region(time, 20 * (time / 900) * np.exp(1 - time / 900))
>>> truth = {"R1": 0.9, "k2": 0.09, "BPND": 2.0}
>>> putamen = MODELS["srtm"].predict(truth, time, cerebellum)
>>> fit = mrtm2(putamen, time, cerebellum, k2_reference=0.1)
>>> print(f"BPND {fit['BPND']:.2f}, R1 {fit['R1']:.2f}")
BPND 2.00, R1 0.90
""",
)
logan_reference = StraightLine(
    "logan_reference",
    Rule.OVER_TISSUE,
    2,
    (known.BPND, known.DVR, known.INTERCEPT),
    _ratio,
    "Logan et al., JCBFM 1996;16:834. doi:10.1097/00004647-199609000-00008",
    linear=True,
    rate="taken",
    example="""
>>> import numpy as np
>>> from biomarkers.kinetics import MODELS, Input, logan_reference
>>> time = np.arange(0.0, 5400.0, 60.0)
>>> cerebellum = Input.reference_region(time, 20 * (time / 900) * np.exp(1 - time / 900))
>>> truth = {"R1": 0.9, "k2": 0.09, "BPND": 2.0}
>>> putamen = MODELS["srtm"].predict(truth, time, cerebellum)
>>> fit = logan_reference(putamen, time, cerebellum, k2_reference=0.1)
>>> print(f"BPND {fit['BPND']:.2f}, DVR {fit['DVR']:.2f}")
BPND 2.00, DVR 3.00
""",
)
patlak_reference = StraightLine(
    "patlak_reference",
    Rule.OVER_INPUT,
    2,
    (known.KI_REFERENCE, known.V0_REFERENCE),
    _influx_ratio,
    "Patlak & Blasberg, JCBFM 1985;5:584. doi:10.1038/jcbfm.1985.87",
    inverse=lambda x: (x["Kiref"] / PER_MINUTE, x["V0ref"]),
    linear=True,
    example="""
>>> from biomarkers import kinetics, sample_data
>>> from biomarkers.timing import Frames
>>> curves = sample_data.pet_curves()
>>> frames = Frames(curves.start, curves.duration)
>>> muscle = kinetics.Input.reference_region(frames, curves.muscle)
>>> fit = kinetics.patlak_reference(curves.tumor, frames, muscle, t_star=2400.0)
>>> print(f"Kiref {fit['Kiref']:.4f} 1/min; Ki / VT of muscle: {0.95 * 0.025 / 0.5:.4f}")
Kiref 0.0469 1/min; Ki / VT of muscle: 0.0475
""",
)

# Where `doctest` looks for the examples of what is no function.
__test__ = {
    each.name: str(each.__doc__)
    for each in (logan, patlak, ma1, mrtm1, mrtm2, logan_reference, patlak_reference)
}
