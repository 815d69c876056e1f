"""A small BIDS study with known truth, made anew for each test that wants to spoil it."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from biomarkers.images import Image, write_image
from biomarkers.relaxometry import spgr_signal

SHAPE = (8, 8, 3)
B1 = 0.9
T1 = {1: 1.4, 2: 2.0}
ADC = {1: 0.8e-3, 2: 1.1e-3}
FLIPS = (3, 8, 15)
TR = 0.01
AFI_FLIP, AFI_TRS = 60.0, (0.01, 0.05)


@dataclass(frozen=True)
class SmallStudy:
    """Where the study lies, and how to reach into it."""

    root: Path

    def session(self, day: str = "00") -> Path:
        return self.root / "sub-01" / f"ses-day{day}"

    def file(self, name: str, day: str = "00") -> Path:
        """Return the one file of a session, raw or derived, whose name ends like this."""
        found = [
            path
            for path in self.root.rglob(f"sub-01_ses-day{day}*{name}")
            if path.name.endswith(name)
        ]
        assert len(found) == 1, found
        return found[0]


def grid(shape: tuple[int, ...] = SHAPE, edge: float = 0.5) -> Image:
    return Image(np.zeros(shape), np.diag([edge, edge, 1.0, 1.0]), "test grid")


def labels() -> np.ndarray:
    """Region 1 on the left, 2 on the right, nothing around them."""
    regions = np.zeros(SHAPE, dtype=int)
    regions[1:4, 1:7, :] = 1
    regions[4:7, 1:7, :] = 2
    return regions


def filled(values: dict[int, float]) -> np.ndarray:
    """Return a map that has the value of each region, 1 outside."""
    regions = labels()
    result = np.ones(SHAPE)
    for region, value in values.items():
        result[regions == region] = value
    return result


def write(path: Path, data: np.ndarray, sidecar: dict[str, object] | None = None) -> None:
    write_image(path, data, like=grid(data.shape[:3]), dtype=np.float64)
    if sidecar is not None:
        path.with_name(path.name.replace(".nii.gz", ".json")).write_text(json.dumps(sidecar))


def afi_signals(t1: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The steady state of Yarnykh 2007, equations 1 and 2."""
    short, long = (np.exp(-tr / t1) for tr in AFI_TRS)
    angle = np.radians(AFI_FLIP * B1)
    cos, sin = np.cos(angle), np.sin(angle)
    rest = 1 - short * long * cos**2
    first = sin * (1 - long + (1 - short) * long * cos) / rest
    second = sin * (1 - short + (1 - long) * short * cos) / rest
    return first, second


def write_session(root: Path, day: str) -> None:
    name = f"sub-01_ses-day{day}"
    raw = root / "sub-01" / f"ses-day{day}"
    t1 = filled(T1)
    for index, flip in enumerate(FLIPS, start=1):
        signal = spgr_signal(100.0, t1, tr=TR, flip_deg=flip, b1=B1)
        sidecar = {
            "FlipAngle": flip,
            "RepetitionTimeExcitation": TR,
            "PulseSequenceType": "spoiled gradient echo",
        }
        write(raw / "anat" / f"{name}_flip-{index}_VFA.nii.gz", signal, sidecar)
    for index, (signal, tr) in enumerate(zip(afi_signals(t1), AFI_TRS, strict=True), start=1):
        sidecar = {
            "FlipAngle": AFI_FLIP,
            "RepetitionTimeExcitation": tr,
            "PulseSequenceType": "spoiled gradient echo",
        }
        write(raw / "fmap" / f"{name}_acq-tr{index}_TB1AFI.nii.gz", signal, sidecar)
    derived = root / "derivatives" / "maps" / "sub-01" / f"ses-day{day}"
    write(derived / "anat" / f"{name}_dseg.nii.gz", labels().astype(float))
    write(derived / "dwi" / f"{name}_ADC.nii.gz", filled(ADC), {"Units": "mm2/s"})


@pytest.fixture
def small_study(tmp_path: Path) -> SmallStudy:
    root = tmp_path / "study"
    for day in ("00", "07"):
        write_session(root, day)
    (root / "sub-01" / "sub-01_sessions.tsv").write_text(
        "session_id\tdays\nses-day00\t0\nses-day07\t7\n"
    )
    (root / "participants.tsv").write_text("participant_id\tgroup\nsub-01\ttreated\n")
    (root / "derivatives" / "maps" / "dseg.tsv").write_text(
        "index\tname\n1\ttumor\n2\tmuscle\n3\tartery\n"
    )
    return SmallStudy(root)
