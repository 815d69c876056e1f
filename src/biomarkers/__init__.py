"""From longitudinal images to the earliest day on which responders separate."""

from biomarkers._version import __version__

__all__ = ["__version__"]
