"""What will be done in a session, decided and checked from names and headers alone.

A bad file is found here, before hours of work, and every bad file of a cohort at once.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path

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
from biomarkers.quantities import QUANTITIES
from biomarkers.study.acquisition import Source, is_turboflash
from biomarkers.study.cohort import Dataset, Study
from biomarkers.study.recipe import Draft, LabelPlan, Recipe
from biomarkers.study.scans import SCANS
from biomarkers.study.settings import GIVEN, MeasureSettings
from biomarkers.study.sources import Sources, find_sources


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
        for scan in SCANS:
            if scan.name in recipe.computed:
                units |= {name: QUANTITIES[name].unit for name in scan.maps}
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
    kept = frozenset(sources.given) if settings.prefer == GIVEN else frozenset()
    draft = Draft(sources, settings, _labels(sources), kept, given=list(sources.given))
    if sources.afi and "B1" not in kept:
        draft.compute("B1", _one_grid(sources.afi), ["B1"])
    if sources.vfa and "T1" not in kept:
        draft.compute("T1", _one_grid(sources.vfa), ["T1"])
    for name in draft.given:
        draft.grids[name] = probe(sources.given[name].source.file.path, ndim=3)
    if "T1" in draft.computed and "B1" in draft.grids:
        require_same_grid(draft.grids["T1"], draft.grids["B1"])
    draft.notes += _assumptions(sources, draft.computed)
    for scan in SCANS:
        if scan.files(sources) and not kept.issuperset(scan.drawn):
            scan.plan(draft)
    _check_labels(draft)
    return draft.recipe()


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


def _check_labels(draft: Draft) -> None:
    """Every map needs the one label map on its grid, unless a single one may be resampled."""
    labels = draft.labels
    for grid in (draft.grids[name] for name in (*draft.computed, *draft.given)):
        found = [label for label in labels if same_grid(label.header, grid)]
        if len(found) > 1:
            files = " and ".join(str(label.file.path) for label in found)
            raise StudyError(
                f"two label maps on one grid: {files}; name one derivatives folder with "
                "--derivatives, or move one of them out"
            )
        if draft.drawn_on(grid):
            continue
        there = "\n    ".join(describe_grid(label.header) for label in labels)
        raise GeometryError(
            f"no label map lies on the grid of\n    {describe_grid(grid)}\n  but on\n    {there}\n"
            "  Give one drawn on that grid, or have a single one resampled: --resample-labels"
        )


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
