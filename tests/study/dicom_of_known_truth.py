"""DICOM series as scanners write them, with pixels and headers that are known."""

import random
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("pydicom", reason="an extra")

from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import (
    EnhancedMRImageStorage,
    ExplicitVRLittleEndian,
    MRImageStorage,
    PositronEmissionTomographyImageStorage,
    generate_uid,
)

# What must never leave the scanner's files, by keyword.
SECRETS = {
    "PatientName": "Dough^Jane",
    "PatientID": "HOSP4711",
    "PatientBirthDate": "19701224",
    "OtherPatientIDs": "INS998877",
    "PatientComments": "lives at Elmstreet",
    "PatientTelephoneNumbers": "5550123",
    "InstitutionName": "Saint Elsewhere",
    "InstitutionAddress": "Harbourgate 12",
    "StationName": "MRBASEMENT",
    "DeviceSerialNumber": "SN314159",
    "ReferringPhysicianName": "Strange^Stephen",
    "OperatorsName": "Nightshift^Nina",
    "PerformingPhysicianName": "House^Gregory",
    "AccessionNumber": "ACC271828",
    "StudyID": "STUDY1618",
    "StudyDescription": "glioma of Jane",
    "ImageComments": "Jane moved",
    "ContrastBolusAgent": "Dotarem by Nina",
}
SCHEDULE = {"StudyDate": "20260314", "SeriesDate": "20260314", "AcquisitionDate": "20260314"}
EDGE, THICK = 0.5, 2.0


def dataset(*, study="1.2.3.77001", kind=MRImageStorage, **fields) -> FileDataset:
    """Return the header that the images of a scan share."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = kind, ExplicitVRLittleEndian
    made = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
    made.SOPClassUID, made.StudyInstanceUID = kind, study
    made.Modality, made.Manufacturer = "MR", "SIEMENS"
    made.PatientWeight, made.StudyTime = "0.25", "174153"
    made.SamplesPerPixel, made.PhotometricInterpretation = 1, "MONOCHROME2"
    made.BitsAllocated, made.BitsStored, made.HighBit, made.PixelRepresentation = 16, 16, 15, 0
    made.PixelSpacing, made.SliceThickness = [EDGE, EDGE], THICK
    made.ImageOrientationPatient = [1, 0, 0, 0, 1, 0]
    made.MRAcquisitionType, made.ScanningSequence, made.SequenceVariant = "3D", "GR", "SP"
    made.MagneticFieldStrength = 7.0
    made.RepetitionTime, made.EchoTime, made.FlipAngle = 5.0, 2.0, 15.0
    for name, value in (SECRETS | SCHEDULE | fields).items():
        setattr(made, name, value)
    made.private_block(0x0099, "NOTES", create=True).add_new(1, "LO", "Jane in private")
    return made


def clock(seconds: float) -> str:
    """Return a time of day, some seconds after 17:41:53."""
    total = 17 * 3600 + 41 * 60 + 53 + seconds
    return f"{int(total // 3600):02}{int(total // 60 % 60):02}{total % 60:09.6f}"


def write_series(
    folder: Path,
    data: np.ndarray,
    *,
    number: int = 1,
    spacing: float = 10.0,
    shuffled: bool = False,
    drop: tuple[int, ...] = (),
    of_image=lambda volume, place: {},
    **fields,
) -> list[Path]:
    """Write (x, y, z) or (x, y, z, t) as one file a slice; returns the files.

    x and y run to the left and to the back, z to the head, as DICOM has them. `of_image` gives
    further fields of the slice at a place of a volume; `drop` are indices of slices left out.
    """
    folder.mkdir(parents=True, exist_ok=True)
    data = data[..., np.newaxis] if data.ndim == 3 else data
    series, frame = generate_uid(), generate_uid()
    made = []
    for volume in range(data.shape[3]):
        for place in range(data.shape[2]):
            index = volume * data.shape[2] + place
            if index in drop:
                continue
            image = dataset(SeriesNumber=number, InstanceNumber=index + 1, **fields)
            image.SeriesInstanceUID, image.FrameOfReferenceUID = series, frame
            image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
            image.AcquisitionNumber = volume + 1
            image.SeriesTime, image.AcquisitionTime = clock(0.0), clock(volume * spacing)
            image.ImagePositionPatient = [-4.0, -3.0, place * THICK]
            image.Rows, image.Columns = data.shape[1], data.shape[0]
            image.PixelData = data[:, :, place, volume].T.astype("<u2").tobytes()
            for name, value in of_image(volume, place).items():
                setattr(image, name, value)
            made.append(image)
    names = list(range(len(made)))
    if shuffled:
        random.Random(1).shuffle(names)
    paths = [folder / f"IM{number}{name:04d}" for name in names]
    for path, image in zip(paths, made, strict=True):
        image.save_as(path, enforce_file_format=True)
    return paths


def ramps(shape: tuple[int, ...]) -> np.ndarray:
    """Return values of which every voxel of every volume has its own."""
    return np.arange(np.prod(shape)).reshape(shape) % 50000


def write_positron(folder: Path, activity: np.ndarray, **fields) -> list[Path]:
    """Write a PET series, (x, y, z, frames) in Bq/mL, injected two minutes before the scan."""
    drug = Dataset()
    drug.Radiopharmaceutical = "Fluorodeoxyglucose"
    drug.RadionuclideTotalDose, drug.RadionuclideHalfLife = "12500000", "6586.2"
    drug.RadiopharmaceuticalStartTime = clock(-120.0)
    drug.RadiopharmaceuticalStartDateTime = "20260314" + clock(-120.0)
    return write_series(
        folder,
        activity,
        spacing=60.0,
        kind=PositronEmissionTomographyImageStorage,
        **{
            "Modality": "PT",
            "Units": "BQML",
            "DecayCorrection": "ADMIN",
            "ActualFrameDuration": 60000,
            "RescaleSlope": 1,
            "RescaleIntercept": 0,
            "NumberOfSlices": activity.shape[2],
            "NumberOfTimeSlices": activity.shape[3],
            "RadiopharmaceuticalInformationSequence": [drug],
        }
        | fields,
    )


def item(**fields) -> list[Dataset]:
    """Return a sequence of one item."""
    made = Dataset()
    for name, value in fields.items():
        setattr(made, name, value)
    return [made]


def write_enhanced(path: Path, data: np.ndarray, *, spacing: float = 10.0, **fields) -> None:
    """Write (x, y, z, t) as one enhanced file of many frames, as newer scanners do."""
    image = dataset(kind=EnhancedMRImageStorage, SeriesNumber=1, InstanceNumber=1, **fields)
    for name in ("RepetitionTime", "EchoTime", "FlipAngle", "PixelSpacing", "SliceThickness",
                 "ImageOrientationPatient", "AcquisitionDate", "ScanningSequence"):  # fmt: skip
        delattr(image, name)
    image.SeriesInstanceUID, image.FrameOfReferenceUID = generate_uid(), generate_uid()
    image.SOPInstanceUID = image.file_meta.MediaStorageSOPInstanceUID = generate_uid()
    image.SeriesTime, image.AcquisitionDateTime = clock(0.0), "20260314" + clock(0.0)
    image.Columns, image.Rows = data.shape[:2]
    image.NumberOfFrames = data.shape[2] * data.shape[3]
    image.EchoPulseSequence, image.Spoiling = "GRADIENT", "RF"
    shared = Dataset()
    shared.PixelMeasuresSequence = item(PixelSpacing=[EDGE, EDGE], SliceThickness=THICK)
    shared.PlaneOrientationSequence = item(ImageOrientationPatient=[1, 0, 0, 0, 1, 0])
    shared.MREchoSequence = item(EffectiveEchoTime=2.0)
    shared.MRTimingAndRelatedParametersSequence = item(RepetitionTime=5.0, FlipAngle=15.0)
    image.SharedFunctionalGroupsSequence = [shared]
    frames = []
    for volume, place in np.ndindex(data.shape[3], data.shape[2]):
        frame = Dataset()
        frame.FrameContentSequence = item(
            FrameAcquisitionDateTime="20260314" + clock(volume * spacing),
            TemporalPositionIndex=volume + 1,
            InStackPositionNumber=place + 1,
            StackID="1",
            DimensionIndexValues=[1, place + 1, volume + 1],
        )
        frame.PlanePositionSequence = item(ImagePositionPatient=[-4.0, -3.0, place * THICK])
        frames.append(frame)
    image.PerFrameFunctionalGroupsSequence = frames
    image.DimensionOrganizationSequence = item(DimensionOrganizationUID="1.2.3.5")
    # Of stack, place in the stack and time.
    tags = (0x00209056, 0x00209057, 0x00209128)
    image.DimensionIndexSequence = [
        item(DimensionIndexPointer=tag, FunctionalGroupPointer=0x00209111)[0] for tag in tags
    ]
    image.PixelData = data.transpose(3, 2, 1, 0).astype("<u2").tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    image.save_as(path, enforce_file_format=True)
