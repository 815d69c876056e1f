"""Models of measurements that are repeated in time."""

from biomarkers.stats.longitudinal.ancova import ancova
from biomarkers.stats.longitudinal.gee import gee
from biomarkers.stats.longitudinal.growth import GrowthRates, compare_growth, growth_rates
from biomarkers.stats.longitudinal.mixed_result import MixedResult
from biomarkers.stats.longitudinal.mmrm import mmrm
from biomarkers.stats.longitudinal.random_slopes import RandomSlopes, random_slopes
from biomarkers.stats.longitudinal.result import LinearResult

__all__ = [
    "GrowthRates",
    "LinearResult",
    "MixedResult",
    "RandomSlopes",
    "ancova",
    "compare_growth",
    "gee",
    "growth_rates",
    "mmrm",
    "random_slopes",
]
