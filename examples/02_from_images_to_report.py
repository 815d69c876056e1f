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
# # From images to a report
#
# Four simulated rats with glioma, scanned on up to four days: flip-angle pairs for B1, four flip
# angles for T1, a dynamic series for Ktrans, an ADC map, and the tumour, normal brain and artery
# drawn on them. We measure everything and hold it against the truth.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from biomarkers import simulate, workflow
from biomarkers.images import read_image, read_labels, read_series
from biomarkers.report import answer

# %%
folder = Path(tempfile.mkdtemp())
scans = ("T2w", "VFA", "TB1AFI", "dce", "iron_oxide", "ADC")
study = simulate.rat_glioma(folder / "study", subjects=4, scans=scans)
pd.read_csv(study / "participants.tsv", sep="\t")

# %% [markdown]
# ## One session
#
# The study is plain BIDS; each image has its settings beside it.

# %%
session = Path("sub-02") / "ses-day03"
for path in sorted((study / session).rglob("*.nii.gz")):
    print(path.relative_to(study))

# %% [markdown]
# ## Measure, analyse, report
#
# One call does what `biomarkers run STUDY OUT` does. Every file is checked before the first is
# worked on.

# %%
done = workflow.run(study, folder / "out")
table = done.measured.table
print(len(table), "values;", len(done.measured.failures), "failed sessions")
shown = ["B1", "T1", "Ktrans", "kep", "ve", "vp", "CBV", "ADC", "volume"]
table[table["biomarker"].isin(shown)].head(9)

# %% [markdown]
# ## The maps
#
# Computed maps lie in a BIDS derivatives folder, each with a sidecar that says how it came about. A
# voxel whose fit cannot be trusted is NaN.

# %%
maps = folder / "out" / "derivatives" / "biomarkers" / session
stem = "sub-02_ses-day03"
labels = read_labels(
    study / "derivatives/segmentation" / session / "anat" / f"{stem}_dseg.nii.gz",
    names={1: "tumor", 2: "contralateral", 3: "artery"},
)
shown = {
    "B1": (maps / "fmap" / f"{stem}_TB1map.nii.gz", (0.8, 1.1)),
    "T1 (s)": (maps / "anat" / f"{stem}_T1map.nii.gz", (1.2, 2.6)),
    "Ktrans (1/min)": (maps / "perf" / f"{stem}_Ktrans.nii.gz", (0.0, 0.12)),
    "vp": (maps / "perf" / f"{stem}_vp.nii.gz", (0.0, 0.05)),
}
middle = labels.shape[2] // 2
figure, panels = plt.subplots(1, 4, figsize=(11, 2.6), layout="constrained")
for panel, (title, (path, limits)) in zip(panels, shown.items(), strict=True):
    values = read_image(path).data[:, :, middle].T
    picture = panel.imshow(values, vmin=limits[0], vmax=limits[1], origin="lower")
    panel.contour(labels.mask("tumor")[:, :, middle].T, [0.5], colors="white", linewidths=1)
    panel.set_title(title)
    panel.axis("off")
    figure.colorbar(picture, ax=panel)
plt.show()

# %% [markdown]
# ## Where Ktrans comes from
#
# The dynamic series in the artery and in the tumour, as scanned.

# %%
series = read_series(study / session / "perf" / f"{stem}_dce.nii.gz")
figure, axes = plt.subplots(figsize=(6, 2.8), layout="constrained")
for region in ("artery", "tumor", "contralateral"):
    axes.plot(np.asarray(series.data)[labels.mask(region)].mean(axis=0), label=region)
axes.set(xlabel="Number of the volume", ylabel="Mean signal")
axes.legend()
plt.show()

# %% [markdown]
# ## Against the truth
#
# The simulation wrote down what is true in every region. The measured tumour medians, divided by
# it:

# %%
truth = pd.read_csv(study / "sourcedata/truth/truth.tsv", sep="\t", dtype={"subject": str})
pair = table.merge(truth, on=["subject", "day", "region", "biomarker"], suffixes=("", "_true"))
tumour = pair[pair["region"] == "tumor"]
ratio = (tumour["value"] / tumour["value_true"]).groupby(tumour["biomarker"])
ratio.describe()[["count", "mean", "std", "min", "max"]].round(3)

# %% [markdown]
# ## The answer
#
# With two responders among four rats no biomarker can separate, however large the effect: there are
# only six ways to relabel them. The analysis says so.

# %%
print(*answer(done.analysed.results), sep="\n")
print()
print(*done.analysed.results.tables["notes"]["text"], sep="\n")

# %% [markdown]
# `make demo` does the same with 24 rats, and finds days on which the truth was changed.
