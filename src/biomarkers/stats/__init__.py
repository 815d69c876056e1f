"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.agreement.concordance_correlation import (
    ConcordanceCorrelation,
    concordance_correlation,
)
from biomarkers.stats.agreement.icc import Icc, icc
from biomarkers.stats.agreement.limits import Agreement, limits_of_agreement
from biomarkers.stats.agreement.lines import MethodLine, deming, passing_bablok
from biomarkers.stats.agreement.repeatability import Repeatability, repeatability
from biomarkers.stats.agreement.trend import RegressionLimits, regression_limits
from biomarkers.stats.changes import change
from biomarkers.stats.combination.combine import combine, combine_markers
from biomarkers.stats.combination.optimism import Logistic, logistic
from biomarkers.stats.combination.rule import Combination
from biomarkers.stats.combination.settings import CrossValidation
from biomarkers.stats.contrasts.dunnett import Dunnett, dunnett
from biomarkers.stats.contrasts.effect_size import EffectSize, cliffs_delta, hedges_g
from biomarkers.stats.contrasts.means import MeanTest, mean_change, mean_difference
from biomarkers.stats.contrasts.multiplicity import adjust
from biomarkers.stats.contrasts.rank_tests import RankTest, rank_sum_test, signed_rank_test
from biomarkers.stats.longitudinal.ancova import ancova
from biomarkers.stats.longitudinal.gee import gee
from biomarkers.stats.longitudinal.growth import GrowthRates, compare_growth, growth_rates
from biomarkers.stats.longitudinal.linear_result import LinearResult
from biomarkers.stats.longitudinal.mixed_result import MixedResult
from biomarkers.stats.longitudinal.mmrm import mmrm
from biomarkers.stats.longitudinal.random_slopes import RandomSlopes, random_slopes
from biomarkers.stats.missingness.dropout import DropOut, drop_out_tests
from biomarkers.stats.missingness.pattern import MissingPattern, missing_pattern
from biomarkers.stats.missingness.scenarios import AucBounds, auc_bounds
from biomarkers.stats.planned_analysis.analysis import analyse
from biomarkers.stats.planned_analysis.earliest import Earliest, earliest
from biomarkers.stats.response import (
    RANO_VOLUME,
    VolumeRule,
    landmark,
    response_by_time,
    time_to_growth,
    volume_response,
)
from biomarkers.stats.roc_analysis.accuracy import Accuracy, accuracy
from biomarkers.stats.roc_analysis.adjusted import AdjustedAuc, adjusted_auc
from biomarkers.stats.roc_analysis.clustered import ClusteredRoc, clustered_roc
from biomarkers.stats.roc_analysis.compare import Resampling, RocComparison, compare_roc
from biomarkers.stats.roc_analysis.cutoff import (
    Cutoff,
    at_sensitivity,
    at_specificity,
    cutoff,
    least_cost,
)
from biomarkers.stats.roc_analysis.partial import PartialAuc, partial_auc
from biomarkers.stats.roc_analysis.power import detectable_auc, roc_power, roc_sample_size
from biomarkers.stats.roc_analysis.roc import Roc, roc
from biomarkers.stats.roc_analysis.smooth import SmoothRoc, smooth_roc
from biomarkers.stats.separation.gate import second_gate
from biomarkers.stats.survival.concordance import Concordance, concordance
from biomarkers.stats.survival.cox import cox
from biomarkers.stats.survival.cox_model import CoxModel
from biomarkers.stats.survival.early_response import early_response
from biomarkers.stats.survival.kaplan_meier import KaplanMeier, kaplan_meier
from biomarkers.stats.survival.landmark_analysis import LandmarkAnalysis, landmark_analysis
from biomarkers.stats.survival.log_rank import LogRank, log_rank
from biomarkers.stats.survival.measured_intervals import MeasuredIntervals, measured_intervals
from biomarkers.stats.survival.proportional_hazards import ProportionalHazards
from biomarkers.stats.survival.time_roc import TimeRoc, time_roc

__all__ = [
    "RANO_VOLUME",
    "Accuracy",
    "AdjustedAuc",
    "Agreement",
    "AucBounds",
    "ClusteredRoc",
    "Combination",
    "Concordance",
    "ConcordanceCorrelation",
    "CoxModel",
    "CrossValidation",
    "Cutoff",
    "DropOut",
    "Dunnett",
    "Earliest",
    "EffectSize",
    "GrowthRates",
    "Icc",
    "KaplanMeier",
    "LandmarkAnalysis",
    "LinearResult",
    "LogRank",
    "Logistic",
    "MeanTest",
    "MeasuredIntervals",
    "MethodLine",
    "MissingPattern",
    "MixedResult",
    "PartialAuc",
    "ProportionalHazards",
    "RandomSlopes",
    "RankTest",
    "RegressionLimits",
    "Repeatability",
    "Resampling",
    "Roc",
    "RocComparison",
    "SmoothRoc",
    "TimeRoc",
    "VolumeRule",
    "accuracy",
    "adjust",
    "adjusted_auc",
    "analyse",
    "ancova",
    "at_sensitivity",
    "at_specificity",
    "auc_bounds",
    "change",
    "cliffs_delta",
    "clustered_roc",
    "combine",
    "combine_markers",
    "compare_growth",
    "compare_roc",
    "concordance",
    "concordance_correlation",
    "cox",
    "cutoff",
    "deming",
    "detectable_auc",
    "drop_out_tests",
    "dunnett",
    "earliest",
    "early_response",
    "gee",
    "growth_rates",
    "hedges_g",
    "icc",
    "kaplan_meier",
    "landmark",
    "landmark_analysis",
    "least_cost",
    "limits_of_agreement",
    "log_rank",
    "logistic",
    "mean_change",
    "mean_difference",
    "measured_intervals",
    "missing_pattern",
    "mmrm",
    "partial_auc",
    "passing_bablok",
    "random_slopes",
    "rank_sum_test",
    "regression_limits",
    "repeatability",
    "response_by_time",
    "roc",
    "roc_power",
    "roc_sample_size",
    "second_gate",
    "signed_rank_test",
    "smooth_roc",
    "time_roc",
    "time_to_growth",
    "volume_response",
]
