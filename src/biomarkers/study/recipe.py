"""What will be done in a session, decided and checked from names and headers alone.

A bad file is found here, before hours of work, and every bad file of a cohort at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from biomarkers.bids import BidsFile
from biomarkers.errors import GeometryError, InputError, ProblemsError, StudyError
from biomarkers.images import (
    ImageHeader,
    describe_grid,
    probe,
    read_label_names,
    read_labels,
    require_same_grid,
    same_grid,
)
from biomarkers.study.cohort import Dataset, Study
from biomarkers.study.pet_plan import Window, refusal
from biomarkers.study.settings import GIVEN, MeasureSettings
from biomarkers.study.sources import (
    Source,
    Sources,
    dynamic_settings,
    find_sources,
    is_turboflash,
)
from biomarkers.units import QUANTITIES

FloatArray = npt.NDArray[np.float64]

# The region whose signal is the arterial input. It is no tissue, so it gives no rows.
ARTERY = "artery"
SUV = "SUV"
DCE_MAPS = ("Ktrans", "kep", "ve", "vp")
# What a dynamic series gives without a model; measured, but not drawn.
SHAPE_MAPS = (
    *("BAT", "IAUC60", "IAUC90", "nIAUC60", "nIAUC90"),
    *("TTP", "peak_enhancement", "wash_in", "wash_out", "SER"),
)


@dataclass(frozen=True)
class LabelPlan:
    """A label map: its grid, the names of its labels, and the regions that have voxels."""

    file: BidsFile
    header: ImageHeader
    names: Mapping[int, str]
    regions: tuple[str, ...]

    @property
    def space(self) -> str:
        """BIDS `space` entity: the images it was drawn on; empty if it has none."""
        return self.file.entities.get("space", "")


@dataclass(frozen=True)
class Recipe:
    """What will be done in one session.

    Parameters
    ----------
    sources
        What the session offers.
    computed
        Which of `B1`, `T1`, `DCE` and `SUV` will be computed.
    given
        Biomarkers whose given map will be measured as it is.
    labels
        Label maps; several only if they lie on different grids.
    notes
        What was left out or assumed, a sentence each.
    pet_window
        Which frames of a PET scan are averaged; see `MeasureSettings`.

    """

    sources: Sources
    computed: tuple[str, ...]
    given: tuple[str, ...]
    labels: tuple[LabelPlan, ...]
    notes: tuple[str, ...]
    pet_window: Window | None = None


def plan_study(study: Study, settings: MeasureSettings) -> tuple[list[Recipe], list[str]]:
    """Decide what will be done in every session.

    Returns
    -------
    recipes : list of Recipe
        One for each session in which everything is in order.
    problems : list of str
        What is wrong with the others.

    """
    recipes, problems = [], []
    for session in study.sessions:
        try:
            recipes.append(_plan(find_sources(session), settings))
        except ProblemsError as error:
            problems += [f"{session}: {error.source}: {problem}" for problem in error.problems]
        except InputError as error:
            problems.append(f"{session}: {error}")
    problems += _mixed_units(recipes)
    if recipes and not problems and not any(recipe.labels for recipe in recipes):
        problems.append(
            "no label map (*_dseg.nii.gz) in any session; name the folder that holds them with "
            "--derivatives"
        )
    return recipes, problems


def _mixed_units(recipes: Sequence[Recipe]) -> list[str]:
    """Name the given maps whose unit differs from that of an earlier session."""
    first: dict[str, tuple[str, str]] = {}
    problems = []
    for recipe in recipes:
        session, given = str(recipe.sources.session), recipe.sources.given
        units = {name: given[name].unit for name in recipe.given}
        units |= {name: QUANTITIES[name].unit for name in recipe.computed if name in QUANTITIES}
        if "DCE" in recipe.computed:
            units |= {name: QUANTITIES[name].unit for name in (*DCE_MAPS, *SHAPE_MAPS)}
        for name, unit in units.items():
            seen, where = first.setdefault(name, (unit, session))
            if unit != seen:
                problems.append(
                    f"{session}: {name} is in {unit or 'a plain number'} here and in "
                    f"{seen or 'a plain number'} in {where}; one biomarker has one unit, convert "
                    "the given maps"
                )
    return problems


def _plan(sources: Sources, settings: MeasureSettings) -> Recipe:
    kept = set(sources.given) if settings.prefer == GIVEN else set()
    grids: dict[str, ImageHeader] = {}
    if sources.afi and "B1" not in kept:
        grids["B1"] = _one_grid(sources.afi)
    if sources.vfa and "T1" not in kept:
        grids["T1"] = _one_grid(sources.vfa)
    computed = tuple(grids)
    given = tuple(name for name in sources.given if name not in grids)
    for name in given:
        grids[name] = probe(sources.given[name].source.file.path, ndim=3)
    if "T1" in computed and "B1" in grids:
        require_same_grid(grids["T1"], grids["B1"])

    labels = _labels(sources)
    notes = _assumptions(sources, computed)
    if sources.dce and not kept.issuperset(DCE_MAPS):
        reason = _check_dce(sources.dce, grids.get("T1"), labels)
        if reason:
            notes.append(reason)
        else:
            computed += ("DCE",)
            computable = {*DCE_MAPS, *SHAPE_MAPS} - kept
            given = tuple(name for name in given if name not in computable)
            grids["DCE"] = probe(sources.dce.file.path, ndim=4)
    if sources.pet and SUV not in kept:
        reason = _check_pet(sources.pet, labels, settings)
        if reason:
            notes.append(reason)
        else:
            computed += (SUV,)
            given = tuple(name for name in given if name != SUV)
            grids[SUV] = probe(sources.pet.file.path)
    measured = [grids[name] for name in (*computed, *given)]
    _check_labels(measured, labels, resample=settings.resample_labels)
    if not measured and not labels:
        notes.append("nothing in this session can be measured")
    elif not any(label.regions for label in labels):
        notes.append("no labelled voxel: maps are written, no region is measured")
    return Recipe(sources, computed, given, labels, tuple(notes), settings.pet_window)


def _one_grid(images: Sequence[Source]) -> ImageHeader:
    headers = [probe(image.file.path, ndim=3) for image in images]
    for first, second in pairwise(headers):
        require_same_grid(first, second)
    return headers[0]


def _labels(sources: Sources) -> tuple[LabelPlan, ...]:
    plans = [_label_plan(file, dataset) for dataset, file in sources.labels]
    spaces = [plan.space for plan in plans]
    if len(set(spaces)) < len(spaces):
        files = ", ".join(str(plan.file.path) for plan in plans)
        raise StudyError(
            f"several label maps of one space: {files}; a volume is named by the space of its "
            "label map, so each needs its own: space-<grid> in the name"
        )
    return tuple(plans)


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


def _check_dce(dce: Source, t1: ImageHeader | None, labels: Sequence[LabelPlan]) -> str:
    """Return why a dynamic series cannot be fitted, empty if it can; raise if it is faulty."""
    header = probe(dce.file.path, ndim=4)
    volume_times(dce, header.shape[3])
    dynamic_settings(dce)
    dce.sidecar.number("ContrastAgentRelaxivity")
    dce.sidecar.number("BloodT1")
    dce.sidecar.number("Hematocrit", below=1.0)
    if t1 is None:
        return f"{dce.file.path.name} not fitted: no T1 (a VFA series or a given T1map)"
    require_same_grid(t1, header)
    on_grid = [label for label in labels if same_grid(label.header, header)]
    if not any(ARTERY in label.regions for label in on_grid):
        return f"{dce.file.path.name} not fitted: no voxel labelled {ARTERY} on its grid"
    return ""


def _check_pet(scan: Source, labels: Sequence[LabelPlan], settings: MeasureSettings) -> str:
    """Return why a PET scan cannot be measured, empty if it can; raise if it is faulty."""
    reason = refusal(scan, settings.pet_window)
    header = probe(scan.file.path)
    if not reason and not _drawn_on(header, labels, resample=settings.resample_labels):
        return f"{scan.file.path.name} not measured: no label map lies on its grid"
    return reason


def volume_times(dce: Source, volumes: int) -> FloatArray:
    """Return the onset of each volume of a dynamic series, s, from its key `VolumeTiming`.

    Raises
    ------
    StudyError
        If the key is absent, does not rise, or does not have one onset for each volume.

    """
    onsets = dce.sidecar.numbers("VolumeTiming", of="the onset of each volume, s", count=volumes)
    if not all(a < b for a, b in pairwise(onsets)):
        raise dce.sidecar.wrong("VolumeTiming", f"{volumes} rising onsets in s")
    return np.array(onsets)


def _check_labels(
    grids: Sequence[ImageHeader], labels: Sequence[LabelPlan], *, resample: bool
) -> None:
    """Every map needs the one label map on its grid, unless a single one may be resampled."""
    for grid in grids:
        found = [label for label in labels if same_grid(label.header, grid)]
        if len(found) > 1:
            files = " and ".join(str(label.file.path) for label in found)
            raise StudyError(
                f"two label maps on one grid: {files}; name one derivatives folder with "
                "--derivatives, or move one of them out"
            )
        if _drawn_on(grid, labels, resample=resample):
            continue
        there = "\n    ".join(describe_grid(label.header) for label in labels)
        raise GeometryError(
            f"no label map lies on the grid of\n    {describe_grid(grid)}\n  but on\n    {there}\n"
            "  Give one drawn on that grid, or have a single one resampled: --resample-labels"
        )


def _drawn_on(grid: ImageHeader, labels: Sequence[LabelPlan], *, resample: bool) -> bool:
    """Whether a label map can measure an image; where there is none, nothing is to be measured."""
    if not labels or (resample and len(labels) == 1):
        return True
    return any(same_grid(label.header, grid) for label in labels)


def _assumptions(sources: Sources, computed: Sequence[str]) -> list[str]:
    notes = []
    images = [*sources.afi, *sources.vfa]
    if sources.dce and not is_turboflash(sources.dce):
        images.append(sources.dce)
    if any("PulseSequenceType" not in image.sidecar.values for image in images):
        notes.append("PulseSequenceType is absent: taken as spoiled gradient echo")
    if "B1" in computed and "MagneticFieldStrength" not in sources.afi[0].sidecar.values:
        notes.append("MagneticFieldStrength of the AFI pair is absent: B1 is not smoothed")
    if "T1" in computed and not sources.afi and "B1" not in sources.given:
        notes.append("no B1 map: flip angles are taken as nominal, T1 is not corrected")
    notes += [
        f"{given.source.file.path.name} states no Units: taken as {given.unit or 'a plain number'}"
        for given in sources.given.values()
        if "Units" not in given.source.sidecar.values
    ]
    return notes
