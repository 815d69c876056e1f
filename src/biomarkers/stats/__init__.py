"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.accuracy import Accuracy, accuracy
from biomarkers.stats.analyse import analyse
from biomarkers.stats.change import change
from biomarkers.stats.compare import RocComparison, compare_roc
from biomarkers.stats.cutoff import (
    Cutoff,
    at_sensitivity,
    at_specificity,
    cutoff,
    least_cost,
)
from biomarkers.stats.dunnett import Dunnett, dunnett
from biomarkers.stats.earliest import Earliest, earliest
from biomarkers.stats.effect_size import EffectSize, cliffs_delta, hedges_g
from biomarkers.stats.longitudinal import (
    GrowthRates,
    LinearResult,
    MixedResult,
    RandomSlopes,
    ancova,
    compare_growth,
    gee,
    growth_rates,
    mmrm,
    random_slopes,
)
from biomarkers.stats.multiplicity import adjust
from biomarkers.stats.partial import PartialAuc, partial_auc
from biomarkers.stats.power import detectable_auc, roc_power, roc_sample_size
from biomarkers.stats.roc import Roc, roc

__all__ = [
    "Accuracy",
    "Cutoff",
    "Dunnett",
    "Earliest",
    "EffectSize",
    "GrowthRates",
    "LinearResult",
    "MixedResult",
    "PartialAuc",
    "RandomSlopes",
    "Roc",
    "RocComparison",
    "accuracy",
    "adjust",
    "analyse",
    "ancova",
    "at_sensitivity",
    "at_specificity",
    "change",
    "cliffs_delta",
    "compare_growth",
    "compare_roc",
    "cutoff",
    "detectable_auc",
    "dunnett",
    "earliest",
    "gee",
    "growth_rates",
    "hedges_g",
    "least_cost",
    "mmrm",
    "partial_auc",
    "random_slopes",
    "roc",
    "roc_power",
    "roc_sample_size",
]
