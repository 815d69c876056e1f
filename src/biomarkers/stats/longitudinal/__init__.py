"""Models of measurements that are repeated in time."""

from biomarkers.stats.longitudinal.mixed_result import MixedResult
from biomarkers.stats.longitudinal.mmrm import mmrm
from biomarkers.stats.longitudinal.result import LinearResult

__all__ = ["LinearResult", "MixedResult", "mmrm"]
