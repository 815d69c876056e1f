"""Whether a PET scan can be measured, decided from its metadata."""

from biomarkers import pet
from biomarkers.errors import InputError
from biomarkers.study.sources import Source

Window = tuple[float, float]


def refusal(source: Source, window: Window | None) -> str:
    """Return why a scan cannot be measured, empty if it can.

    Raises
    ------
    StudyError
        If its metadata is missing, ambiguous or contradicts itself.

    """
    name = source.file.path.name
    known = pet.read_metadata(source.file.path)
    if known.body.weight_g is None:
        return (
            f"{name} not measured: body weight is not known (weight_g in sub-*_sessions.tsv or "
            "participants.tsv)"
        )
    try:
        if window is None:
            pet.static_window(known.frames, source=name)
        else:
            pet.frames_within(known.frames, window, source=name)
    except InputError as error:
        return f"{error} (not measured; --pet-window FROM TO)"
    return ""
