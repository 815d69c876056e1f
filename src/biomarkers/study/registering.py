"""How labels drawn on one image reach the others: the settings, and what there is to do it with."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from biomarkers.bids import parse_name
from biomarkers.errors import InputError, StudyError
from biomarkers.files import walk
from biomarkers.images import load_transform, probe, same_grid
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import DATASET, Session
from biomarkers.study.labelling import LabelPlan

REGISTER = "register"
_ENDINGS = (".txt", ".tfm", ".mat", ".nii.gz")
# Signals of these are no image that another could be aligned with: their headers say where.
BY_HEADER = frozenset({"svs", "mrsi", "mrsref"})


@dataclass(frozen=True)
class RegisterSettings:
    """How labels reach images on other grids; nothing is registered without `[measure.register]`.

    Parameters
    ----------
    image
        Suffix of the images that the label maps were drawn on.
    session
        Label of the session whose labels sessions of the same subject take that have none of
        their own; empty for none.
    transforms
        `stored`: those in the derivatives (`*_from-<A>_to-<B>_mode-image_xfm.txt`); `estimate`: by
        `images.register`; `either`: stored ones first.
    kind
        Of an estimated transform, as in `images.register`.
    mask
        `brain`: images are compared in the brain of the one that labels are brought to; `none`:
        everywhere. A given mask (`*_mask.nii.gz`) on its grid is taken in either case.
    least_dice
        Of the foregrounds of both images; rows warn below.

    """

    image: str = "T2w"
    session: str = ""
    transforms: Literal["stored", "estimate", "either"] = "either"
    kind: Literal["rigid", "affine", "syn"] = "rigid"
    mask: Literal["none", "brain"] = "none"
    least_dice: float = 0.7

    def __post_init__(self) -> None:
        object.__setattr__(self, "session", self.session.removeprefix("ses-"))
        if not 0.0 <= self.least_dice <= 1.0:
            raise InputError(f"least_dice is {self.least_dice:g}; expected 0 to 1")


@dataclass(frozen=True)
class Registration:
    """Labels that may be brought to the images of a session.

    Parameters
    ----------
    settings
        As chosen.
    labels
        What is brought.
    space
        What transforms from it are named by: the suffix of its image, with the label of the
        session where that is another.
    drawn_on
        The image it was drawn on; None if it is not there.
    anatomy
        The image of that suffix of this session, where labels are those of another; else None.
    stored
        Files of transforms by (from, to).

    """

    settings: RegisterSettings
    labels: LabelPlan
    space: str
    drawn_on: Path | None
    anatomy: Path | None = None
    stored: Mapping[tuple[str, str], Path] = field(default_factory=dict)

    def reaches(self, names: Collection[str]) -> bool:
        """Whether labels can be brought to an image, of which transforms may have some names."""
        if self.settings.transforms != "stored":
            return True
        via = [self.space] if self.anatomy is None else [self.space, self.settings.image]
        return any(self.between(start, name) for start in via for name in names)

    def unused(self, names: Collection[str]) -> Iterator[str]:
        """Yield which stored transforms of the labels lead to none of some names, in words."""
        known = {self.space, self.settings.image, *names}
        for ends, path in self.stored.items():
            strange = [each for each in ends if each not in known]
            if self.space in ends and strange:
                yield (
                    f"{path.name} is not used: no image to be measured is called "
                    f"{strange[0]}, only {', '.join(sorted(known))}"
                )

    def between(self, start: str, end: str) -> Path | None:
        """Return the stored transform from one image to another, in either direction."""
        return self.stored.get((start, end)) or self.stored.get((end, start))


def find_registration(
    session: Session,
    own: Sequence[LabelPlan],
    settings: RegisterSettings,
    other: tuple[Session, Sequence[LabelPlan]] | None,
) -> Registration | None:
    """Return how labels reach the images of a session; None where there are no labels.

    Parameters
    ----------
    session
        Which.
    own
        Its label maps.
    settings
        As chosen.
    other
        The session that it takes labels from if it has none, and its label maps.

    Raises
    ------
    StudyError
        If it is not clear which label map is meant, or no image is there to register.

    """
    drawn_in, plans = (session, own) if own or other is None else other
    if not plans:
        return None
    labels = _meant(plans, settings, session)
    on = _image_of(drawn_in, settings.image, labels)
    is_other = drawn_in is not session
    anatomy = _anatomy_of(session, settings.image, on) if is_other else None
    if on is None and settings.transforms != "stored":
        raise StudyError(
            f"{labels.file.path} lies on the grid of no *_{settings.image}.nii.gz of {drawn_in}, "
            f"so that nothing can be registered; name the images it was drawn on, image in "
            f'[measure.register], or take stored transforms, transforms = "stored"'
        )
    space = f"{settings.image}{drawn_in.label}" if is_other else settings.image
    return Registration(settings, labels, space, on, anatomy, find_transforms(session))


def _meant(plans: Sequence[LabelPlan], settings: RegisterSettings, session: Session) -> LabelPlan:
    drawn = [plan for plan in plans if plan.space == settings.image] or list(plans)
    if len(drawn) > 1:
        files = ", ".join(str(plan.file.path) for plan in drawn)
        raise StudyError(
            f"several label maps could be brought to other images of {session}: {files}; name one "
            f"space-{settings.image}, or set image in [measure.register]"
        )
    return drawn[0]


def _image_of(session: Session, suffix: str, labels: LabelPlan) -> Path | None:
    """Return the image of a session that labels were drawn on: of its suffix, on their grid."""
    for image in session.images(suffix):
        if same_grid(probe(image.path), labels.header):
            return image.path
    return None


def _anatomy_of(session: Session, suffix: str, like: Path | None) -> Path | None:
    """Return the image of a suffix, of several that which is named as another session's."""
    images = {image.path: _kind_of(image.path) for image in session.images(suffix)}
    if len(images) > 1 and like is not None:
        wanted = _kind_of(like)
        images = {path: kind for path, kind in images.items() if kind == wanted} or images
    if len(images) > 1:
        raise StudyError(
            f"labels could be brought to several images of {session}: "
            f"{', '.join(map(str, images))}; move all but one of them out"
        )
    return next(iter(images), None)


def _kind_of(path: Path) -> dict[str, str]:
    """Return the entities of a name beside subject and session."""
    name = parse_name(path)
    return {} if name is None else {**name.entities, "sub": "", "ses": ""}


def find_transforms(session: Session) -> dict[tuple[str, str], Path]:
    """Return the transforms of images in the derivatives of a session, by (from, to).

    Raises
    ------
    StudyError
        If two are between the same images.
    FileError
        If one cannot be read.

    """
    stored: dict[tuple[str, str], Path] = {}
    for path, ends in _transform_files(session):
        if ends in stored:
            raise StudyError(
                f"two transforms from {ends[0]} to {ends[1]}: {stored[ends]} and {path}; move one "
                "of them out"
            )
        if not path.name.endswith(".nii.gz"):
            load_transform(path)  # a faulty file is told before any work
        stored[ends] = path
    return stored


def _transform_files(session: Session) -> Iterator[tuple[Path, tuple[str, str]]]:
    for dataset in session.derivatives:
        if dataset.root == session.raw.root / DATASET:  # an earlier run's, which this one renews
            continue
        for path in walk(dataset.root / session.place):
            ending = next((each for each in _ENDINGS if path.name.endswith(each)), "")
            name = parse_name(path.with_name(path.name.removesuffix(ending))) if ending else None
            if name and name.suffix == "xfm" and name.entities.get("mode") == "image":
                yield path, (name.entities.get("from", ""), name.entities.get("to", ""))


def names_of(images: Sequence[Source]) -> tuple[str, ...]:
    """Return what transforms may call images: their suffixes, in order."""
    return tuple(dict.fromkeys(image.file.suffix for image in images))
