"""The statistics of early response: measurement table in, results out.

`analyse` does what a plan says; the other functions are its parts, for use by hand.
"""

from biomarkers.stats.agreement.concordance_correlation import (
    ConcordanceCorrelation as ConcordanceCorrelation,
)
from biomarkers.stats.agreement.concordance_correlation import (
    concordance_correlation as concordance_correlation,
)
from biomarkers.stats.agreement.icc import Icc as Icc
from biomarkers.stats.agreement.icc import icc as icc
from biomarkers.stats.agreement.limits import Agreement as Agreement
from biomarkers.stats.agreement.limits import limits_of_agreement as limits_of_agreement
from biomarkers.stats.agreement.lines import MethodLine as MethodLine
from biomarkers.stats.agreement.lines import deming as deming
from biomarkers.stats.agreement.lines import passing_bablok as passing_bablok
from biomarkers.stats.agreement.repeatability import Repeatability as Repeatability
from biomarkers.stats.agreement.repeatability import repeatability as repeatability
from biomarkers.stats.agreement.trend import RegressionLimits as RegressionLimits
from biomarkers.stats.agreement.trend import regression_limits as regression_limits
from biomarkers.stats.by_plan.complete import analyse as analyse
from biomarkers.stats.by_plan.earliest import Earliest as Earliest
from biomarkers.stats.by_plan.earliest import earliest as earliest
from biomarkers.stats.changes import change as change
from biomarkers.stats.combination.combine import combine as combine
from biomarkers.stats.combination.combine import combine_markers as combine_markers
from biomarkers.stats.combination.nested import CrossValidation as CrossValidation
from biomarkers.stats.combination.optimism import Logistic as Logistic
from biomarkers.stats.combination.optimism import logistic as logistic
from biomarkers.stats.combination.rule import Combination as Combination
from biomarkers.stats.contrasts.dunnett import Dunnett as Dunnett
from biomarkers.stats.contrasts.dunnett import dunnett as dunnett
from biomarkers.stats.contrasts.effect_size import EffectSize as EffectSize
from biomarkers.stats.contrasts.effect_size import cliffs_delta as cliffs_delta
from biomarkers.stats.contrasts.effect_size import hedges_g as hedges_g
from biomarkers.stats.contrasts.means import MeanTest as MeanTest
from biomarkers.stats.contrasts.means import mean_change as mean_change
from biomarkers.stats.contrasts.means import mean_difference as mean_difference
from biomarkers.stats.contrasts.multiplicity import adjust as adjust
from biomarkers.stats.contrasts.rank_tests import RankTest as RankTest
from biomarkers.stats.contrasts.rank_tests import rank_sum_test as rank_sum_test
from biomarkers.stats.contrasts.rank_tests import signed_rank_test as signed_rank_test
from biomarkers.stats.longitudinal.ancova import ancova as ancova
from biomarkers.stats.longitudinal.gee import gee as gee
from biomarkers.stats.longitudinal.growth import GrowthRates as GrowthRates
from biomarkers.stats.longitudinal.growth import compare_growth as compare_growth
from biomarkers.stats.longitudinal.growth import growth_rates as growth_rates
from biomarkers.stats.longitudinal.linear_result import LinearResult as LinearResult
from biomarkers.stats.longitudinal.linear_result import MixedResult as MixedResult
from biomarkers.stats.longitudinal.mmrm import mmrm as mmrm
from biomarkers.stats.longitudinal.random_slopes import RandomSlopes as RandomSlopes
from biomarkers.stats.longitudinal.random_slopes import random_slopes as random_slopes
from biomarkers.stats.missingness.dropout import DropOut as DropOut
from biomarkers.stats.missingness.dropout import drop_out_tests as drop_out_tests
from biomarkers.stats.missingness.pattern import MissingPattern as MissingPattern
from biomarkers.stats.missingness.pattern import missing_pattern as missing_pattern
from biomarkers.stats.missingness.scenarios import AucBounds as AucBounds
from biomarkers.stats.missingness.scenarios import auc_bounds as auc_bounds
from biomarkers.stats.response import RANO_VOLUME as RANO_VOLUME
from biomarkers.stats.response import VolumeRule as VolumeRule
from biomarkers.stats.response import landmark as landmark
from biomarkers.stats.response import response_by_time as response_by_time
from biomarkers.stats.response import time_to_growth as time_to_growth
from biomarkers.stats.response import volume_response as volume_response
from biomarkers.stats.roc_analysis.accuracy import Accuracy as Accuracy
from biomarkers.stats.roc_analysis.accuracy import accuracy as accuracy
from biomarkers.stats.roc_analysis.adjusted import AdjustedAuc as AdjustedAuc
from biomarkers.stats.roc_analysis.adjusted import adjusted_auc as adjusted_auc
from biomarkers.stats.roc_analysis.clustered import ClusteredRoc as ClusteredRoc
from biomarkers.stats.roc_analysis.clustered import clustered_roc as clustered_roc
from biomarkers.stats.roc_analysis.compare import Resampling as Resampling
from biomarkers.stats.roc_analysis.compare import RocComparison as RocComparison
from biomarkers.stats.roc_analysis.compare import compare_roc as compare_roc
from biomarkers.stats.roc_analysis.cutoff import Cutoff as Cutoff
from biomarkers.stats.roc_analysis.cutoff import at_sensitivity as at_sensitivity
from biomarkers.stats.roc_analysis.cutoff import at_specificity as at_specificity
from biomarkers.stats.roc_analysis.cutoff import cutoff as cutoff
from biomarkers.stats.roc_analysis.cutoff import least_cost as least_cost
from biomarkers.stats.roc_analysis.partial import PartialAuc as PartialAuc
from biomarkers.stats.roc_analysis.partial import partial_auc as partial_auc
from biomarkers.stats.roc_analysis.power import detectable_auc as detectable_auc
from biomarkers.stats.roc_analysis.power import roc_power as roc_power
from biomarkers.stats.roc_analysis.power import roc_sample_size as roc_sample_size
from biomarkers.stats.roc_analysis.roc import Roc as Roc
from biomarkers.stats.roc_analysis.roc import roc as roc
from biomarkers.stats.roc_analysis.smooth import SmoothRoc as SmoothRoc
from biomarkers.stats.roc_analysis.smooth import smooth_roc as smooth_roc
from biomarkers.stats.separation.gate import second_gate as second_gate
from biomarkers.stats.survival.concordance import Concordance as Concordance
from biomarkers.stats.survival.concordance import concordance as concordance
from biomarkers.stats.survival.cox import cox as cox
from biomarkers.stats.survival.cox_model import CoxModel as CoxModel
from biomarkers.stats.survival.early_response import early_response as early_response
from biomarkers.stats.survival.kaplan_meier import KaplanMeier as KaplanMeier
from biomarkers.stats.survival.kaplan_meier import kaplan_meier as kaplan_meier
from biomarkers.stats.survival.landmark_analysis import LandmarkAnalysis as LandmarkAnalysis
from biomarkers.stats.survival.landmark_analysis import landmark_analysis as landmark_analysis
from biomarkers.stats.survival.log_rank import LogRank as LogRank
from biomarkers.stats.survival.log_rank import log_rank as log_rank
from biomarkers.stats.survival.measured_intervals import MeasuredIntervals as MeasuredIntervals
from biomarkers.stats.survival.measured_intervals import measured_intervals as measured_intervals
from biomarkers.stats.survival.proportional_hazards import (
    ProportionalHazards as ProportionalHazards,
)
from biomarkers.stats.survival.time_roc import TimeRoc as TimeRoc
from biomarkers.stats.survival.time_roc import time_roc as time_roc
