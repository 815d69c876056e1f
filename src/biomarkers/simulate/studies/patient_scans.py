"""The scans of a patient: simulated, and written under BIDS names with their sidecars."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.simulate.declaration import TISSUE, TrueValue
from biomarkers.simulate.documents import SEGMENTATION
from biomarkers.simulate.partial_volume import block_mean
from biomarkers.simulate.studies import patient_head as head
from biomarkers.simulate.studies import patient_mri as mri
from biomarkers.simulate.studies import patient_rgd as rgd
from biomarkers.simulate.studies.patient_day import BLOOD_T1, FACTORS, REGIONS, Placed
from biomarkers.simulate.writing import Session

# How a head lies differently on each day and in each scanner: standard deviation along each axis,
# mm, and about it, degrees; chosen.
_SHIFT_MM, _TURN_DEG = 1.5, 1.5


@dataclass(frozen=True, eq=False)
class Scene:
    """A patient in both scanners, and what differs from scan to scan."""

    in_mri: Placed
    in_pet: Placed
    acquisition: mri.Acquisition
    injection: rgd.Injection


def scene(session: Session) -> Scene:
    """Lay a patient into both scanners, and draw the regions on the images of each."""
    anatomy, values = head.draw_anatomy(session.lasting("head")), session.state.values
    places = {
        scanner: head.draw_pose(
            session.stream(f"place in {name}"), shift_mm=_SHIFT_MM, turn_deg=_TURN_DEG
        ).in_head(scanner.points())
        for name, scanner in (("MRI", mri.MRI), ("PET", rgd.PET))
    }
    voxels = values["volume"] / float(np.prod(mri.MRI.fine_mm))
    size = head.growth(anatomy, places[mri.MRI], round(voxels))
    seen, hot = (Placed(each, anatomy, places[each], size, values) for each in (mri.MRI, rgd.PET))
    for placed, folder, suffix in ((seen, "anat", "dseg"), (hot, "pet", "space-pet_dseg")):
        grid = placed.scanner.grid
        session.derived(SEGMENTATION, folder, suffix, placed.labels, grid, dtype=np.int16)
    acquisition = mri.draw_acquisition(session.stream("acquisition"))
    return Scene(seen, hot, acquisition, rgd.draw_injection(session.stream("injection")))


def flip_angles(session: Session, scene: Scene) -> None:
    """Write spoiled gradient echoes at several angles, for T1."""
    images = mri.vfa_images(scene.in_mri, scene.acquisition, session.stream("VFA"))
    for number, (echo, image) in enumerate(zip(mri.VFA, images, strict=True), start=1):
        _magnetic(session, "anat", f"flip-{number}_VFA", image, echo.sidecar())


def transmit_field(session: Session, scene: Scene) -> None:
    """Write a pair of actual flip-angle imaging, for B1."""
    images = mri.afi_images(scene.in_mri, scene.acquisition, session.stream("TB1AFI"))
    for number, (echo, image) in enumerate(zip(mri.AFI, images, strict=True), start=1):
        _magnetic(session, "fmap", f"acq-tr{number}_TB1AFI", image, echo.sidecar())


def dynamic(session: Session, scene: Scene) -> None:
    """Write a dynamic contrast-enhanced series."""
    series = mri.dce_series(scene.in_mri, scene.acquisition, session.stream("dce"))
    settings = mri.DCE.sidecar() | {
        "ContrastBolusIngredient": "GADOLINIUM",
        "ContrastAgentRelaxivity": mri.RELAXIVITY,
        "Hematocrit": mri.HEMATOCRIT,
        "BloodT1": BLOOD_T1,
        "VolumeTiming": [round(float(time), 2) for time in mri.DCE_TIMES],
    }
    _magnetic(session, "perf", "dce", series, settings, time_step=mri.DCE_STEP_S)


def uptake(session: Session, scene: Scene) -> None:
    """Write a static PET scan of a few frames."""
    weight = 1000.0 * session.subject.traits["weight_kg"]
    rng, begin = session.stream("pet"), scene.injection.begin_s
    image = rgd.frames(scene.in_pet, scene.injection, rng, weight_g=weight)
    settings = {
        "Modality": "PT",
        "TracerName": rgd.TRACER,
        "TracerRadionuclide": rgd.NUCLIDE,
        "InjectedRadioactivity": scene.injection.dose_mbq,
        "InjectedRadioactivityUnits": "MBq",
        "ModeOfAdministration": "bolus",
        "TimeZero": "10:00:00",
        "InjectionStart": 0,
        "ScanStart": begin,
        "FrameTimesStart": [begin + rgd.FRAME_S * frame for frame in range(rgd.FRAMES)],
        "FrameDuration": [rgd.FRAME_S] * rgd.FRAMES,
        "ImageDecayCorrected": True,
        "ImageDecayCorrectionTime": begin,
        "Units": "Bq/mL",
    }
    session.image("pet", "trc-RGD_pet", image, rgd.PET.grid, settings, time_step=rgd.FRAME_S)


SCANS: Mapping[str, Callable[[Session, Scene], None]] = MappingProxyType(
    {"VFA": flip_angles, "TB1AFI": transmit_field, "dce": dynamic, "pet": uptake}
)


def truth(session: Session, scene: Scene, scans: tuple[str, ...]) -> Iterator[TrueValue]:
    """Yield what the images were made of.

    A value is the median over the region, as drawn, of what its voxels hold; for the tumour that
    has the day's biological fluctuation in it. Uptake is the mean at the resolution of the scanner,
    but for names that end in `TISSUE`; a volume is that of the tissue.
    """
    del session, scans
    for region, label in REGIONS.items():
        drawn = scene.in_mri.labels == label
        for name, fine in (("T1", scene.in_mri.map("T1")), ("B1", scene.acquisition.b1)):
            yield region, name, float(np.median(block_mean(fine, FACTORS)[drawn]))
    for region in ("tumor", "contralateral"):
        for name, values in _perfusion(scene.in_mri, region).items():
            yield region, name, float(np.median(values))
    # What is not reached in the minutes of a series has a ve and a kep that nothing tells.
    for name, values in _exchange(scene.in_mri).items():
        yield "tumor", name, float(np.median(values))
    yield from _uptake(scene.in_pet)
    tumour = float(scene.in_mri.within("tumour").sum())
    yield "tumor", "volume", tumour * float(np.prod(mri.MRI.fine_mm))


def _perfusion(placed: Placed, region: str) -> dict[str, FloatArray]:
    drawn = placed.labels == REGIONS[region]
    return {name: block_mean(placed.map(name), FACTORS)[drawn] for name in ("Ktrans", "vp")}


def _exchange(placed: Placed) -> dict[str, FloatArray]:
    """Return ve and kep of the voxels of the tumour: of its tissue, not of normal brain."""
    drawn, tumour = placed.labels == REGIONS["tumor"], placed.within("tumour")
    ktrans, ve = (
        block_mean(np.where(tumour, placed.map(name), 0.0), FACTORS)[drawn]
        for name in ("Ktrans", "ve")
    )
    return {"ve": ve, "kep": ktrans / ve}


def _uptake(placed: Placed) -> Iterator[TrueValue]:
    tissue, seen = block_mean(placed.map("SUVmean"), FACTORS), rgd.at_resolution(placed)
    drawn = {name: placed.labels == REGIONS[name] for name in ("tumor", "contralateral")}
    for suffix, values in (("", seen), (TISSUE, tissue)):
        means = {name: float(values[inside].mean()) for name, inside in drawn.items()}
        for region, mean in means.items():
            yield region, f"SUVmean{suffix}", mean
        yield "tumor", f"TBR{suffix}", means["tumor"] / means["contralateral"]


def _magnetic(
    session: Session,
    folder: str,
    suffix: str,
    image: Any,
    settings: Mapping[str, Any],
    *,
    time_step: float | None = None,
) -> None:
    sidecar = {"MagneticFieldStrength": mri.FIELD_T, **settings}
    session.image(folder, suffix, image, mri.MRI.grid, sidecar, time_step=time_step)
