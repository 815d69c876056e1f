"""Scans of Bruker ParaVision as it writes them, with pixels and parameters that are known."""

from pathlib import Path

import numpy as np

SECRETS = {
    "VisuSubjectName": "Dough_Jane",
    "VisuSubjectId": "HOSP4711",
    "VisuSubjectComment": "glioma of Jane",
    "VisuSubjectBirthDate": "24 Dec 1970",
    "VisuStudyId": "STUDY1618",
    "VisuStudyUid": "2.16.756.5.5.100.77001",
    "VisuInstitution": "Saint Elsewhere",
    "VisuStation": "MRBASEMENT",
    "VisuStudyReferringPhysician": "Strange Stephen",
    "VisuStudyDate": "17:41:53 14 Mar 2026",
    "VisuAcqDate": "17:52:11 14 Mar 2026",
    "VisuAcquisitionProtocol": "T2 of Jane",
}
OWNER = "nightshift_nina"
FOV, THICK = 16.0, 1.5


def jcamp(path: Path, parameters: dict[str, object]) -> None:
    """Write parameters as JCAMP-DX; a text is quoted, an array has its size before it."""
    lines = ["##TITLE=Parameter List", "##JCAMPDX=4.24", "##DATATYPE=Parameter Values"]
    lines += ["##ORIGIN=Bruker BioSpin MRI GmbH", f"##OWNER={OWNER}"]
    for name, value in parameters.items():
        lines.append(f"##${name}={_spelled(value)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, "##END=", ""]))


def _spelled(value: object) -> str:
    if isinstance(value, str) and value.startswith("_enum "):
        return value.removeprefix("_enum ")
    if isinstance(value, str):
        return f"( 65 )\n<{value}>"
    if isinstance(value, list) and isinstance(value[0], str):
        return f"( {len(value)} )\n" + " ".join(value)
    if isinstance(value, list | np.ndarray):
        array = np.asarray(value)
        size = ", ".join(map(str, array.shape))
        return f"( {size} )\n" + " ".join(f"{each:.12g}" for each in array.ravel())
    return str(value)


def write_scan(
    folder: Path,
    stored: np.ndarray,
    *,
    groups: list[tuple[int, str]],
    slope=1.0,
    offset=0.0,
    orientation=None,
    position=None,
    weight: float = 0.25,
    version: str = "6.0.1",
    visu=None,
    method=None,
    acqp=None,
) -> Path:
    """Write a scan of 2-D frames, (x, y, frames), int16; returns its folder.

    `groups` are sizes and names of the groups of frames, the fastest first; slope, offset,
    orientation and position may differ from frame to frame.
    """
    frames = stored.shape[2]
    reconstruction = folder / "pdata" / "1"
    per_frame = {
        "VisuCoreDataSlope": np.broadcast_to(slope, frames),
        "VisuCoreDataOffs": np.broadcast_to(offset, frames),
    }
    slices = next((size for size, name in groups if name == "FG_SLICE"), 1)
    if position is None:
        position = [[-8.0, -6.0, THICK * (place - 1)] for place in range(slices)]
    if orientation is None:
        orientation = np.eye(3)
    parameters = {
        "VisuVersion": 3,
        "VisuCreator": "ParaVision",
        "VisuCreatorVersion": version,
        "VisuCoreFrameCount": frames,
        "VisuCoreDim": 2,
        "VisuCoreSize": list(stored.shape[:2]),
        "VisuCoreDimDesc": ["spatial", "spatial"],
        "VisuCoreExtent": [FOV, FOV * stored.shape[1] / stored.shape[0]],
        "VisuCoreFrameThickness": [THICK],
        "VisuCoreOrientation": np.broadcast_to(
            np.reshape(orientation, (-1, 9)), (len(position), 9)
        ),
        "VisuCorePosition": np.array(position),
        **per_frame,
        "VisuCoreWordType": "_enum _16BIT_SGN_INT",
        "VisuCoreByteOrder": "_enum littleEndian",
        "VisuFGOrderDescDim": len(groups),
        "VisuFGOrderDesc": [f"({size}, <{name}>, <>, 0, 2)" for size, name in groups],
        **SECRETS,
        "VisuSubjectWeight": weight,
        "VisuAcqSequenceName": "Bruker:FLASH",
        "VisuAcqImagingFrequency": 300.3395569,
        "VisuAcqImagedNucleus": "1H",
        "VisuAcqRepetitionTime": [5],
        "VisuAcqEchoTime": [2.0],
        "VisuAcqFlipAngle": 15,
        "VisuAcqScanTime": 40000,
    }
    jcamp(reconstruction / "visu_pars", parameters | (visu or {}))
    jcamp(folder / "method", {"Method": "_enum <Bruker:FLASH>"} | (method or {}))
    jcamp(folder / "acqp", {"ACQ_completed": "_enum Yes"} | (acqp or {}))
    (reconstruction / "2dseq").write_bytes(stored.astype("<i2").tobytes(order="F"))
    return folder
