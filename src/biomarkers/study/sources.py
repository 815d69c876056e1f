"""What a session offers to measure, resolved from names alone, before any pixel is read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from biomarkers.bids import BidsFile, Sidecar, applies, parse_name
from biomarkers.errors import InputError, StudyError
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source, echo_time, flip_angle, repetition_time
from biomarkers.study.cohort import Dataset, Session
from biomarkers.units import canonical_unit

# BIDS suffixes of maps whose biomarker has another name than the suffix less "map".
_SUFFIX_NAMES: Mapping[str, str] = MappingProxyType({"TB1map": "B1", "T2starmap": "T2star"})
_LABELS = "dseg"
# Values of the entity `acq` of scans before and after an agent.
PRE, POST = "pre", "post"


@dataclass(frozen=True)
class GivenMap:
    """A parametric map that somebody else computed.

    Parameters
    ----------
    biomarker
        Its name in the measurement table.
    unit
        As its sidecar states it, else the usual unit of that biomarker.
    source
        Image and metadata.

    """

    biomarker: str
    unit: str
    source: Source


@dataclass(frozen=True)
class Sources:
    """Everything of one session that can be measured.

    Parameters
    ----------
    session
        Whose.
    afi
        The two images of an actual-flip-angle pair, shorter TR first; empty if there is none.
    vfa
        Images of a variable-flip-angle series by flip angle; empty if there is none.
    dce
        The dynamic contrast-enhanced series, if there is one.
    pet
        The PET scan, if there is one.
    dsc
        The series with a bolus of contrast by echo time; empty if there is none.
    megre, mese
        Gradient and spin echoes before and after an iron oxide, in no order; empty if there are
        none.
    given
        Maps by biomarker.
    labels
        Label maps, each with the dataset that holds it.

    """

    session: Session
    afi: tuple[Source, ...]
    vfa: tuple[Source, ...]
    dce: Source | None
    pet: Source | None
    dsc: tuple[Source, ...]
    megre: tuple[Source, ...]
    mese: tuple[Source, ...]
    given: Mapping[str, GivenMap]
    labels: tuple[tuple[Dataset, BidsFile], ...]


def find_sources(session: Session) -> Sources:
    """Resolve what a session offers.

    Raises
    ------
    StudyError, FileError
        If a needed sidecar key is missing, or files contradict each other: two series of one
        kind, two given maps of one biomarker, an AFI pair that is no pair.

    """
    dce = _series(session, "dce", differing=())
    scans = _series(session, "pet", differing=())
    return Sources(
        session=session,
        afi=_afi(session),
        vfa=_vfa(session),
        dce=dce[0] if dce else None,
        pet=scans[0] if scans else None,
        dsc=_dsc(session),
        megre=_pair(session, "MEGRE"),
        mese=_pair(session, "MESE"),
        given=_given(session),
        labels=tuple(
            (dataset, file) for dataset, file in session.derived() if file.suffix == _LABELS
        ),
    )


def _afi(session: Session) -> tuple[Source, ...]:
    pair = _series(session, "TB1AFI", differing=("acq",))
    if not pair:
        return ()
    ordered = tuple(sorted(pair, key=repetition_time))
    times = [repetition_time(source) for source in ordered]
    angles = {flip_angle(source) for source in ordered}
    if len(ordered) != 2 or times[0] == times[1] or len(angles) != 1:
        found = ", ".join(f"TR {time:g} s" for time in times)
        raise StudyError(
            f"{ordered[0].file.path.parent}: {len(ordered)} TB1AFI image(s) ({found}, flip angle "
            f"{', '.join(f'{angle:g}' for angle in sorted(angles))} degrees); an actual-flip-angle "
            "pair is two images of one flip angle and two TRs"
        )
    return ordered


def _dsc(session: Session) -> tuple[Source, ...]:
    ordered = sorted(_series(session, "dsc", differing=("echo",)), key=echo_time)
    times = [echo_time(source) for source in ordered]
    if len(set(times)) < len(times):
        raise StudyError(
            f"{ordered[0].file.path.parent}: two dsc images have one EchoTime "
            f"({', '.join(f'{each:g}' for each in times)} s)"
        )
    return tuple(ordered)


def _vfa(session: Session) -> tuple[Source, ...]:
    series = _series(session, "VFA", differing=("flip",))
    if not series:
        return ()
    ordered = tuple(sorted(series, key=flip_angle))
    where = ordered[0].file.path.parent
    if len({flip_angle(source) for source in ordered}) < 2:
        raise StudyError(f"{where}: a VFA series needs two or more flip angles, found 1")
    if len({repetition_time(source) for source in ordered}) > 1:
        times = ", ".join(f"{repetition_time(source):g}" for source in ordered)
        raise StudyError(f"{where}: the VFA images differ in TR ({times} s); expected one TR")
    return ordered


def _pair(session: Session, suffix: str) -> tuple[Source, ...]:
    """Return the echoes before and after an agent; other images of the suffix are not its."""
    return tuple(_series(session, suffix, differing=("acq", "echo"), kept=is_of_pair))


def is_of_pair(image: BidsFile) -> bool:
    """Tell whether an image is one before or after an agent, by its name."""
    return image.entities.get("acq") in (PRE, POST) and "ce" in image.entities


def _series(
    session: Session,
    suffix: str,
    differing: Sequence[str],
    kept: Callable[[BidsFile], bool] = lambda image: True,
) -> list[Source]:
    """Return the images of one acquisition, which may differ only in the given entities."""
    images = [image for image in session.images(suffix) if kept(image)]
    series = {
        tuple(pair for pair in image.entities.items() if pair[0] not in differing)
        for image in images
    }
    if len(series) > 1 or (not differing and len(images) > 1):
        names = ", ".join(image.path.name for image in images)
        raise StudyError(
            f"several {suffix} series ({names}); one per session is measured, "
            "move the others out of the study"
        )
    stems = [image.stem for image in images]
    if len(set(stems)) < len(stems):
        raise StudyError(f"{suffix} image in two files, .nii and .nii.gz: {', '.join(stems)}")
    _check_orphans(session, suffix, images, kept)
    return [Source(image, session.sidecar(image)) for image in images]


def _check_orphans(
    session: Session,
    suffix: str,
    images: Sequence[BidsFile],
    kept: Callable[[BidsFile], bool],
) -> None:
    """Refuse a sidecar whose image is gone: the series has a hole in it."""
    for path in sorted((session.raw.root / session.place).rglob(f"*_{suffix}.json")):
        sidecar = parse_name(path)
        if not sidecar or not kept(sidecar):
            continue
        if not any(applies(sidecar, image) for image in images):
            raise StudyError(f"{path} describes an image that is missing; expected it beside")


def _given(session: Session) -> dict[str, GivenMap]:
    found: dict[str, GivenMap] = {}
    for dataset, file in session.derived():
        if file.suffix == _LABELS:
            continue
        sidecar = session.sidecar(file, dataset)
        biomarker = _biomarker_of(file.suffix, sidecar)
        if not biomarker:
            continue
        if biomarker in found:
            raise StudyError(
                f"two given maps of {biomarker}: {found[biomarker].source.file.path} "
                f"and {file.path}; move one of them out, or name the folder to take with "
                "--derivatives"
            )
        found[biomarker] = GivenMap(biomarker, _unit(sidecar, biomarker), Source(file, sidecar))
    return found


def _biomarker_of(suffix: str, sidecar: Sidecar) -> str:
    """Return the biomarker a derived image is a map of, empty if it is no parametric map."""
    name = _SUFFIX_NAMES.get(suffix, suffix.removesuffix("map"))
    is_map = suffix.endswith("map") or name in QUANTITIES or "Units" in sidecar.values
    return name if is_map else ""


def _unit(sidecar: Sidecar, biomarker: str) -> str:
    if "Units" in sidecar.values:
        try:
            unit = canonical_unit(sidecar.text("Units"))
        except InputError as error:
            raise StudyError(f"{sidecar.source}: {error}") from error
        known = QUANTITIES.get(biomarker)
        # BIDS asks TB1map to state "arbitrary": a plain number here.
        return "" if unit == "arbitrary" and known and known.unit == "" else unit
    if biomarker in QUANTITIES:
        return QUANTITIES[biomarker].unit
    raise StudyError(f"{sidecar.source}: no key Units; expected the unit of the map, like mm^2/s")
