"""Fixtures of the study tests."""

from bids_of_known_truth import small_study

__all__ = ["small_study"]
