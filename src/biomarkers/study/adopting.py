"""Outputs without a record: of earlier versions, or where a record was damaged.

A file counts as ours only if it says so itself: a map whose sidecar names this program as what
generated it, a card whose caption has the keys of a card. Everything else is somebody's, and stays.
"""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from biomarkers.errors import FileError
from biomarkers.files import entries, read_json, walk
from biomarkers.study.cohort import DATASET
from biomarkers.study.records import Record, Records

# Endings of maps, transforms, and tables of motion.
_WRITTEN = (".nii.gz", ".txt", ".tsv")
_NAME = re.compile(r"sub-(?P<subject>[^_]+)_ses-(?P<label>[^_]+)(?=_)")
_CARD = {"title", "caption", "status", "subject", "session", "day", "kind"}
_STUDY = {"version", "study", "settings", "failures"}


def adopt(records: Records, only: str = "") -> None:
    """Write records that list the files which earlier runs left, and nothing of what they hold."""
    listed: dict[str, Record] = {}
    for path in (*_cards(records.out), *_maps(records.out)):
        name = _NAME.match(path.name)
        if name is None or only not in ("", name[0]):
            continue
        record = listed.setdefault(
            name[0], Record(name[0], name["subject"], name["label"], day=0.0)
        )
        files = {**record.files, path.relative_to(records.out).as_posix(): ""}
        listed[name[0]] = replace(record, files=files)
    if only and only not in listed:
        records.path(only).unlink()
    for record in listed.values():
        records.write(record)


def is_our_study_record(path: Path) -> bool:
    """Whether a file is what a run says of a study."""
    return _keys(path).keys() >= _STUDY


def is_our_description(path: Path) -> bool:
    """Whether a file describes a dataset that this program generated."""
    return _is_generated(_keys(path))


def _cards(out: Path) -> Iterator[Path]:
    for path in entries(out / "qc"):
        content = _keys(path) if path.suffix == ".json" else {}
        if content.keys() >= _CARD:
            yield path
            picture = path.with_suffix(".png")
            if content.get("picture") == picture.name and picture.exists():
                yield picture


def _maps(out: Path) -> Iterator[Path]:
    for path in walk(out / DATASET):
        if path.suffix == ".json" and _is_generated(_keys(path)):
            described = (path.with_name(f"{path.stem}{ending}") for ending in _WRITTEN)
            images = [each for each in described if each.exists()]
            if images:
                yield from (path, *images)


def _is_generated(content: dict[str, Any]) -> bool:
    by = content.get("GeneratedBy")
    return isinstance(by, list) and any(
        isinstance(each, dict) and each.get("Name") == "biomarkers" for each in by
    )


def _keys(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        content = read_json(path, "keys and values")
    except FileError:
        return {}
    return content if isinstance(content, dict) else {}
