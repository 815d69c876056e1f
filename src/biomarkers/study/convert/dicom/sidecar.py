"""What the sidecar of an image says, from its headers; everything else stays behind."""

from typing import Any

from biomarkers.study.convert.agent import agent_in
from biomarkers.study.convert.dicom.header import Header
from biomarkers.study.convert.dicom.slices import Stack
from biomarkers.study.convert.dicom.times import frame_times
from biomarkers.study.convert.series import body_weight

# Keys of BIDS and the keywords of DICOM: words that scanners write, not people.
_WORDS = {
    "Modality": "Modality",
    "Manufacturer": "Manufacturer",
    "ManufacturersModelName": "ManufacturerModelName",
    "SoftwareVersions": "SoftwareVersions",
    "MRAcquisitionType": "MRAcquisitionType",
    "ScanningSequence": "ScanningSequence",
    "SequenceVariant": "SequenceVariant",
    "ContrastBolusIngredient": "ContrastBolusIngredient",
    "PatientSex": "PatientSex",
}
# Numbers, and what brings them to the unit of BIDS (ms to s).
_NUMBERS: dict[str, tuple[tuple[str, ...], float]] = {
    "MagneticFieldStrength": (("MagneticFieldStrength",), 1.0),
    "FlipAngle": (("FlipAngle",), 1.0),
    "EchoTime": (("EffectiveEchoTime", "EchoTime"), 1e-3),
    "RepetitionTimeExcitation": (("RepetitionTime",), 1e-3),
    "InversionTime": (("InversionTimes", "InversionTime"), 1e-3),
    "EchoTrainLength": (("EchoTrainLength",), 1.0),
    "NumberOfAverages": (("NumberOfAverages",), 1.0),
    "PixelBandwidth": (("PixelBandwidth",), 1.0),
    "SliceThickness": (("SliceThickness",), 1.0),
    "ContrastBolusVolume": (("ContrastBolusVolume",), 1.0),
    "ContrastBolusTotalDose": (("ContrastBolusTotalDose",), 1.0),
    "ContrastBolusIngredientConcentration": (("ContrastBolusIngredientConcentration",), 1.0),
    "ContrastFlowRate": (("ContrastFlowRate",), 1.0),
    "PatientSize": (("PatientSize",), 1.0),
}


def sequence(header: Header) -> str:
    """Return `EP`, `GR` or `SE`: echo planar, gradient echo or spin echo; empty if unknown."""
    words = header.text("ScanningSequence").split("\\")
    if header.text("EchoPlanarPulseSequence") == "YES":
        words.append("EP")
    words += {"GRADIENT": ["GR"], "SPIN": ["SE"]}.get(header.text("EchoPulseSequence"), [])
    return next((each for each in ("EP", "GR", "SE") if each in words), "")


def acquisition(image: Stack) -> dict[str, Any]:
    """Return how an image was acquired, as far as its headers tell."""
    header = image.header
    words = {key: header.text(keyword) for key, keyword in _WORDS.items()}
    numbers = {key: header.number(*names, scale=scale) for key, (names, scale) in _NUMBERS.items()}
    weight = body_weight(header.number("PatientWeight"))
    known = {
        **{key: value for key, value in words.items() if value},
        **{key: _tidy(value) for key, value in numbers.items() if value},
        "PulseSequenceType": _sequence_type(header),
        "ContrastBolusAgent": agent_in(header.text("ContrastBolusAgent")),
        "PatientWeight": weight,
    }
    return {key: value for key, value in known.items() if value}


def magnetic_resonance(image: Stack) -> dict[str, Any]:
    """Return the sidecar of an image of magnetic resonance.

    `RepetitionTimeExcitation` is the TR of the sequence. `RepetitionTime` is left out of dynamic
    series, where other programs mean the spacing of volumes by it; that is in `VolumeTiming`.
    """
    known, weighted = acquisition(image), is_diffusion(image)
    times = {} if weighted else frame_times(image)
    if "RepetitionTimeExcitation" in known and (weighted or len(image.volumes) == 1):
        known["RepetitionTime"] = known["RepetitionTimeExcitation"]
    return known | times


def is_diffusion(image: Stack) -> bool:
    """Whether an image was weighted by diffusion."""
    return any(each.b_value for each in image.slices)


def _sequence_type(header: Header) -> str:
    kind = sequence(header)
    variants = header.text("SequenceVariant", "Spoiling").upper().split("\\")
    if kind == "GR":
        return "spoiled gradient echo" if {"SP", "RF", "RF_AND_GRADIENT"} & {*variants} else ""
    return {"EP": "echo planar", "SE": "spin echo"}.get(kind, "")


def _tidy(value: float) -> float:
    """Undo what a factor of 0.001 adds: 0.005, not 0.005000000000000001."""
    return float(f"{value:.10g}")
