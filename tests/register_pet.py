"""Every argument with a unit of the calls of PET, each with a sane value."""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from biomarkers import pet
from biomarkers.images import Image
from biomarkers.kinetics import MODELS, Input
from biomarkers.timing import Frames
from register_walks import Argument, arguments

EDGES = np.r_[np.arange(0.0, 61.0, 10.0), 90, 120, 180, 240, np.arange(300.0, 5401.0, 300.0)]
FRAMES = Frames(EDGES[:-1], np.diff(EDGES))
KNOTS = np.r_[np.arange(0.0, 120.0, 2.0), np.arange(120.0, 5401.0, 20.0)]
SINCE = np.maximum(KNOTS - 10.0, 0.0)
BLOOD = 2.0 * SINCE * np.exp(-SINCE / 40.0) + 3.0 * (1 - np.exp(-SINCE / 60.0))
RATES = {"K1": 0.1, "k2": np.array([0.1, 0.2]), "k3": 0.05, "k4": 0.03, "vB": 0.05}
RAT, HUMAN = "rattus norvegicus", "homo sapiens"


@cache
def curves() -> Any:
    """Return those of two regions, when they are needed: they take compiled code."""
    return MODELS["2tcm"].predict(RATES, FRAMES, Input(KNOTS, plasma=BLOOD, blood=BLOOD))


def scan(weight_g: Any, dose_mbq: Any, activity: Any, frames: Frames, **body: Any) -> pet.Scan:
    """Return a scan of one activity everywhere."""
    data = np.full((4, 4, 4, len(frames)), float(activity))
    image = Image(data, np.eye(4), "rat_pet.nii.gz", "kBq/mL")
    whose = pet.Body(weight_g=float(weight_g), **body)
    return pet.Scan(image, frames, pet.nuclide("F18"), dose_mbq=float(dose_mbq), body=whose)


def scans() -> Iterator[Argument]:
    """Yield what a static scan needs."""

    def suv(times: Any, together: Any, **given: Any) -> Any:
        frames = Frames([2400.0 * times], [600.0 * times])
        given["dose_mbq"] = given["dose_mbq"] * together
        return pet.suv(scan(frames=frames, species=RAT, **given))

    sane = {"weight_g": 251.0, "dose_mbq": 20.0, "activity": 200.0, "times": 1.0, "together": 1.0}
    of = {"weight_g": "body_weight", "dose_mbq": "injected_dose", "activity": "activity",
          "times": "half_lives", "together": "dose_per_weight"}  # fmt: skip
    said = {"weight_g": "weight", "dose_mbq": "dose", "activity": "activity is|image holds",
            "times": "times|end of the scan", "together": "dose per weight"}  # fmt: skip
    yield from arguments(suv, sane, of, said)

    def window(window: Any) -> Any:
        return pet.suv(scan(251.0, 20.0, 200.0, FRAMES, species=RAT), window=tuple(window))

    said = {"window": "window|no frame has its middle between"}
    yield from arguments(
        window, {"window": np.array([2400.0, 3600.0])}, {"window": "scan_end"}, said
    )
    for kind in ("lbm-janmahasatian", "lbm-james", "bsa"):

        def lean(height_cm: Any, kind: str = kind) -> Any:
            whose = {"species": HUMAN, "sex": "f", "height_cm": float(height_cm)}
            late = Frames([3600.0], [600.0])
            return pet.suv(scan(70000.0, 370.0, 5.0, late, **whose), kind=kind)

        yield from arguments(lean, {"height_cm": 175.0}, {"height_cm": "body_height"})


def headers() -> Iterator[Argument]:
    """Yield what DICOM headers say of time."""

    def timing(frame_duration_ms: Any, half_life: Any) -> Any:
        headers = pet.DicomTimes(
            decay_correction="START",
            series="20240201104000",
            acquisition=("20240201104000",),
            frame_duration_ms=frame_duration_ms,
            half_life=float(half_life),
            start_datetime="20240201094000",
        )
        return pet.bids_timing(headers)

    sane = {"frame_duration_ms": np.array([300000.0]), "half_life": 6586.2}
    of = {"frame_duration_ms": "frame_duration", "half_life": "half_lives"}
    said = {
        "frame_duration_ms": "Actual Frame Duration",
        "half_life": "Radionuclide Half Life|half-li",
    }
    yield from arguments(timing, sane, of, said)


def kinetics() -> Iterator[Argument]:
    """Yield the times and scales of curves and input: both in one other scale change no result."""
    # fmt: off
    of = {"clock": "scan_end", "frames": "frame_duration", "input_time": "scan_end",
          "level": "activity", "tacs": "activity"}
    said = {"clock": "the longest frame|end of the scan", "frames": "the longest frame|the scan",
            "input_time": "input (ends|begins)", "level": "activity", "tacs": "activity"}
    # fmt: on
    for model in ("1tcm", "2tcm", "logan", "patlak"):

        def fit(clock: Any, frames: Any, input_time: Any, level: Any, tacs: Any,
                model: str = model) -> Any:  # fmt: skip
            times = Frames(FRAMES.start * frames * clock, FRAMES.duration * frames * clock)
            source = Input(KNOTS * input_time * clock, plasma=BLOOD * level, blood=BLOOD * level)
            return pet.fit(curves() * tacs, times, source, model=model).table

        yield from arguments(fit, dict.fromkeys(of, 1.0), of, said, place=model)
