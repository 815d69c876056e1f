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
# # Adding your own step, model and analysis
#
# Nothing here changes the package. A quantity from images, a kinetic model, an analysis and a
# section of the report, each written in a few lines in this notebook and handed in.

# %%
from dataclasses import dataclass, replace
from pathlib import Path

import matplotlib.pyplot as plt
import nibabel as nib
import numpy as np

from biomarkers import kinetics, sample_data, simulate, stats, study
from biomarkers.estimates import Estimates, FitFlag, reasons_of
from biomarkers.plan import make_plan
from biomarkers.quantities import Quantity
from biomarkers.report import Report
from biomarkers.stats.analyses import ANALYSES
from biomarkers.stats.analyses.analysis import Analysis, Contribution
from biomarkers.study.acquisition import one_grid

plt.style.use("biomarkers.figures")

# %% [markdown]
# ## A step: a quantity from images
#
# How bright does tissue become after contrast? The step says which images it needs, what it gives
# and what may be chosen; it returns values, standard errors, and a reason where there is no value.

# %%
ENHANCEMENT = Quantity(
    "late_enhancement", "", "signal at the end over that at the beginning, less 1"
)


@dataclass(frozen=True)
class EnhancementSettings:
    """`volumes` at the beginning and at the end are averaged."""

    volumes: int = 5


def plan_enhancement(view):
    """Check, before any work, that the series are there and of four dimensions."""
    return study.Plan(one_grid(view.every_image, ndim=4))


def measure_enhancement(work):
    """Return the enhancement of every voxel, its error from the noise of the baseline."""
    (source,) = work.images("dce")
    series, number = np.asarray(source.read(ndim=4).data, dtype=float), work.settings.volumes
    before, after = series[..., :number], series[..., -number:].mean(axis=-1)
    level, noise = before.mean(axis=-1), before.std(axis=-1, ddof=1)
    dark = level < 10 * noise
    value = np.where(dark, np.nan, after / np.where(dark, 1.0, level) - 1)
    error = noise / np.where(dark, np.nan, level) * (1 + value) * np.sqrt(2 / number)
    name = ENHANCEMENT.name
    reasons = reasons_of(value.shape, {FitFlag.NO_SIGNAL: dark})
    made = Estimates("late enhancement", (ENHANCEMENT,), {name: value}, {name: error}, reasons)
    return study.Outcome((made,))


enhancement = study.Step(
    "enhancement",
    "Late enhancement",
    (study.Files("dce"),),
    (ENHANCEMENT.name,),
    measure_enhancement,
    plan_enhancement,
    settings=EnhancementSettings,
)

# %% [markdown]
# It is handed to `study.measure`, beside the steps that there are or alone. Maps, their errors,
# flags, rows of every region, quality pictures and resuming after an interruption follow from that.

# %%
rats = simulate.STUDIES["rat-glioma"]
day_0 = replace(rats, visits=rats.visits[:1])
folder = simulate.write_study(day_0, "rats", subjects=3, seed=1, scans=["dce"])
settings = study.MeasureSettings(steps={"enhancement": {"volumes": 8}})
measured = study.measure(folder, "out", settings=settings, steps=[enhancement])
rows = measured.table
mine = rows[(rows["biomarker"] == "late_enhancement") & (rows["region"] != "artery")]
mine[["subject", "region", "biomarker", "value", "se", "n", "qc"]].round(4)

# %% tags=["thumbnail"]
stem = "sub-02/ses-day00/perf/sub-02_ses-day00"
map_file = Path("out/derivatives/biomarkers") / f"{stem}_late_enhancement.nii.gz"
values = nib.load(map_file).get_fdata()
figure, axes = plt.subplots(figsize=(4.2, 3.2), layout="constrained")
shown = axes.imshow(values[:, :, values.shape[2] // 2].T, origin="lower", cmap="magma", vmin=0)
figure.colorbar(shown, label="Late enhancement")
axes.axis("off")
plt.show()

# %% [markdown]
# A name that is not in the register of quantities has no possible or usual range; a row in
# `quantities.py` gives it both.
#
# ## A kinetic model, declared
#
# A model of the family is its terms: a part of the plasma, an exponential convolved with it, a
# running integral. Here tissue that both exchanges with plasma and traps what comes:

# %%
trapping = kinetics.Model(
    "exchange and trapping",
    terms=(
        kinetics.Direct("vp"),
        kinetics.Decay("Ktrans", rate="kep"),
        kinetics.Integral("Ki"),
    ),
    parameters=(
        kinetics.Parameter("vp", "", "plasma in the voxel"),
        kinetics.Parameter("Ktrans", "1/min", "transfer into the space that gives back"),
        kinetics.Parameter("kep", "1/min", "rate of return"),
        kinetics.Parameter("Ki", "1/min", "rate of trapping"),
    ),
    physiology=dict,
)
curve = sample_data.dce_curve()
aif = kinetics.Input(curve["time"], plasma=curve["plasma"])
true = {"vp": 0.03, "Ktrans": 0.12, "kep": 0.40, "Ki": 0.01}
clean = trapping.predict(true, curve["time"], aif)
noise = np.random.default_rng(1).normal(0, 0.002, (2000, len(clean)))
fits = trapping.fit(clean + noise, curve["time"], aif)
for name, value in true.items():
    scatter, error = np.nanstd(fits[name]), np.nanmedian(fits.se[name])
    print(f"{name:7} true {value:.3f}   median of 2000 fits {np.nanmedian(fits[name]):.4f}   "
          f"scatter {scatter:.4f}   standard error {error:.4f}")  # fmt: skip

# %% [markdown]
# These curves were made by the model itself, so this tests the fit and not the model: hold one of
# your own against a convolution that you wrote yourself, as notebook 03 does.
#
# ## A kinetic model that is a function
#
# What is no sum of exponentials is a function of the parameters, with its derivatives: here tissue
# that fills from a time of arrival on, whatever the input.


# %%
def filling(values, frames, plasma):
    """Return curves, (voxels, times), and derivatives, (voxels, parameters, times)."""
    top, rate, arrival = (values[:, [column]] for column in range(3))
    since = np.clip(frames.mid - arrival, 0.0, None)
    left = np.exp(-rate * since)
    derivatives = [1 - left, top * since * left, -top * rate * left * (since > 0)]
    return top * (1 - left), np.stack(derivatives, axis=1)


fills = kinetics.FunctionModel(
    "filling",
    parameters=(
        kinetics.Parameter("top", "mM", "plateau"),
        kinetics.Parameter("rate", "1/s", "of filling"),
        kinetics.Parameter("arrival", "s", "when it begins"),
    ),
    function=filling,
    lower=[0.0, 1e-4, 0.0],
    upper=[9.0, 1.0, 60.0],
    starts=[[0.5, 0.02, 10.0], [0.5, 0.2, 30.0]],
)
time = curve["time"].to_numpy()
filled = 0.4 * (1 - np.exp(-0.03 * np.clip(time - 25, 0, None)))
print(fills.fit(filled + np.random.default_rng(2).normal(0, 0.005, time.size), time, aif))

# %% [markdown]
# ## An analysis
#
# An analysis gets what the test has found, and gives tables and notes. Here: how much the changes
# of each class scatter, which is what a next study needs.


# %%
def scatter_of_changes(findings, settings):
    """Return the standard deviation of the changes by biomarker, visit and class."""
    changes = findings.tables["changes"].dropna(subset=["change"])
    changes = changes[changes["visit"] != findings.plan.baseline]
    keys = ["biomarker", "region", "visit", "positive"]
    grouped = changes.groupby(keys, sort=False, as_index=False)
    table = grouped.agg(subjects=("change", "size"), scatter=("change", "std"))
    return Contribution({"scatter": table}, notes=[("scatter", "Scatter was taken by class.")])


plan = make_plan(
    {
        "outcome": "responder",
        "positive": 1,
        "labels": ["responders", "non-responders"],
        "baseline": 0,
        "visits": {"0": [0], "3": [3], "10": [10]},
        "biomarkers": {"Ktrans": {}, "volume": {}},
    }
)
results = stats.analyse(
    sample_data.measurements(),
    sample_data.participants(),
    plan,
    analyses=[*ANALYSES, Analysis("scatter", scatter_of_changes)],
)
results.tables["scatter"].round(3)

# %% [markdown]
# The table is saved with the others, and read back with them.
#
# ## A section of the report

# %%
scatter = results.tables["scatter"]
figure, axes = plt.subplots(figsize=(5, 2.8), layout="constrained")
for (biomarker, positive), group in scatter.groupby(["biomarker", "positive"], sort=False):
    who = "responders" if positive else "non-responders"
    axes.plot(group["visit"], group["scatter"], marker="o", label=f"{biomarker}, {who}")
axes.set(xlabel="Day", ylabel="Standard deviation\nof the log ratio", ylim=(0, None))
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))

report = Report(results, title="Sixteen simulated rats")
report.add_section("Scatter of changes", html=scatter.round(3).to_html(index=False))
report.add_figure(figure, caption="Standard deviation of the changes in each class.")
page = report.save("report.html")
plt.show()
html = page.read_text("utf-8")
print("Scatter of changes" in html, "in", page.name, f"of {len(html) / 1000:.0f} kB")

# %% [markdown]
# To have a step, an analysis or a section in every run, from the command line too, it becomes a
# module of the package, in `study/steps/`, `stats/analyses/` or `report/sections/`: there it is
# found by itself.
