"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.agreement.repeatability import (
    Agreement,
    Repeatability,
    limits_of_agreement,
    repeatability,
)
from biomarkers.stats.analyse import analyse
from biomarkers.stats.change import change
from biomarkers.stats.combination.combine import combine, combine_markers
from biomarkers.stats.combination.result import Combination
from biomarkers.stats.combination.settings import CrossValidation
from biomarkers.stats.contrasts.dunnett import Dunnett, dunnett
from biomarkers.stats.contrasts.effect_size import EffectSize, cliffs_delta, hedges_g
from biomarkers.stats.contrasts.multiplicity import adjust
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
from biomarkers.stats.response import (
    RANO_VOLUME,
    VolumeRule,
    landmark,
    response_by_time,
    time_to_growth,
    volume_response,
)
from biomarkers.stats.roc.accuracy import Accuracy, accuracy
from biomarkers.stats.roc.adjusted import AdjustedAuc, adjusted_auc
from biomarkers.stats.roc.clustered import ClusteredRoc, clustered_roc
from biomarkers.stats.roc.compare import RocComparison, compare_roc
from biomarkers.stats.roc.cutoff import (
    Cutoff,
    at_sensitivity,
    at_specificity,
    cutoff,
    least_cost,
)
from biomarkers.stats.roc.partial import PartialAuc, partial_auc
from biomarkers.stats.roc.power import detectable_auc, roc_power, roc_sample_size
from biomarkers.stats.roc.roc import Roc, roc
from biomarkers.stats.separation.earliest import Earliest, earliest
from biomarkers.stats.separation.gate import second_gate

__all__ = [
    "RANO_VOLUME",
    "Accuracy",
    "AdjustedAuc",
    "Agreement",
    "ClusteredRoc",
    "Combination",
    "CrossValidation",
    "Cutoff",
    "Dunnett",
    "Earliest",
    "EffectSize",
    "GrowthRates",
    "LinearResult",
    "MixedResult",
    "PartialAuc",
    "RandomSlopes",
    "Repeatability",
    "Roc",
    "RocComparison",
    "VolumeRule",
    "accuracy",
    "adjust",
    "adjusted_auc",
    "analyse",
    "ancova",
    "at_sensitivity",
    "at_specificity",
    "change",
    "cliffs_delta",
    "clustered_roc",
    "combine",
    "combine_markers",
    "compare_growth",
    "compare_roc",
    "cutoff",
    "detectable_auc",
    "dunnett",
    "earliest",
    "gee",
    "growth_rates",
    "hedges_g",
    "landmark",
    "least_cost",
    "limits_of_agreement",
    "mmrm",
    "partial_auc",
    "random_slopes",
    "repeatability",
    "response_by_time",
    "roc",
    "roc_power",
    "roc_sample_size",
    "second_gate",
    "time_to_growth",
    "volume_response",
]
