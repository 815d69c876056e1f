"""The frames of an enhanced file as files of their own, as older scanners wrote them."""

from collections.abc import Iterator
from typing import Any

from biomarkers.errors import StudyError

# What holds many frames, and says how they are ordered.
_OF_MANY = (
    *("PerFrameFunctionalGroupsSequence", "SharedFunctionalGroupsSequence", "NumberOfFrames"),
    *("DimensionIndexSequence", "DimensionOrganizationSequence", "PixelData"),
)


def single_frames(dataset: Any, wanted: list[int]) -> Iterator[Any]:
    """Yield frames of an enhanced file as classic images of magnetic resonance.

    dcm2niix tells volumes of enhanced files apart by rules that differ from vendor to vendor; of
    classic files it needs but positions and numbers.

    Raises
    ------
    StudyError
        If the pixels are compressed and cannot be read.

    """
    from pydicom.uid import ExplicitVRLittleEndian, MRImageStorage  # noqa: PLC0415 (an extra)

    try:
        pixels = dataset.pixel_array
    except Exception as error:  # of whatever library decompresses
        raise StudyError(f"pixels of many frames cannot be read ({error})") from error
    groups = dataset.PerFrameFunctionalGroupsSequence
    shared = list(dataset.get("SharedFunctionalGroupsSequence") or [])
    for name in _OF_MANY:
        if name in dataset:
            del dataset[name]
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = dataset.SOPClassUID = MRImageStorage
    for frame in wanted:
        single = _copy(dataset)
        for group in (*shared, groups[frame]):
            _flatten(group, single)
        single.PixelData = pixels.reshape(-1, *pixels.shape[-2:])[frame].tobytes()
        if "EffectiveEchoTime" in single:
            single.EchoTime = single.EffectiveEchoTime
        yield single


def _copy(dataset: Any) -> Any:
    """Return a dataset with the same elements, to which others can be added."""
    from pydicom.dataset import FileDataset  # noqa: PLC0415 (an extra)

    return FileDataset(None, dict(dataset), file_meta=dataset.file_meta, preamble=b"\0" * 128)


def _flatten(group: Any, onto: Any) -> None:
    """Add the elements of a functional group, and of what is nested in it."""
    for element in group:
        if element.VR == "SQ":
            for item in element.value[:1]:
                _flatten(item, onto)
        else:
            onto[element.tag] = element
