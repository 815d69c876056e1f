"""The scans of a rat: simulated, and written under BIDS names with their sidecars."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from biomarkers.files import write_json
from biomarkers.simulate import pet
from biomarkers.simulate.declaration import TISSUE, TrueValue
from biomarkers.simulate.documents import SEGMENTATION
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import rat_iron as iron
from biomarkers.simulate.studies import rat_scanner as scanner
from biomarkers.simulate.studies import rat_tracer as tracer
from biomarkers.simulate.studies.rat_head import (
    BLOOD_T1,
    FACTORS,
    REGIONS,
    Phantom,
    build,
    draw_head,
    grid,
)
from biomarkers.simulate.writing import Session
from biomarkers.table import write_table

# Relative standard deviation of one voxel of an ADC map.
ADC_NOISE = 0.06


@dataclass(frozen=True, eq=False)
class Scene:
    """A rat in the scanner: what is true, and what differs from scan to scan."""

    phantom: Phantom
    acquisition: scanner.Acquisition


def scene(session: Session) -> Scene:
    """Put a rat into the scanner, and draw the regions of its head."""
    head = draw_head(session.lasting("head"))
    phantom = build(head, session.state.values)
    labels = phantom.labels
    session.derived(SEGMENTATION, "anat", "dseg", labels, grid(), dtype=np.int16)
    return Scene(phantom, scanner.draw_acquisition(session.stream("acquisition")))


def anatomy(session: Session, scene: Scene) -> None:
    """Write a T2-weighted image."""
    image = scanner.anatomical_image(scene.phantom, scene.acquisition, session.stream("T2w"))
    settings = {
        "PulseSequenceType": "spin echo",
        "RepetitionTime": scanner.T2W_TR,
        "EchoTime": scanner.T2W_TE,
    }
    session.image("anat", "T2w", image, grid(), _magnetic(settings))


def flip_angles(session: Session, scene: Scene) -> None:
    """Write spoiled gradient echoes at several angles, for T1."""
    images = scanner.vfa_images(scene.phantom, scene.acquisition, session.stream("VFA"))
    for number, (echo, image) in enumerate(zip(scanner.VFA, images, strict=True), start=1):
        suffix = f"flip-{number}_VFA"
        session.image("anat", suffix, image, grid(), _magnetic(echo.sidecar()))


def transmit_field(session: Session, scene: Scene) -> None:
    """Write a pair of actual flip-angle imaging, for B1."""
    images = scanner.afi_images(scene.phantom, scene.acquisition, session.stream("TB1AFI"))
    for number, (echo, image) in enumerate(zip(scanner.AFI, images, strict=True), start=1):
        suffix = f"acq-tr{number}_TB1AFI"
        session.image("fmap", suffix, image, grid(), _magnetic(echo.sidecar()))


def dynamic(session: Session, scene: Scene) -> None:
    """Write a dynamic contrast-enhanced series."""
    series = scanner.dce_series(scene.phantom, scene.acquisition, session.stream("dce"))
    settings = scanner.DCE.sidecar() | {
        "ContrastBolusIngredient": "GADOLINIUM",
        "ContrastAgentRelaxivity": scanner.RELAXIVITY,
        "Hematocrit": scanner.HEMATOCRIT,
        "BloodT1": BLOOD_T1,
        "VolumeTiming": [round(float(time), 2) for time in scanner.DCE_TIMES],
    }
    step = scanner.DCE_STEP_S
    session.image("perf", "dce", series, grid(), _magnetic(settings), time_step=step)


def iron_oxide(session: Session, scene: Scene) -> None:
    """Write echoes before and after an iron oxide."""
    for train in (iron.MEGRE, iron.MESE):
        rng = session.stream(train.suffix)
        images = iron.echo_images(scene.phantom, scene.acquisition, train, rng)
        for when, number, image in images:
            suffix = f"acq-{when}_ce-{iron.AGENT}_echo-{number}_{train.suffix}"
            settings = {
                "PulseSequenceType": train.sequence,
                "FlipAngle": train.flip,
                "RepetitionTime": train.tr,
                "EchoTime": train.te[number - 1],
                "ContrastBolusIngredient": "IRON OXIDE",
                "DoseMgFePerKg": iron.DOSE_MG_FE_KG,
            }
            session.image("anat", suffix, image, grid(), _magnetic(settings))


def diffusion(session: Session, scene: Scene) -> None:
    """Write a diffusion-weighted series."""
    series = scanner.diffusion_series(scene.phantom, scene.acquisition, session.stream("dwi"))
    settings = {
        "PulseSequenceType": "spin echo",
        "RepetitionTime": scanner.DWI_TR,
        "EchoTime": scanner.DWI_TE,
    }
    session.image("dwi", "dwi", series, grid(), _magnetic(settings))
    scanner.DWI.write(session.path("dwi", "dwi"))


def static_uptake(session: Session, scene: Scene) -> None:
    """Write a static scan with FLT."""
    _tracer(session, scene, tracer.STATIC)


def dynamic_uptake(session: Session, scene: Scene) -> None:
    """Write a dynamic scan with FLT, and the samples of blood."""
    kbq_per_suv = _tracer(session, scene, tracer.DYNAMIC)
    rng = session.stream("blood")
    times = np.array(tracer.SAMPLE_TIMES)
    clean = kbq_per_suv * tracer.plasma(times)
    levels = clean * (1.0 + tracer.SAMPLE_ERROR * rng.normal(size=(2, len(times))))
    names = ("whole_blood_radioactivity", "plasma_radioactivity")
    table = pd.DataFrame({"time": times} | dict(zip(names, levels, strict=True)))
    path = session.path("pet", "recording-manual_blood")
    write_table(table, path.with_suffix(".tsv"))
    units = {"time": "s"} | dict.fromkeys(names, "kBq/mL")
    said = {"PlasmaAvail": True, "WholeBloodAvail": True, "MetaboliteAvail": False}
    described = {name: {"Units": unit} for name, unit in units.items()}
    write_json(path.with_suffix(".json"), said | described)


def _tracer(session: Session, scene: Scene, frames: pet.Frames) -> float:
    """Write a scan and its regions; return the activity of an SUV of 1, kBq/mL."""
    rng = session.stream("FLT")
    dose = float(rng.normal(*tracer.DOSE_MBQ))
    kbq_per_suv = 1e3 * dose / float(session.subject.traits["weight_g"])
    taken = tracer.take_up(scene.phantom, frames)
    image = tracer.scanned(taken, frames, kbq_per_suv, rng)
    settings = frames.sidecar(tracer=tracer.TRACER, dose_mbq=dose)
    static = len(frames.start) == 1
    image = image[..., 0] if static else image
    session.image("pet", "pet", image, tracer.grid(), settings, dtype=np.float32)
    regions = tracer.labels(scene.phantom)
    session.derived(SEGMENTATION, "pet", "space-pet_dseg", regions, tracer.grid(), dtype=np.int16)
    return kbq_per_suv


def given_adc(session: Session, scene: Scene) -> None:
    """Write an ADC map as another program would have left it; NaN in air."""
    phantom = scene.phantom
    truth = phantom.samples.mean(phantom.at("ADC"))
    truth[truth == 0] = np.nan
    noise = session.stream("ADC").normal(size=truth.shape)
    said = {"Units": "mm^2/s", "Description": "apparent diffusion coefficient, simulated"}
    image = truth * (1.0 + ADC_NOISE * noise)
    session.derived("adc", "dwi", "ADC", image, grid(), sidecar=said)


SCANS = MappingProxyType(
    {
        "T2w": anatomy,
        "VFA": flip_angles,
        "TB1AFI": transmit_field,
        "dce": dynamic,
        "iron_oxide": iron_oxide,
        "dwi": diffusion,
        "flt_dynamic": dynamic_uptake,
        "flt": static_uptake,
        "ADC": given_adc,
    }
)

# What another laboratory would have: one static scan, and ADC maps of another program.
OPTIONAL = ("flt", "ADC")

_TISSUE = ("Ktrans", "kep", "ve", "vp", "CBV", "ADC", "T1")
_PARAMETERS = {"tumor": _TISSUE, "contralateral": _TISSUE, "artery": ("T1",)}


def truth(session: Session, scene: Scene, scans: tuple[str, ...]) -> Iterator[TrueValue]:
    """Yield what the images were made of.

    A value is the median over the region, as drawn, of what its voxels hold; for the tumour that
    has the day's biological fluctuation in it. Uptake is the mean at the resolution of the scanner,
    a volume that of the tissue.
    """
    del session
    phantom = scene.phantom
    if {"flt", "flt_dynamic"} & set(scans):
        yield from _true_uptake(phantom)
    for region, parameters in _PARAMETERS.items():
        for name in parameters:
            yield region, name, phantom.median(region, name)
        yield region, "B1", phantom.median_of(region, scene.acquisition.b1)
        yield region, "volume", phantom.volume(region)
        if region != "artery":
            yield region, "VSI", phantom.median_of(region, iron.vessel_radius(phantom))


def _true_uptake(phantom: Phantom) -> Iterator[TrueValue]:
    """Yield the uptake over the scanner's own regions: of its image without noise, and of tissue.

    Names of the latter end in `TISSUE`.
    """
    taken, regions = tracer.take_up(phantom, tracer.STATIC), tracer.labels(phantom)
    tissue = block_mean(taken.suv, tracer.FACTORS_OF_FINE)
    suv = tracer.at_resolution(taken.curves)[..., 0]
    ki = tracer.at_resolution(block_mean(taken.ki, FACTORS))
    drawn = {name: regions == REGIONS[name] for name in _PARAMETERS}
    for suffix, values in (("", suv), (TISSUE, tissue)):
        means = {name: float(values[inside].mean()) for name, inside in drawn.items()}
        for region, mean in means.items():
            yield region, f"SUVmean{suffix}", mean
            yield region, f"TBR{suffix}", mean / means["contralateral"]
    for region in ("tumor", "contralateral"):
        yield region, "Ki", float(np.median(ki[drawn[region]]))


def _magnetic(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {"MagneticFieldStrength": scanner.FIELD_T, **settings}
