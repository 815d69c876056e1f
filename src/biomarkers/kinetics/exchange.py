"""Models of indicator exchange between plasma and interstitium (blood term: plasma)."""

from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.declaration import Decay, Direct, Integral, Inverse, Solution, Values
from biomarkers.kinetics.model import Model

Array = npt.NDArray[Any]

PER_100_ML = 100.0


def two_exponentials(k1: Array, k2: Array, k3: Array, k4: Array) -> dict[str, Array]:
    """Amplitudes a, b and rates alpha >= beta of two compartments in exchange with plasma."""
    total = k2 + k3 + k4
    gap = np.sqrt(np.maximum(total**2 - 4.0 * k2 * k4, 0.0))
    alpha, beta = 0.5 * (total + gap), 0.5 * (total - gap)
    share = np.where(gap > 0, (alpha - k3 - k4) / np.where(gap > 0, gap, 1.0), 1.0)
    return {"a": k1 * share, "b": k1 * (1.0 - share), "alpha": alpha, "beta": beta}


# The rate of Tofts' models, from the volume it empties, and the other way round.
_BY_VOLUME = (
    Solution("kep", ("Ktrans", "ve"), lambda x: x["Ktrans"] / x["ve"]),
    Solution("Ktrans", ("kep", "ve"), lambda x: x["kep"] * x["ve"]),
)


def _tofts(x: Values) -> Values:
    return {"Ktrans": x["Ktrans"], "kep": x["kep"], "ve": x["Ktrans"] / x["kep"]}


TOFTS = Model(
    "tofts",
    terms=(Decay("Ktrans", rate="kep"),),
    parameters=(known.KTRANS, known.KEP, known.VE),
    physiology=_tofts,
    source="Tofts & Kermode, Magn Reson Med 1991;17:357. doi:10.1002/mrm.1910170208",
    inverse=Inverse(("Ktrans", "kep"), dict, {"ve": "Ktrans / kep"}, _BY_VOLUME),
    zeros=("vp",),
)

EXTENDED_TOFTS = Model(
    "extended_tofts",
    terms=(Direct("vp"), Decay("Ktrans", rate="kep")),
    parameters=(known.KTRANS, known.KEP, known.VE, known.VP_DIRECT),
    physiology=lambda x: {**_tofts(x), "vp": x["vp"]},
    source="Tofts, J Magn Reson Imaging 1997;7:91. doi:10.1002/jmri.1880070113",
    inverse=Inverse(("Ktrans", "kep", "vp"), dict, {"ve": "Ktrans / kep"}, _BY_VOLUME),
)

PATLAK = Model(
    "patlak",
    terms=(Direct("vp"), Integral("Ktrans")),
    parameters=(known.KTRANS, known.VP_DIRECT),
    physiology=lambda x: {"Ktrans": x["Ktrans"], "vp": x["vp"]},
    source="Patlak et al., J Cereb Blood Flow Metab 1983;3:1. doi:10.1038/jcbfm.1983.1",
    inverse=Inverse(("Ktrans", "vp"), dict, {}),
)


def _uptake(x: Values) -> Values:
    """Uptake: impulse response Fp ((1 - E) exp(-t/Tp) + E), E = PS/(Fp + PS)."""
    fp = x["washed"] + x["kept"]
    return {
        "Fp": PER_100_ML * fp,
        "PS": PER_100_ML * x["kept"] * fp / x["washed"],
        "vp": fp**2 / (x["washed"] * x["rate"]),
        "Ktrans": x["kept"],
    }


def _ps(x: Values) -> Array:
    """PS from Fp and Ktrans = Fp PS/(Fp + PS)."""
    ktrans = PER_100_ML * x["Ktrans"]
    return ktrans * x["Fp"] / (x["Fp"] - ktrans)


_BY_EXTRACTION = (Solution("PS", ("Fp", "Ktrans"), _ps),)


def _uptake_terms(x: Values) -> Values:
    fp, ps = x["Fp"] / PER_100_ML, x["PS"] / PER_100_ML
    kept = fp * ps / (fp + ps)
    return {"kept": kept, "washed": fp - kept, "rate": (fp + ps) / x["vp"]}


UPTAKE = Model(
    "2cum",
    terms=(Integral("kept"), Decay("washed", rate="rate", fastest=300.0)),
    parameters=(known.FP, known.PS, known.VP, known.KTRANS),
    physiology=_uptake,
    source="Sourbron & Buckley, NMR Biomed 2013;26:1004. doi:10.1002/nbm.2940",
    inverse=Inverse(
        ("Fp", "PS", "vp"), _uptake_terms, {"Ktrans": "Fp * PS / (Fp + PS) / 100"}, _BY_EXTRACTION
    ),
)


def _exchange(x: Values) -> Values:
    """Exchange: the compartments' rates from the two exponentials, without a square root."""
    fp = x["a"] + x["b"]
    out = (x["a"] * x["alpha"] + x["b"] * x["beta"]) / fp  # Fp/vp
    back = x["alpha"] * x["beta"] / out  # PS/ve
    across = x["a"] * x["b"] * (x["alpha"] - x["beta"]) ** 2 / (fp**2 * out)  # PS/vp
    vp = fp / out
    return {
        "Fp": PER_100_ML * fp,
        "PS": PER_100_ML * across * vp,
        "ve": across * vp / back,
        "vp": vp,
        "Ktrans": fp * across / (out + across),
    }


def _exchange_terms(x: Values) -> Values:
    fp, ps = x["Fp"] / PER_100_ML, x["PS"] / PER_100_ML
    return two_exponentials(fp, fp / x["vp"], ps / x["vp"], ps / x["ve"])


EXCHANGE = Model(
    "2cxm",
    terms=(Decay("a", rate="alpha", fastest=300.0), Decay("b", rate="beta", fastest=300.0)),
    parameters=(known.FP, known.PS, known.VE, known.VP, known.KTRANS),
    physiology=_exchange,
    source="Brix et al., Magn Reson Med 2004;52:420; Sourbron & Buckley, NMR Biomed 2013;26:1004. "
    "doi:10.1002/nbm.2940",
    inverse=Inverse(
        ("Fp", "PS", "ve", "vp"),
        _exchange_terms,
        {"Ktrans": "Fp * PS / (Fp + PS) / 100"},
        _BY_EXTRACTION,
    ),
)
