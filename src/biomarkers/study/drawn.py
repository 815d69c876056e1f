"""An image of a session with the regions drawn on it; its spectra with their voxels' names."""

from biomarkers import mrs
from biomarkers.errors import StudyError
from biomarkers.images import Image, LabelMap, read_labels, same_grid
from biomarkers.study.cohort import Session
from biomarkers.study.labelling import ARTERY, tissue
from biomarkers.study.sources import find_labels, find_series
from biomarkers.study.step import Files
from biomarkers.study.steps.mrs import MRS
from biomarkers.study.steps.mrs_spectra import read_scan, voxel_name


def drawn_image(session: Session, image: str) -> tuple[Image, LabelMap]:
    """Return the image whose name ends so, and the regions of tissue drawn on its grid.

    Raises
    ------
    StudyError
        If the session has no such image or several, or no label map lies on its grid.

    """
    sources = find_series(session, Files.named(image))
    if not sources:
        raise StudyError(f"{session} has no image *_{image}.nii.gz")
    volume = sources[0].read()
    for plan in find_labels(session):
        if same_grid(plan.header, volume):
            return volume, tissue(read_labels(plan.file.path, names=plan.names), {ARTERY})
    raise StudyError(f"{session}: no label map lies on the grid of {sources[0].file.path.name}")


def voxel_scans(session: Session) -> dict[str, mrs.Scan]:
    """Return the spectra of single voxels of a session by their names, with their water.

    Raises
    ------
    StudyError
        If there is none.

    """
    spectra, references = (find_series(session, files) for files in MRS.files)
    if not spectra:
        raise StudyError(f"{session} has no spectrum *_{MRS.files[0].suffix}.nii.gz")
    return {voxel_name(source): read_scan(source, references) for source in spectra}
