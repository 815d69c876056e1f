"""The images of a session under BIDS names, each with its sidecar."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from biomarkers.files import write_json
from biomarkers.images import write_image
from biomarkers.simulate import iron, signal
from biomarkers.simulate.phantom import BLOOD_T1, Phantom, grid

FloatArray = npt.NDArray[np.float64]
Sidecar = Mapping[str, Any]

SEGMENTATION = Path("derivatives") / "segmentation"
ADC = Path("derivatives") / "adc"


def session_label(day: int) -> str:
    """Return the label of a session, without `ses-`."""
    return f"day{day:02d}"


class SessionWriter:
    """Writes the files of one subject on one day.

    Parameters
    ----------
    root
        Folder of the study.
    subject
        Label, without `sub-`.
    day
        Day of the study.

    """

    def __init__(self, root: Path, subject: str, day: int) -> None:
        self.root = root
        self.place = Path(f"sub-{subject}") / f"ses-{session_label(day)}"
        self.stem = f"sub-{subject}_ses-{session_label(day)}"

    def raw(
        self, phantom: Phantom, acquisition: signal.Acquisition, rng: np.random.Generator
    ) -> None:
        """Simulate and write everything that came from the scanner."""
        self._image("anat", "T2w", signal.anatomical_image(phantom, acquisition, rng), _spin_echo())
        vfa = signal.vfa_images(phantom, acquisition, rng)
        for number, (echo, image) in enumerate(zip(signal.VFA, vfa, strict=True), start=1):
            self._image("anat", f"flip-{number}_VFA", image, _gradient_echo(echo))
        afi = signal.afi_images(phantom, acquisition, rng)
        for number, (echo, image) in enumerate(zip(signal.AFI, afi, strict=True), start=1):
            self._image("fmap", f"acq-tr{number}_TB1AFI", image, _gradient_echo(echo))
        self._image("perf", "dce", signal.dce_series(phantom, acquisition, rng), _dynamic())

    def iron(
        self, phantom: Phantom, acquisition: signal.Acquisition, rng: np.random.Generator
    ) -> None:
        """Simulate and write the echoes before and after an iron oxide."""
        for train in (iron.MEGRE, iron.MESE):
            for when, number, image in iron.echo_images(phantom, acquisition, train, rng):
                suffix = f"acq-{when}_ce-{iron.AGENT}_echo-{number}_{train.suffix}"
                self._image("anat", suffix, image, _echo(train, number))

    def derived(self, phantom: Phantom, rng: np.random.Generator) -> None:
        """Write the label map and the ADC map, as other programs would have left them."""
        labels = self.root / SEGMENTATION / self.place / "anat" / f"{self.stem}_dseg.nii.gz"
        write_image(labels, phantom.labels, grid(), dtype=np.int16)
        adc = self.root / ADC / self.place / "dwi" / f"{self.stem}_ADC"
        write_image(adc.with_suffix(".nii.gz"), signal.adc_map(phantom, rng), grid())
        write_json(
            adc.with_suffix(".json"),
            {"Units": "mm^2/s", "Description": "apparent diffusion coefficient, simulated"},
        )

    def _image(self, kind: str, suffix: str, data: FloatArray, sidecar: Sidecar) -> None:
        path = self.root / self.place / kind / f"{self.stem}_{suffix}"
        step = signal.DCE_STEP_S if data.ndim == 4 else None
        write_image(path.with_suffix(".nii.gz"), data, grid(), dtype=np.int16, time_step=step)
        common = {"MagneticFieldStrength": signal.FIELD_T, "Manufacturer": "simulated"}
        write_json(path.with_suffix(".json"), common | dict(sidecar))


def _spin_echo() -> dict[str, Any]:
    return {
        "PulseSequenceType": "spin echo",
        "RepetitionTime": signal.T2W_TR,
        "EchoTime": signal.T2W_TE,
    }


def _gradient_echo(echo: signal.GradientEcho) -> dict[str, Any]:
    return {
        "PulseSequenceType": "spoiled gradient echo",
        "SpoilingState": True,
        "MRAcquisitionType": "3D",
        "FlipAngle": echo.flip,
        "RepetitionTimeExcitation": echo.tr,
        "EchoTime": echo.te,
    }


def _echo(train: iron.EchoTrain, number: int) -> dict[str, Any]:
    return {
        "PulseSequenceType": train.sequence,
        "FlipAngle": train.flip,
        "RepetitionTime": train.tr,
        "EchoTime": train.te[number - 1],
        "ContrastBolusIngredient": "IRON OXIDE",
        "DoseMgFePerKg": iron.DOSE_MG_FE_KG,
    }


def _dynamic() -> dict[str, Any]:
    return _gradient_echo(signal.DCE) | {
        "ContrastBolusIngredient": "GADOLINIUM",
        "ContrastAgentRelaxivity": signal.RELAXIVITY,
        "Hematocrit": signal.HEMATOCRIT,
        "BloodT1": BLOOD_T1,
        "VolumeTiming": [round(float(time), 2) for time in signal.DCE_TIMES],
    }
