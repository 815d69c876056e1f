"""A draft of the mapping: names proposed by what headers tell of each series."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from biomarkers.study.convert.mapping import COUNTS, KEYS, SKIP, TARGETS
from biomarkers.study.convert.names import DATATYPES
from biomarkers.study.convert.series import Series

COLUMNS = KEYS + COUNTS + TARGETS
# Of volumes over time: fewer are averages or repetitions.
_DYNAMIC = 10


def proposed_rows(series: Sequence[Series]) -> list[dict[str, Any]]:
    """Return a row of the mapping for every series; those without a proposal are to be filled in.

    Subjects are numbered in the order of their identifiers, which are not copied; the first date
    of a subject is taken for its baseline.
    """
    patients = sorted({_subject_key(each) for each in series})
    width = max(2, len(str(len(patients))))
    first = {
        patient: min(
            (each.date for each in series if _subject_key(each) == patient and each.date),
            default=None,
        )
        for patient in patients
    }
    rows = []
    for each in series:
        start, suffix = first[_subject_key(each)], _suffix(each)
        day = (each.date - start).days if each.date and start else None
        rows.append(
            {
                "series": each.key,
                "description": each.description,
                "protocol": each.protocol,
                "patient": each.patient,
                "date": each.date.isoformat() if each.date else "",
                "folder": each.folder,
                "slices": each.traits.slices,
                "volumes": each.traits.volumes,
                "subject": f"{patients.index(_subject_key(each)) + 1:0{width}}",
                "session": "" if day is None else f"day{day:02}",
                "day": "" if day is None else day,
                "datatype": DATATYPES.get(suffix, ""),
                "suffix": suffix,
                "entities": "",
                "join": "",
            }
        )
    _tell_apart(series, rows)
    return rows


def _subject_key(series: Series) -> str:
    """Return what tells subjects apart: their identifiers, where there are none their folders."""
    return series.patient or series.folder


def _suffix(series: Series) -> str:
    """Return the suffix that a series most likely has; `skip` where nothing tells it.

    A series with problems has one too: it is left out only if somebody says so.
    """
    return next((suffix for suffix, fits in _RULES if fits(series)), SKIP)


def _mentions(*words: str) -> Callable[[Series], bool]:
    """Return whether description or protocol hold one of some words."""
    pattern = re.compile(rf"(?<![a-z])({'|'.join(words)})", re.IGNORECASE)
    return lambda series: bool(
        pattern.search(series.description) or pattern.search(series.protocol)
    )


def _dynamic(series: Series) -> bool:
    return series.traits.volumes >= _DYNAMIC and not series.traits.diffusion


def _several_echoes(sequence: str) -> Callable[[Series], bool]:
    return lambda series: series.traits.echoes > 2 and series.traits.sequence == sequence


# The first that fits is taken; what a scanner's operator wrote comes before what headers suggest.
_RULES: Sequence[tuple[str, Callable[[Series], bool]]] = (
    ("pet", lambda series: series.traits.modality == "PT"),
    (SKIP, _mentions("loc", "scout", "tripilot", "survey")),
    ("dwi", lambda series: series.traits.diffusion),
    ("dce", lambda series: series.traits.volumes > 1 and _mentions("dce", "dyn")(series)),
    ("dsc", lambda series: series.traits.volumes > 1 and _mentions("dsc", "perf")(series)),
    ("TB1AFI", _mentions("afi", "b1")),
    ("VFA", _mentions("vfa", "fa_?[0-9]", "flip")),
    ("MEGRE", _several_echoes("GR")),
    ("MESE", _several_echoes("SE")),
    ("dsc", lambda series: _dynamic(series) and series.traits.sequence == "EP"),
    ("dce", lambda series: _dynamic(series) and series.traits.sequence == "GR"),
    ("T2w", _mentions("t2")),
    ("T1w", _mentions("t1")),
)
# Entity that tells series of one suffix apart, and what its values follow.
_TELLS: dict[str, tuple[str, str, Callable[[Series], float]]] = {
    "VFA": ("flip", "", lambda series: series.traits.flip_deg or 0.0),
    "TB1AFI": ("acq", "tr", lambda series: series.traits.tr or 0.0),
}


def _tell_apart(series: Sequence[Series], rows: Sequence[dict[str, Any]]) -> None:
    """Fill in entities where several series of a session have one suffix."""
    places = [(row["subject"], row["session"], row["suffix"]) for row in rows]
    for place, count in Counter(places).items():
        members = [index for index, each in enumerate(places) if each == place]
        if place[2] in ("", SKIP) or (count < 2 and place[2] not in _TELLS):
            continue
        entity, prefix, value = _TELLS.get(place[2], ("run", "", lambda series: 0.0))
        ordered = sorted(members, key=lambda index: value(series[index]))
        for number, index in enumerate(ordered, start=1):
            rows[index]["entities"] = f"{entity}-{prefix}{number}"
