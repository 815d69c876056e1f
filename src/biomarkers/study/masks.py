"""The mask that was given for an image: where it is compared with others."""

from pathlib import Path

import numpy as np

from biomarkers.errors import StudyError
from biomarkers.images import Image, probe, read_image, same_grid
from biomarkers.images.grid import Grid
from biomarkers.study.cohort import Session

_OF_THE_WHOLE = ("", "brain", "head", "body")


def given_mask(session: Session, grid: Grid) -> Image | None:
    """Return the given mask (`*_mask.nii.gz`) on a grid, booleans; None without one.

    Masks of a part (`label-tumor`, say) are none of these; of several, that of the brain is taken.

    Raises
    ------
    StudyError
        If it is not clear which is meant.

    """
    path = _meant([file.path for _, file in session.derived()
                   if file.suffix == "mask" and file.entities.get("label", "") in _OF_THE_WHOLE
                   and same_grid(probe(file.path, ndim=3), grid)])  # fmt: skip
    if path is None:
        return None
    mask = read_image(path)
    return mask.with_data(np.asarray(mask.data, dtype=float) > 0.5, source=str(session.below(path)))


def _meant(paths: list[Path]) -> Path | None:
    brains = [each for each in paths if "-brain_" in each.name]
    chosen = brains or paths
    if len(chosen) > 1:
        raise StudyError(
            f"two masks on one grid: {' and '.join(map(str, chosen))}; name that of the whole head "
            "desc-brain, that of a part label-<part>, or move one of them out"
        )
    return chosen[0] if chosen else None
