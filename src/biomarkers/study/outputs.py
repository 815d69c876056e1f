"""Computed maps as BIDS derivatives, each with a sidecar that says how it came about."""

from pathlib import Path

import numpy as np

from biomarkers import __version__
from biomarkers.files import sha256, write_json
from biomarkers.images import write_image
from biomarkers.quantities import QUANTITIES
from biomarkers.study.cohort import Session
from biomarkers.study.maps import ParameterMap

DATASET = "derivatives/biomarkers"

# Folder and BIDS suffix of a map; anything else lies beside the dynamic series it came from.
_PLACES = {"B1": ("fmap", "TB1map"), "T1": ("anat", "T1map"), "SUV": ("pet", "SUV")}


def write_dataset_description(out: Path) -> None:
    """Write what makes the folder of maps a BIDS derivatives dataset."""
    write_json(
        out / DATASET / "dataset_description.json",
        {
            "Name": "Parameter maps",
            "BIDSVersion": "1.10.0",
            "DatasetType": "derivative",
            "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}],
        },
    )


def write_map(parameter: ParameterMap, session: Session, out: Path) -> Path:
    """Write one computed map, flagged voxels as NaN, and its sidecar.

    Returns
    -------
    Path
        The image; its sidecar gives unit, CAPLEX code, settings, version and input hashes.

    """
    folder, suffix = _PLACES.get(parameter.biomarker, ("perf", parameter.biomarker))
    stem = f"sub-{session.subject}_ses-{session.label}_{suffix}"
    path = out / DATASET / session.place / folder / f"{stem}.nii.gz"
    values = np.asarray(parameter.image.data, dtype=float)
    if parameter.flags is not None:
        values = np.where(parameter.flags, np.nan, values)
    write_image(path, values, like=parameter.image)
    known = QUANTITIES.get(parameter.biomarker)
    code = {"CAPLEX": known.caplex} if known and known.caplex else {}
    write_json(
        path.with_name(f"{stem}.json"),
        {
            "Units": parameter.image.unit,
            **code,
            "Settings": parameter.settings,
            "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}],
            "Sources": [
                {"file": str(_below(source, session)), "sha256": sha256(source)}
                for source in parameter.inputs
            ],
        },
    )
    return path


def remove_stale_maps(out: Path, written: set[Path]) -> None:
    """Remove maps of an earlier run that this one has not written again."""
    for image in (out / DATASET).rglob("sub-*.nii.gz"):
        if image not in written:
            image.with_name(image.name.replace(".nii.gz", ".json")).unlink(missing_ok=True)
            image.unlink()


def _below(path: Path, session: Session) -> Path:
    """Return a path relative to its dataset, so that results can be compared across machines."""
    for dataset in (session.raw, *session.derivatives):
        if path.is_relative_to(dataset.root):
            return path.relative_to(dataset.root)
    return path
