"""Models of indicator exchange between plasma and interstitium (blood term: plasma)."""

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.model import Decay, Direct, Integral, Model, Values

PER_100_ML = 100.0


def _tofts(x: Values) -> Values:
    return {"Ktrans": x["Ktrans"], "kep": x["kep"], "ve": x["Ktrans"] / x["kep"]}


TOFTS = Model(
    "tofts",
    terms=(Decay("Ktrans", rate="kep"),),
    parameters=(known.KTRANS, known.KEP, known.VE),
    physiology=_tofts,
    source="Tofts & Kermode, Magn Reson Med 1991;17:357",
)

EXTENDED_TOFTS = Model(
    "extended_tofts",
    terms=(Direct("vp"), Decay("Ktrans", rate="kep")),
    parameters=(known.KTRANS, known.KEP, known.VE, known.VP_DIRECT),
    physiology=lambda x: {**_tofts(x), "vp": x["vp"]},
    source="Tofts, J Magn Reson Imaging 1997;7:91",
)

PATLAK = Model(
    "patlak",
    terms=(Direct("vp"), Integral("Ktrans")),
    parameters=(known.KTRANS, known.VP_DIRECT),
    physiology=lambda x: {"Ktrans": x["Ktrans"], "vp": x["vp"]},
    source="Patlak et al., J Cereb Blood Flow Metab 1983;3:1",
)
