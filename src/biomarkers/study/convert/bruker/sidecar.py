"""What the sidecar of a Bruker scan says, from its parameters; everything else stays behind."""

from importlib.metadata import version
from typing import Any

from biomarkers.study.convert.agent import agent_in
from biomarkers.study.convert.bruker.images import groups
from biomarkers.study.convert.bruker.parameters import Parameters
from biomarkers.study.convert.series import body_weight

# Precession of protons, MHz/T (CODATA 2018), from which the field follows.
_MHZ_PER_TESLA = 42.577478518
# Methods of ParaVision by what they read.
_METHODS = {
    "GR": ("FLASH", "MGE", "FISP", "UTE", "IG_FLASH"),
    "SE": ("RARE", "MSME", "SPIN"),
    "EP": ("EPI",),
}
_TYPES = {"EP": "echo planar", "SE": "spin echo"}
_MS = 1e-3
# Groups of frames that follow each other in time.
_IN_TIME = ("FG_CYCLE", "FG_TIME", "FG_MOVIE")


def sequence(scan: Parameters) -> str:
    """Return `EP`, `GR` or `SE` by the name of the method; empty if it is another."""
    name = (scan.text("VisuAcqSequenceName") + " " + scan.text("Method")).upper()
    for kind in ("EP", "GR", "SE"):
        if any(method in name for method in _METHODS[kind]):
            return kind
    return ""


def sidecar(scan: Parameters, *, echo: int, volumes: int) -> dict[str, Any]:
    """Return the sidecar of an image of a scan.

    `RepetitionTimeExcitation` is the TR of the sequence; when each volume was acquired is in
    `VolumeTiming`, `FrameTimesStart` and `FrameDuration`.
    """
    frequency, name = scan.number("VisuAcqImagingFrequency"), scan.text("VisuAcqSequenceName")
    is_flash = sequence(scan) == "GR" and "FLASH" in name.upper() + scan.text("Method").upper()
    times, tr = frame_times(scan, volumes), scan.number("VisuAcqRepetitionTime", scale=_MS)
    echoes = scan.numbers("VisuAcqEchoTime") * _MS
    weight = body_weight(scan.number("VisuSubjectWeight"))
    is_proton = "1H" in scan.text("VisuAcqImagedNucleus")
    known = {
        "Modality": "MR",
        "Manufacturer": "Bruker",
        "SoftwareVersions": scan.text("VisuCreatorVersion"),
        "MagneticFieldStrength": round(frequency / _MHZ_PER_TESLA, 3)
        if frequency and is_proton
        else None,
        "MRAcquisitionType": {2: "2D", 3: "3D"}.get(int(scan.number("VisuCoreDim") or 0)),
        "PulseSequenceDetails": name,
        "PulseSequenceType": "spoiled gradient echo" if is_flash else _TYPES.get(sequence(scan)),
        "FlipAngle": scan.number("VisuAcqFlipAngle"),
        "EchoTime": float(f"{echoes[min(echo, len(echoes) - 1)]:.10g}") if echoes.size else None,
        "RepetitionTimeExcitation": tr,
        "RepetitionTime": tr if volumes == 1 or "FG_DIFFUSION" in groups(scan) else None,
        "EchoTrainLength": scan.number("VisuAcqEchoTrainLength"),
        "NumberOfAverages": scan.number("VisuAcqNumberOfAverages"),
        "PixelBandwidth": scan.number("VisuAcqPixelBandwidth"),
        "SliceThickness": scan.number("VisuCoreFrameThickness"),
        "ContrastBolusAgent": agent_in(scan.text("VisuContrastAgentName")),
        "PatientWeight": weight,
        "PatientSex": {"MALE": "M", "FEMALE": "F"}.get(scan.text("VisuSubjectSex")),
        **times,
        **slice_timing(scan, volumes),
        "ConversionSoftware": "brukerapi",
        "ConversionSoftwareVersion": version("brukerapi"),
    }
    return {key: value for key, value in known.items() if value not in (None, "")}


def slice_timing(scan: Parameters, volumes: int) -> dict[str, Any]:
    """Return when each slice of a volume is acquired, s: echo planar slices share a TR evenly.

    Other sequences read all slices at every step; nothing is returned for them, nor where a volume
    takes several shots.
    """
    order, tr = scan.numbers("ACQ_obj_order"), scan.number("VisuAcqRepetitionTime", scale=_MS)
    in_turn = sorted(order) == list(range(len(order)))
    shots = scan.number("NSegments", "PVM_EpiNShots") or 1.0
    if volumes < 2 or sequence(scan) != "EP" or shots > 1 or not (in_turn and tr) or len(order) < 2:
        return {}
    offsets = [0.0] * len(order)
    for turn, place in enumerate(order.astype(int)):
        offsets[place] = float(f"{turn * tr / len(order):.10g}")
    return {"SliceTiming": offsets, "SliceEncodingDirection": "k"}


def frame_times(scan: Parameters, volumes: int) -> dict[str, Any]:
    """Return onsets and lengths of volumes, s: the time of the scan in equal parts.

    Nothing is returned where volumes do not follow each other in time.
    """
    lasted = scan.number("VisuAcqScanTime", "PVM_ScanTime", scale=_MS)
    if volumes < 2 or not lasted or any(name not in _IN_TIME for name in groups(scan)):
        return {}
    each = lasted / volumes
    onsets = [float(f"{number * each:.10g}") for number in range(volumes)]
    return {
        "VolumeTiming": onsets,
        "FrameTimesStart": onsets,
        "FrameDuration": [float(f"{each:.10g}")] * volumes,
    }
