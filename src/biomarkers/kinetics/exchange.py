"""Models of indicator exchange between plasma and interstitium (blood term: plasma)."""

from collections.abc import Mapping

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.model import (
    Decay,
    Direct,
    Integral,
    Inverse,
    Model,
    Values,
    two_exponentials,
)

PER_100_ML = 100.0


def _tofts(x: Values) -> Values:
    return {"Ktrans": x["Ktrans"], "kep": x["kep"], "ve": x["Ktrans"] / x["kep"]}


TOFTS = Model(
    "tofts",
    terms=(Decay("Ktrans", rate="kep"),),
    parameters=(known.KTRANS, known.KEP, known.VE),
    physiology=_tofts,
    source="Tofts & Kermode, Magn Reson Med 1991;17:357. doi:10.1002/mrm.1910170208",
    inverse=Inverse(("Ktrans", "kep"), dict, {"ve": "Ktrans / kep"}),
)

EXTENDED_TOFTS = Model(
    "extended_tofts",
    terms=(Direct("vp"), Decay("Ktrans", rate="kep")),
    parameters=(known.KTRANS, known.KEP, known.VE, known.VP_DIRECT),
    physiology=lambda x: {**_tofts(x), "vp": x["vp"]},
    source="Tofts, J Magn Reson Imaging 1997;7:91. doi:10.1002/jmri.1880070113",
    inverse=Inverse(("Ktrans", "kep", "vp"), dict, {"ve": "Ktrans / kep"}),
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


def _uptake_terms(x: Mapping[str, float]) -> Mapping[str, float]:
    fp, ps = x["Fp"] / PER_100_ML, x["PS"] / PER_100_ML
    kept = fp * ps / (fp + ps)
    return {"kept": kept, "washed": fp - kept, "rate": (fp + ps) / x["vp"]}


UPTAKE = Model(
    "2cum",
    terms=(Integral("kept"), Decay("washed", rate="rate", fastest=300.0)),
    parameters=(known.FP, known.PS, known.VP, known.KTRANS),
    physiology=_uptake,
    source="Sourbron & Buckley, NMR Biomed 2013;26:1004. doi:10.1002/nbm.2940",
    inverse=Inverse(("Fp", "PS", "vp"), _uptake_terms, {"Ktrans": "Fp * PS / (Fp + PS) / 100"}),
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


def _exchange_terms(x: Mapping[str, float]) -> Mapping[str, float]:
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
        ("Fp", "PS", "ve", "vp"), _exchange_terms, {"Ktrans": "Fp * PS / (Fp + PS) / 100"}
    ),
)
