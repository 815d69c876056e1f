"""Computed maps as BIDS derivatives, each with a sidecar that says how it came about."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import reduce
from pathlib import Path

import numpy as np

from biomarkers import __version__
from biomarkers.estimates import Estimates
from biomarkers.estimates.saving import SavedMap, flag_map, save_maps
from biomarkers.files import sha256, write_json
from biomarkers.study.cohort import DATASET, Session
from biomarkers.study.maps import Maps
from biomarkers.study.recipe import Task


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


def write_maps(given: Sequence[Maps], task: Task, session: Session, out: Path) -> list[Path]:
    """Write the maps of a step, flagged voxels as NaN: values, standard errors, one of flags.

    Returns
    -------
    list of Path
        The images; each sidecar gives unit, CAPLEX code, settings, version and input hashes.

    """
    if not given:
        return []
    folder = out / DATASET / session.place / task.step.folder
    prefix = f"sub-{session.subject}_ses-{session.label}_"
    step = {"Step": {"Name": task.step.name, "Settings": asdict(task.settings)}}
    written = []
    for maps in given:
        origin = {**maps.estimates.origin, **step, "Sources": _sources(maps, session)}
        files = _files(maps.estimates, task)
        written += save_maps(folder, files, like=maps.grid, prefix=prefix, origin=origin)
    flags = replace(
        flag_map(_joined([maps.estimates for maps in given])), name=f"desc-{task.step.name}_flags"
    )
    return written + save_maps(folder, [flags], like=given[0].grid, prefix=prefix, origin=step)


def _files(estimates: Estimates, task: Task) -> Iterator[SavedMap]:
    """Yield values and errors by the names of BIDS, and what else an estimate has to save."""
    suffixes = task.step.suffixes
    for each in replace(estimates, quality={}).files():
        name = each.name.removesuffix("_se")
        if name in estimates.names:
            ending = each.name.removeprefix(name)
            known = np.where(estimates.flags, np.nan, each.values)
            yield replace(each, name=f"{suffixes.get(name, name)}{ending}", values=known)
        elif each.name != "flags":
            yield replace(each, name=f"desc-{task.step.name}_{each.name}")


def _joined(estimates: list[Estimates]) -> Estimates:
    """Return estimates with the reasons of all of them."""
    reasons = [each.reasons for each in estimates]
    bits = reduce(np.bitwise_or, (each.bits for each in reasons))
    return replace(estimates[0], reasons=replace(reasons[0], bits=bits))


def _sources(maps: Maps, session: Session) -> list[dict[str, str]]:
    return [{"file": str(session.below(each)), "sha256": sha256(each)} for each in maps.inputs]
