"""The Brain Imaging Data Structure: names of files and what their sidecars say."""

from biomarkers.bids.dataset import dataset_root, holding_datasets
from biomarkers.bids.names import BidsFile, find_images, parse_name, strip_ending, unnamed_images
from biomarkers.bids.sidecar import Sidecar, applies, find_companion, read_sidecar

__all__ = [
    "BidsFile",
    "Sidecar",
    "applies",
    "dataset_root",
    "find_companion",
    "find_images",
    "holding_datasets",
    "parse_name",
    "read_sidecar",
    "strip_ending",
    "unnamed_images",
]
