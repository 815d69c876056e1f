"""Compartment models with a plasma input; tissue and blood share the voxel.

C = (1 - vB)·C_T + vB·C_blood: the amplitudes found are those of C_T times (1 - vB). Without a
blood curve there is no vB.
"""

from biomarkers.kinetics import parameters as known
from biomarkers.kinetics.declaration import (
    BLOOD,
    Decay,
    Direct,
    Integral,
    Inverse,
    Solution,
    Values,
)
from biomarkers.kinetics.exchange import two_exponentials
from biomarkers.kinetics.model import Model

BLOOD_TERM = Direct("vB", source=BLOOD, optional=True)
FASTEST = 60.0  # 1/min; faster exchange than this no PET frame resolves


def _one_tissue(x: Values) -> Values:
    k1 = x["tissue"] / (1.0 - x["vB"])
    return {"K1": k1, "k2": x["k2"], "VT": k1 / x["k2"], "vB": x["vB"]}


ONE_TISSUE = Model(
    "1tcm",
    terms=(BLOOD_TERM, Decay("tissue", rate="k2", fastest=FASTEST)),
    parameters=(known.K1, known.K2, known.VT, known.VB),
    physiology=_one_tissue,
    source="Kety & Schmidt, J Clin Invest 1948;27:476. doi:10.1172/JCI101994; Innis et al. 2007",
    inverse=Inverse(
        ("K1", "k2", "vB"),
        lambda x: {"tissue": (1.0 - x["vB"]) * x["K1"], "k2": x["k2"], "vB": x["vB"]},
        {"VT": "K1 / k2"},
        (
            Solution("k2", ("K1", "VT"), lambda x: x["K1"] / x["VT"]),
            Solution("K1", ("k2", "VT"), lambda x: x["k2"] * x["VT"]),
        ),
    ),
)


def _two_tissue(x: Values) -> Values:
    """Rates from the two exponentials: k2 is their mean weighted by amplitude.

    k3 is alpha + beta - k2 - k4, written so that it vanishes with either amplitude.
    """
    total = x["a"] + x["b"]
    k1 = total / (1.0 - x["vB"])
    k2 = (x["a"] * x["alpha"] + x["b"] * x["beta"]) / total
    k4 = x["alpha"] * x["beta"] / k2
    k3 = x["a"] * x["b"] * (x["alpha"] - x["beta"]) ** 2 / (total**2 * k2)
    volume = (x["a"] / x["alpha"] + x["b"] / x["beta"]) / (1.0 - x["vB"])
    return {
        "K1": k1,
        "k2": k2,
        "k3": k3,
        "k4": k4,
        "VT": volume,
        "BPND": k3 / k4,
        "Ki": k1 * k3 / (k2 + k3),
        "vB": x["vB"],
    }


def _two_tissue_terms(x: Values) -> Values:
    k1 = (1.0 - x["vB"]) * x["K1"]
    return {**two_exponentials(k1, x["k2"], x["k3"], x["k4"]), "vB": x["vB"]}


TWO_TISSUE = Model(
    "2tcm",
    terms=(
        BLOOD_TERM,
        Decay("a", rate="alpha", fastest=FASTEST),
        Decay("b", rate="beta", fastest=FASTEST),
    ),
    parameters=(
        known.K1,
        known.K2,
        known.K3,
        known.K4,
        known.VT,
        known.BPND,
        known.KI,
        known.VB,
    ),
    physiology=_two_tissue,
    source="Mintun et al., Ann Neurol 1984;15:217; Gunn et al., JCBFM 2001;21:635. "
    "doi:10.1097/00004647-200106000-00002",
    inverse=Inverse(
        ("K1", "k2", "k3", "k4", "vB"),
        _two_tissue_terms,
        {"VT": "K1 / k2 * (1 + k3 / k4)", "BPND": "k3 / k4", "Ki": "K1 * k3 / (k2 + k3)"},
        (
            Solution("k3", ("BPND", "k4"), lambda x: x["BPND"] * x["k4"]),
            Solution("k4", ("BPND", "k3"), lambda x: x["k3"] / x["BPND"]),
            Solution("k2", ("K1", "VT", "BPND"), lambda x: x["K1"] * (1.0 + x["BPND"]) / x["VT"]),
        ),
    ),
)


def _trapping(x: Values) -> Values:
    total = x["washed"] + x["kept"]
    k1, ki = total / (1.0 - x["vB"]), x["kept"] / (1.0 - x["vB"])
    return {
        "K1": k1,
        "k2": x["rate"] * x["washed"] / total,
        "k3": x["rate"] * x["kept"] / total,
        "Ki": ki,
        "vB": x["vB"],
    }


def _trapping_terms(x: Values) -> Values:
    rate, k1 = x["k2"] + x["k3"], (1.0 - x["vB"]) * x["K1"]
    kept = k1 * x["k3"] / rate
    return {"kept": kept, "washed": k1 - kept, "rate": rate, "vB": x["vB"]}


TWO_TISSUE_IRREVERSIBLE = Model(
    "2tcm_irreversible",
    terms=(BLOOD_TERM, Integral("kept"), Decay("washed", rate="rate", fastest=FASTEST)),
    parameters=(known.K1, known.K2, known.K3, known.KI, known.VB),
    physiology=_trapping,
    source="Phelps et al., Ann Neurol 1979;6:371. doi:10.1002/ana.410060502; Gunn et al. 2001",
    inverse=Inverse(("K1", "k2", "k3", "vB"), _trapping_terms, {"Ki": "K1 * k3 / (k2 + k3)"}),
)
