"""The legs of the way that labels take from the image they were drawn on to another."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from biomarkers import __version__
from biomarkers.errors import StudyError
from biomarkers.files import sha256, write_json
from biomarkers.images import (
    Image,
    Transform,
    brain_mask,
    load_transform,
    probe,
    read_image,
    register,
)
from biomarkers.images.grid import Grid
from biomarkers.images.registration.similarity import foreground_dice, mutual_information
from biomarkers.study.cohort import DATASET, Session
from biomarkers.study.masks import given_mask
from biomarkers.study.registering import BY_HEADER, Registration


@dataclass(frozen=True)
class Target:
    """An image that labels may be brought to.

    Parameters
    ----------
    names
        What transforms may call it; the first is its own.
    grid
        Where its voxels lie.
    read
        Gives one volume of it, as still as it is measured.
    folder
        Of BIDS, where its transforms are written.
    file
        Which it is.

    """

    names: tuple[str, ...]
    grid: Grid
    read: Callable[[], Image]
    folder: str
    file: Path

    @classmethod
    def of(cls, path: Path, name: str, folder: str) -> "Target":
        """Return an image of one volume."""
        return cls((name,), probe(path, ndim=3), lambda: read_image(path), folder, path)


@dataclass(frozen=True)
class Leg:
    """From one image, whose space has a name, to another."""

    start: str
    moving: Path | None
    target: Target

    @property
    def name(self) -> str:
        """The `from-` and `to-` of its file; what BIDS does not allow in a name is left out."""
        ends = (re.sub("[^A-Za-z0-9]", "", each) for each in (self.start, self.target.names[0]))
        return "from-{}_to-{}".format(*ends)


@dataclass(frozen=True, eq=False)
class Walked:
    """A leg with its transform.

    Parameters
    ----------
    leg
        Which.
    transform
        With its quality.
    words
        How it was found.
    inputs
        The files that it came of.
    mask
        Where the images were compared, on the grid of the target; None for everywhere.
    is_new
        Whether it was estimated here.

    """

    leg: Leg
    transform: Transform
    words: str
    inputs: tuple[Path, ...]
    mask: Image | None = None
    is_new: bool = False


def legs_to(target: Target, how: Registration) -> list[Leg]:
    """Return the legs from the image that labels were drawn on to another, in order.

    Labels of another day come over that day's image of the same kind, unless a transform leads
    straight to the target. A target that is no image is where its header says.
    """
    straight, own = Leg(how.space, how.drawn_on, target), how.anatomy
    if _stored(straight, how) is not None:
        return [straight]
    to_own = own and Leg(how.space, how.drawn_on, Target.of(own, how.settings.image, "anat"))
    if to_own and target.file == own:
        return [to_own]
    over = [to_own] if to_own else []
    if BY_HEADER.issuperset(target.names):
        return over
    return [*over, Leg(how.settings.image, own, target)] if own else [straight]


def _stored(leg: Leg, how: Registration) -> Path | None:
    if how.settings.transforms == "estimate":
        return None
    known = (how.between(leg.start, name) for name in leg.target.names)
    return next((path for path in known if path), None)


def walk_leg(leg: Leg, how: Registration, session: Session) -> Walked:
    """Return the transform of a leg: the stored one, else estimated, as the settings allow.

    Raises
    ------
    StudyError
        If it is not stored, and nothing else is allowed.
    GeometryError, ImageError
        If the images cannot be registered.

    """
    path = _stored(leg, how)
    if path is not None:
        return _loaded(leg, path, how)
    if how.settings.transforms == "stored" or leg.moving is None:
        raise StudyError(
            f"no stored transform {leg.name} (*_{leg.name}_mode-image_xfm.txt in the derivatives); "
            'add it, or let it be estimated: transforms = "either" in [measure.register]'
        )
    fixed, mask = leg.target.read(), _mask(leg.target, how, session)
    chosen = how.settings.kind
    found = register(read_image(leg.moving), fixed, kind=chosen, mask=mask)
    words = f"by an estimated {chosen} transform to {leg.target.names[0]}"
    return Walked(leg, found, words, (leg.moving, leg.target.file), mask, is_new=True)


def _loaded(leg: Leg, path: Path, how: Registration) -> Walked:
    """Return a stored transform, turned round where it is from the target; judged by the images."""
    straight = any(how.stored.get((leg.start, name)) == path for name in leg.target.names)
    words = f"by the stored transform {path.name}"
    if straight:
        transform = load_transform(path, fixed=leg.target.grid)
    else:
        start = None if leg.moving is None else probe(leg.moving, ndim=3)
        transform = replace(load_transform(path, fixed=start), moving=leg.target.grid).inverse()
    if leg.moving is not None and not BY_HEADER.issuperset(leg.target.names):
        fixed = np.asarray(leg.target.read().data, dtype=float)
        moved = np.asarray(transform.apply(read_image(leg.moving)), dtype=float)
        quality = {
            "dice": foreground_dice(fixed, moved),
            "mi": mutual_information(fixed, moved),
        }
        transform = replace(transform, quality=quality)
    return Walked(leg, transform, words, (path,))


def _mask(target: Target, how: Registration, session: Session) -> Image | None:
    """Return where images are compared: in the given mask of the target, else as asked for."""
    given = given_mask(session, target.grid)
    if given is not None or how.settings.mask == "none":
        return given
    brain = brain_mask(target.read(), species=session.species)
    return brain.with_data(brain.data, source=f"the brain of {session.below(target.file)}")


def save_leg(walked: Walked, session: Session, out: Path) -> Path:
    """Write an estimated transform beside the maps, with what it came of and how good it is."""
    leg, transform = walked.leg, walked.transform
    folder = out / DATASET / session.place / leg.target.folder
    stem = f"sub-{session.subject}_ses-{session.label}_{leg.name}_mode-image_xfm"
    ending = ".txt" if transform.field is None else ".nii.gz"
    path = transform.save(folder / f"{stem}{ending}")
    write_json(
        folder / f"{stem}.json",
        {
            "Description": "Points of the image it leads to, mm, to those of the image it is from",
            "Quality": {name: float(value) for name, value in transform.quality.items()},
            "Sources": [{"file": str(session.below(each)), "sha256": sha256(each)}
                        for each in walked.inputs],
            "Mask": None if walked.mask is None else walked.mask.source,
            "GeneratedBy": [{"Name": "biomarkers", "Version": __version__}],
        },
    )  # fmt: skip
    return path
