# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # From scanner files to Ktrans, CBV and SUV
#
# One rat, from the files of two scanners to maps of permeability, blood volume and tracer uptake:
# once by hand, call by call, and once by a single command. All is simulated, so the truth is known.

# %%
import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np
import pandas as pd
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, PositronEmissionTomographyImageStorage, generate_uid

from biomarkers import cbv, dce, pet, simulate, study
from biomarkers.images import read_image, read_labels, read_series
from biomarkers.relaxometry import afi_map

plt.style.use("biomarkers.figures")

# %% [markdown]
# ## What the scanners left
#
# **MRI.** A rat with glioma at 7 T: flip angles for B1 and T1, a dynamic series (DCE), gradient
# echoes before and after an iron oxide, and regions drawn on them, as NIfTI with sidecars.

# %%
rats = simulate.STUDIES["rat-glioma"]
scans = ["VFA", "TB1AFI", "dce", "iron_oxide"]
one_day = replace(rats, visits=rats.visits[:1])
mri = simulate.write_study(one_day, "mri", subjects=2, seed=1, scans=scans)
session, stem = Path("sub-02/ses-day00"), "sub-02_ses-day00"
print(*sorted({path.name.split("_")[-1] for path in (mri / session).rglob("*.nii.gz")}), sep="\n")

# %% [markdown]
# **PET.** A static scan with [18F]FLT, 40 to 60 minutes after the injection of 20 MBq into a rat of
# 250 g, as a series of DICOM files, one per slice. The true SUV is 1.5 in the tumour, 0.4 in the
# other hemisphere, 0.3 elsewhere; 5 % of noise.

# %%
labels = read_labels(
    mri / "derivatives/segmentation" / session / "anat" / f"{stem}_dseg.nii.gz",
    names={1: "tumor", 2: "contralateral", 3: "artery"},
)
true_suv = {"tumor": 1.5, "contralateral": 0.4}
dose_mbq, weight_g = 20.0, 250.0
fine = np.full(labels.shape, 0.3)
for region, value in true_suv.items():
    fine[labels.mask(region)] = value


def halved(values):
    """Return the means of 2 x 2 voxels in the plane: PET voxels are larger."""
    x, y, z = values.shape
    return values.reshape(x // 2, 2, y // 2, 2, z).mean(axis=(1, 3))


noise = np.random.default_rng(1).normal(1.0, 0.05, halved(fine).shape)
becquerel = 1e6 * dose_mbq / weight_g * halved(fine) * noise  # per mL


# %%
def write_pet(folder, activity, affine, **fields):
    """Write a static PET scan as one DICOM file a slice; x runs to the left, y to the back."""
    folder.mkdir()
    drug = Dataset()
    drug.Radiopharmaceutical, drug.RadionuclideTotalDose = "FLT", f"{1e6 * dose_mbq:.0f}"
    drug.RadionuclideHalfLife, drug.RadiopharmaceuticalStartTime = "6586.2", "100000"
    drug.RadiopharmaceuticalStartDateTime = "20260314100000"
    series, frame, examination = generate_uid(), generate_uid(), generate_uid()
    step = np.diag(affine)[:3]
    for place in range(activity.shape[2]):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = ExplicitVRLittleEndian
        meta.MediaStorageSOPClassUID = PositronEmissionTomographyImageStorage
        meta.MediaStorageSOPInstanceUID = generate_uid()
        image = FileDataset(None, {}, file_meta=meta, preamble=b"\0" * 128)
        image.SOPClassUID = PositronEmissionTomographyImageStorage
        image.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
        image.StudyInstanceUID, image.SeriesInstanceUID = examination, series
        image.FrameOfReferenceUID = frame
        image.Modality, image.Manufacturer, image.SeriesNumber = "PT", "SIEMENS", 1
        image.PatientName, image.PatientID, image.PatientWeight = "Rat^Two", "RAT2", "0.25"
        image.StudyDate = image.SeriesDate = image.AcquisitionDate = "20260314"
        image.StudyTime = image.SeriesTime = image.AcquisitionTime = "104000"
        image.SeriesDescription, image.InstanceNumber = "FLT static", place + 1
        image.Units, image.DecayCorrection, image.ActualFrameDuration = "BQML", "ADMIN", 1200000
        image.NumberOfSlices, image.NumberOfTimeSlices = activity.shape[2], 1
        image.RadiopharmaceuticalInformationSequence = [drug]
        image.Rows, image.Columns = activity.shape[1], activity.shape[0]
        image.PixelSpacing, image.SliceThickness = [step[1], step[0]], step[2]
        image.ImageOrientationPatient = [-1, 0, 0, 0, -1, 0]  # to the right and to the front
        x, y, z = affine[:3, 3] + [0, 0, place * step[2]]
        image.ImagePositionPatient = [-x, -y, z]
        image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
        image.BitsAllocated, image.BitsStored, image.HighBit = 16, 16, 15
        image.PixelRepresentation, image.RescaleIntercept, image.RescaleSlope = 0, 0, 10
        image.PixelData = (activity[:, :, place].T / 10).round().astype("<u2").tobytes()
        image.save_as(folder / f"IM{place:04d}", enforce_file_format=True)


anatomy = nib.load(next((mri / session).rglob("*_flip-1_VFA.nii.gz"))).affine
coarse = anatomy @ np.diag([2.0, 2.0, 1.0, 1.0])
coarse[:3, 3] = (anatomy @ [0.5, 0.5, 0.0, 1.0])[:3]
write_pet(Path("pacs"), becquerel, coarse)
print(*sorted(path.name for path in Path("pacs").iterdir()))

# %% [markdown]
# ## Import
#
# First look: what is there, and what could it be? Nothing is written yet.

# %%
found = study.import_dicom("pacs", "rat")
found.table[["description", "patient", "slices", "volumes", "subject", "session", "suffix"]]

# %% [markdown]
# Then a mapping says what each series is. Names of patients and dates are not copied.

# %%
mapping = [{"description": "FLT*", "subject": "02", "session": "day00", "day": 0, "suffix": "pet"}]
done = study.import_dicom("pacs", "rat", mapping=mapping)
print(*(path.relative_to(done.root) for path in done.written), sep="\n")
print("not copied:", ", ".join(done.dropped))

# %% [markdown]
# The images of the MRI scanner join them. The regions of the PET are drawn on its own grid: here
# what lies wholly in the tumour or the other hemisphere, as voxels at borders hold several tissues.

# %%
root = done.root
shutil.copytree(mri / "sub-02", root / "sub-02", dirs_exist_ok=True)
shutil.copytree(mri / "derivatives", root / "derivatives")
shutil.copy(mri / ".bidsignore", root)
uptake_image = nib.load(root / session / "pet" / f"{stem}_pet.nii.gz")
drawn = sum(
    number * (halved(1.0 * labels.mask(region)) == 1)
    for number, region in enumerate(("tumor", "contralateral"), start=1)
)
from_coarse = nib.orientations.ornt_transform(
    nib.io_orientation(coarse), nib.io_orientation(uptake_image.affine)
)
drawn = nib.orientations.apply_orientation(drawn, from_coarse).astype(np.int16)
folder = root / "derivatives" / "segmentation" / session / "pet"
folder.mkdir(parents=True)
regions_file = folder / f"{stem}_space-pet_dseg.nii.gz"
nib.save(nib.Nifti1Image(drawn, uptake_image.affine), regions_file)

# %% [markdown]
# ## Ktrans, call by call
#
# Two images with different repetition times give B1, four flip angles T1, and with both the dynamic
# series becomes concentration. The input is the artery of the same rat.


# %%
def image(name):
    """Return an image of the session."""
    return read_image(next((root / session).rglob(f"{stem}_{name}.nii.gz")))


def said(name):
    """Return the sidecar of an image."""
    path = next((root / session).rglob(f"{stem}_{name}.json"))
    return json.loads(path.read_text("utf-8"))


short, long = said("acq-tr1_TB1AFI"), said("acq-tr2_TB1AFI")
b1 = afi_map(
    image("acq-tr1_TB1AFI"),
    image("acq-tr2_TB1AFI"),
    flip_deg=short["FlipAngle"],
    tr1=short["RepetitionTimeExcitation"],
    tr2=long["RepetitionTimeExcitation"],
    smoothing={"voxel_size": (0.6, 0.6, 1.0), "fwhm_mm": 2.0},
)
angles = [f"flip-{number}_VFA" for number in (1, 2, 3, 4)]
t1 = dce.t1_vfa(
    np.stack([image(name).data for name in angles], axis=-1),
    flip_deg=[said(name)["FlipAngle"] for name in angles],
    tr=said(angles[0])["RepetitionTimeExcitation"],
    b1=b1,
)
settings = said("dce")
scan = dce.Scan(
    read_series(root / session / "perf" / f"{stem}_dce.nii.gz"),
    settings["VolumeTiming"],
    t10=t1,
    b1=b1,
    tr=settings["RepetitionTimeExcitation"],
    flip_deg=settings["FlipAngle"],
    r1=settings["ContrastAgentRelaxivity"],
)
aif = scan.input(labels.mask("artery"), t10_blood=settings["BloodT1"], hct=settings["Hematocrit"])
permeability = scan.maps(aif, model="extended_tofts")
print(permeability)

# %% [markdown]
# ## Blood volume
#
# Iron oxide stays in the blood and shortens T2*; by how much, at this dose and field, is blood
# volume.

# %%
before, after = (
    [image(f"acq-{when}_ce-P904_echo-{echo}_MEGRE") for echo in (1, 2, 3, 4)]
    for when in ("pre", "post")
)
iron = said("acq-post_ce-P904_echo-1_MEGRE")
blood = cbv.steady_state(
    before,
    after,
    te=[said(f"acq-pre_ce-P904_echo-{echo}_MEGRE")["EchoTime"] for echo in (1, 2, 3, 4)],
    agent="P904",
    dose_mg_fe_kg=iron["DoseMgFePerKg"],
    field_t=iron["MagneticFieldStrength"],
)

# %% [markdown]
# ## Uptake
#
# Dose, its time, weight and decay come from the sidecar that the import wrote.

# %%
flt = pet.load(root / session / "pet" / f"{stem}_pet.nii.gz")
pet_regions = read_labels(regions_file, names={1: "tumor", 2: "contralateral"})
suv = pet.suv(flt)
uptake = pet.uptake(flt, pet_regions, reference="contralateral")
uptake[uptake["biomarker"].isin(["SUVmean", "TBR"])]

# %% [markdown]
# ## The maps

# %% tags=["thumbnail"]
in_head = image("flip-1_VFA").data > 0.2 * image("flip-1_VFA").data.max()
shown = {
    "B1": (b1["B1"], (0.8, 1.1)),
    "T1 (s)": (t1["T1"], (1.2, 2.6)),
    "Ktrans (1/min)": (permeability["Ktrans"], (0.0, 0.12)),
    "CBV": (blood["CBV"], (0.0, 0.06)),
}
middle = labels.shape[2] // 2
figure, panels = plt.subplots(1, 5, figsize=(12, 2.4), layout="constrained")
for panel, (title, (values, limits)) in zip(panels, shown.items(), strict=False):
    head = np.where(in_head, values, np.nan)[:, :, middle].T
    picture = panel.imshow(head, vmin=limits[0], vmax=limits[1], origin="lower", cmap="magma")
    panel.contour(labels.mask("tumor")[:, :, middle].T, [0.5], colors="white", linewidths=1)
    panel.set_title(title)
    figure.colorbar(picture, ax=panel)
picture = panels[-1].imshow(
    suv.data[:, :, middle].T, vmin=0, vmax=1.6, origin="lower", cmap="magma"
)
panels[-1].set_title("SUV (g/mL)")
figure.colorbar(picture, ax=panels[-1])
for panel in panels:
    panel.axis("off")
plt.show()

# %% [markdown]
# ## The same by one command
#
# `biomarkers measure rat out` checks every file, does all of this for every session of a study, and
# writes maps, quality pictures and one table.

# %%
command = [sys.executable, "-m", "biomarkers", "measure", "rat", "out"]
ran = subprocess.run(command, capture_output=True, text=True, check=True)
print(ran.stdout)

# %% [markdown]
# ## Against the truth

# %%
table = pd.read_csv("out/measurements.tsv", sep="\t", dtype={"subject": str})
truth = pd.read_csv(mri / "sourcedata/truth/truth.tsv", sep="\t", dtype={"subject": str})
of_rat = truth[(truth["subject"] == "02") & (truth["region"] == "tumor")]
true = of_rat.set_index("biomarker")["value"].to_dict() | {"SUVmean": true_suv["tumor"]}
by_command = table[table["region"] == "tumor"].set_index("biomarker")["value"]
tumor = labels.mask("tumor")
by_hand = {
    "B1": np.nanmedian(b1["B1"][tumor]),
    "T1": np.nanmedian(t1["T1"][tumor]),
    "Ktrans": np.nanmedian(permeability["Ktrans"][tumor]),
    "ve": np.nanmedian(permeability["ve"][tumor]),
    "vp": np.nanmedian(permeability["vp"][tumor]),
    "CBV": np.nanmedian(blood["CBV"][tumor]),
    "SUVmean": uptake.set_index(["region", "biomarker"]).loc[("tumor", "SUVmean"), "value"],
}
compared = pd.DataFrame({"true": true, "by hand": by_hand, "by command": by_command}).loc[
    list(by_hand)
]
compared.assign(off_percent=100 * (compared["by command"] / compared["true"] - 1)).round(3)
