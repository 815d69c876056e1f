"""What a series of DICOM lacks, by its headers."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from biomarkers.study.convert.dicom.slices import Slice, Stack, by_place

# Slices are evenly spaced if no gap differs by more than this share of the usual one.
_UNEVEN = 0.1


def problems(slices: Sequence[Slice], images: Sequence[Stack]) -> list[str]:
    """Say what a series lacks, a sentence each, with what was found and what was expected."""
    cut = {each.path: each.cut for each in slices if each.cut}
    unplaced = [each for each in images if not each.header.numbers("ImagePositionPatient")]
    if unplaced:
        return ["headers place it nowhere in space: a screenshot or a report, no image of a body"]
    result = [f"{path.name} is cut off: {text}; copy it again" for path, text in cut.items()]
    repeated = [uid for uid, count in Counter(each.uid for each in slices).items() if count > 1]
    if repeated:
        result.append(
            f"{len(repeated)} images are there several times: found {len(slices)} images, expected "
            f"{len({each.uid for each in slices})}; remove the copies"
        )
        return result
    for image in images:
        result += _lacking(image)
    return result or _numbering(slices)


def _lacking(image: Stack) -> list[str]:
    """Say what an image lacks by its places, spacing and what its header counts."""
    places = by_place(image.slices)
    found, header = len(image.slices), image.header
    short = [place for place in places if len(place) < len(image.volumes)]
    if short:
        expected = len(places) * len(image.volumes)
        return [
            f"found {found} images, expected {expected} ({len(places)} slices in each of "
            f"{len(image.volumes)} volumes); missing at {_listed(short)}"
        ]
    for number, volume in enumerate(image.volumes, start=1):
        values = sorted({each.b_value for each in volume})
        if len(values) > 1:
            listed = ", ".join(f"{value:g}" for value in values)
            return [f"volume {number} has slices of b = {listed} s/mm^2; expected one value"]
    gap = _uneven(places)
    if gap:
        return [gap]
    stated = {
        "slices": (len(places), header.number("NumberOfSlices")),
        "volumes": (
            len(image.volumes),
            header.number("NumberOfTemporalPositions") or header.number("NumberOfTimeSlices"),
        ),
    }
    return [
        f"found {count} {what}, expected {number:g} by its header"
        for what, (count, number) in stated.items()
        if number and count < number and not image.slices[0].whole_volume
    ]


def _listed(places: Sequence[Sequence[Slice]]) -> str:
    shown = ", ".join(f"{place[0].place:.4g}" for place in places[:5])
    return f"{shown}{', …' if len(places) > 5 else ''} mm"


def _uneven(places: Sequence[Sequence[Slice]]) -> str:
    """Say where slices are farther apart than elsewhere; empty if nowhere."""
    at = np.array([place[0].place for place in places])
    gaps = np.diff(at)
    if len(gaps) < 2:
        return ""
    usual, wide = float(gaps.min()), int(gaps.argmax())
    if math.isclose(gaps[wide], usual, rel_tol=_UNEVEN):
        return ""
    expected = len(at) + round(gaps[wide] / usual) - 1
    return (
        f"found {len(at)} slices, expected {max(expected, len(at) + 1)}: between "
        f"{at[wide]:.4g} and {at[wide + 1]:.4g} mm they are {gaps[wide]:.4g} mm apart, "
        f"elsewhere {usual:.4g} mm"
    )


def _numbering(slices: Sequence[Slice]) -> list[str]:
    """Say so where images have been numbered from 1 on and numbers between them are missing."""
    numbers = {each.instance for each in slices}
    if len(numbers) < len(slices) or min(numbers) != 1 or max(numbers) == len(numbers):
        return []
    absent = sorted(set(range(1, max(numbers))) - numbers)
    shown = ", ".join(map(str, absent[:5])) + (", …" if len(absent) > 5 else "")
    return [f"found {len(numbers)} images, expected {max(numbers)}: no Instance Number {shown}"]
