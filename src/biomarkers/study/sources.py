"""What a session offers to measure, resolved from names alone, before any pixel is read."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from biomarkers.bids import BidsFile, Sidecar, applies, parse_name
from biomarkers.errors import InputError, StudyError
from biomarkers.estimates.saving import file_name
from biomarkers.files import listed, walk
from biomarkers.images import probe, read_label_names, read_labels
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source
from biomarkers.study.cohort import Dataset, Session
from biomarkers.study.labelling import LabelPlan
from biomarkers.study.maps import GivenMap
from biomarkers.study.step import Files
from biomarkers.units import canonical_unit

# BIDS suffixes of maps whose biomarker has another name than the suffix less "map".
_SUFFIX_NAMES: Mapping[str, str] = MappingProxyType(
    {"TB1map": "B1", "T2starmap": "T2star"}
    | {file_name(name): name for name in QUANTITIES if file_name(name) != name}
)
_LABELS = "dseg"


def find_series(session: Session, wanted: Files) -> tuple[Source, ...]:
    """Return the images of one acquisition, sorted by name; empty if there are none.

    Raises
    ------
    StudyError, FileError
        If there are several series, an image stands in two files, or a sidecar's image is gone.

    """
    images = [image for image in session.images(wanted.suffix) if wanted.matches(image)]
    series = {
        tuple(pair for pair in image.entities.items() if pair[0] not in wanted.differing)
        for image in images
    }
    if len(series) > 1 or (not wanted.differing and len(images) > 1):
        names = ", ".join(image.path.name for image in images)
        raise StudyError(
            f"several {wanted.suffix} series ({names}); one per session is measured, "
            "move the others out of the study"
        )
    stems = [image.stem for image in images]
    if len(set(stems)) < len(stems):
        raise StudyError(
            f"{wanted.suffix} image in two files, .nii and .nii.gz: {', '.join(stems)}"
        )
    _check_orphans(session, wanted, images)
    return tuple(Source(image, session.sidecar(image)) for image in images)


def _check_orphans(session: Session, wanted: Files, images: Sequence[BidsFile]) -> None:
    """Refuse a sidecar whose image is gone: the series has a hole in it."""
    for sidecar in listed(_sidecars, session.raw.root / session.place):
        if wanted.matches(sidecar) and not any(applies(sidecar, image) for image in images):
            raise StudyError(
                f"{sidecar.path} describes an image that is missing; expected it beside"
            )


def _sidecars(folder: Path) -> list[BidsFile]:
    files = (parse_name(path) for path in walk(folder) if path.name.endswith(".json"))
    return [file for file in files if file]


def find_given(session: Session) -> dict[str, GivenMap]:
    """Return the maps that somebody else computed, by biomarker.

    Raises
    ------
    StudyError
        If two are of one biomarker, or the unit of one is not known.

    """
    given: dict[str, GivenMap] = {}
    for dataset, file in session.derived():
        sidecar = session.sidecar(file, dataset)
        biomarker = _biomarker_of(file.suffix, sidecar)
        if not biomarker:
            continue
        if biomarker in given:
            raise StudyError(
                f"two given maps of {biomarker}: {given[biomarker].source.file.path} "
                f"and {file.path}; move one of them out, or name the folder to take with "
                "--derivatives"
            )
        given[biomarker] = GivenMap(biomarker, _unit(sidecar, biomarker), Source(file, sidecar))
    return given


def find_labels(session: Session) -> tuple[LabelPlan, ...]:
    """Return the label maps of a session.

    Raises
    ------
    StudyError, FileError, ImageError
        If several are of one space, or a file is no label map.

    """
    plans = tuple(
        _label_plan(file, dataset) for dataset, file in session.derived() if file.suffix == _LABELS
    )
    if len({plan.space for plan in plans}) < len(plans):
        files = ", ".join(str(plan.file.path) for plan in plans)
        raise StudyError(
            f"several label maps of one space: {files}; a volume is named by the space of its "
            "label map, so each needs its own: space-<grid> in the name"
        )
    return plans


def _biomarker_of(suffix: str, sidecar: Sidecar) -> str:
    """Return the biomarker a derived image is a map of, empty if it is no parametric map."""
    name = _SUFFIX_NAMES.get(suffix, suffix.removesuffix("map"))
    is_map = suffix.endswith("map") or name in QUANTITIES or "Units" in sidecar.values
    return name if is_map and suffix != _LABELS else ""


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


def _label_plan(file: BidsFile, dataset: Dataset) -> LabelPlan:
    header, names = probe(file.path, ndim=3), _names(file, dataset)
    return LabelPlan(file, header, names, read_labels(file.path, names=names).regions)


def _names(file: BidsFile, dataset: Dataset) -> Mapping[int, str]:
    """Return the label names from the nearest `*dseg.tsv`, from the image's folder upwards."""
    own = file.path.with_name(f"{file.stem}.tsv")
    if own.exists():
        return read_label_names(own)
    for folder in (file.path.parent, *file.path.parent.parents):
        tables = sorted(folder.glob("*dseg.tsv"))
        shared = [table for table in tables if _is_shared(table)]
        if shared:
            return read_label_names(shared[0])
        if folder == dataset.root:
            break
    return {}


def _is_shared(table: Path) -> bool:
    """Whether a label table belongs to a whole folder rather than to one image."""
    return "sub-" not in table.name
