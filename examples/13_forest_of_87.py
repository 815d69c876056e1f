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
# # A random forest in 87 patients: what an AUC of .79 can mean
#
# **Everything here is simulated.** Of a published kind of study (87 patients, a random forest on
# three clinical variables and nine features of the images, AUC .79) only these numbers are taken.
# Patients, images and what tells of the response are made up, so the truth is known; nothing here
# says that a published figure is wrong.
#
# Two questions: what does it do to choose the nine features before the folds, and what can 87
# patients tell at all?

# %%
import tempfile
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from IPython.display import Markdown
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

from biomarkers import predict, radiomics, simulate
from biomarkers.images import read_image
from biomarkers.simulate.documents import oracle_lines

plt.style.use("biomarkers.figures")

# %% [markdown]
# ## The cohort and its truth
#
# One to four metastases a patient; all of a patient respond or none. Who knew the truth without
# error would reach an AUC of

# %%
declared = simulate.STUDIES["metastases-forest"]
Markdown("\n".join(oracle_lines(declared)))

# %%
study = simulate.write_study(declared, Path(tempfile.mkdtemp()) / "study", seed=1)
people = pd.read_table(study / "participants.tsv")
clinical = ["age", "kps", "lesions"]

figure, panels = plt.subplots(1, 5, figsize=(11, 2.6), layout="constrained")
for panel, subject in zip(panels, ("03", "08", "11", "12", "14"), strict=True):
    image = read_image(next(study.glob(f"sub-{subject}/*/anat/*T1w.nii.gz"))).data[..., 12]
    drawn = next(study.glob(f"derivatives/segmentation/sub-{subject}/*/anat/*dseg.nii.gz"))
    panel.imshow(image.T, cmap="gray", vmax=np.quantile(image, 0.998), origin="lower")
    panel.contour(read_image(drawn).data[..., 12].T > 0, [0.5], colors="tab:orange", linewidths=0.8)
    panel.set_title(f"sub-{subject}")
    panel.set_axis_off()
plt.show()

# %% [markdown]
# ## Features
#
# Image, a Laplacian of Gaussian and the eight bands of a wavelet: 1 889 features of every lesion.

# %%
bands = [f"{x}{y}{z}" for x in "lh" for y in "lh" for z in "lh"]
how = radiomics.Settings(
    bins=32,
    normalise="zscore",
    filters=("original", "log_3mm", *(f"wavelet_coif1_{band}" for band in bands)),
)
tables = []
for image in sorted(study.glob("sub-*/*/anat/*T1w.nii.gz")):
    place = study / "derivatives/segmentation" / image.parent.relative_to(study)
    tables.append(radiomics.measure(image, next(place.glob("*dseg.nii.gz")), settings=how))
cohort = predict.Cohort.from_tables(
    pd.concat(tables),
    people,
    outcome="responder",
    site="scanner",
    blocks={"clinical": clinical, "volume": ["morph_volume"]},
)
print(cohort)

# %% [markdown]
# ## The flattering way
#
# Patients are kept whole this time. But the nine features are chosen by the lasso on **all**
# patients, and only then is the forest cross-validated, with the three clinical variables.

# %%
features = cohort.features.to_numpy()
places = {name: place for place, name in enumerate(cohort.features)}
own = [places[name] for name in clinical]
images = np.array([place for name, place in places.items() if name not in clinical])
of_images = cohort.cases.of_names([name for name in places if name not in clinical])


def chosen_first(responds, count=9):
    """Choose on all, then cross-validate: the AUC that this way gives."""
    fitted = predict.Lasso(count).fit(replace(of_images, positive=responds))
    columns = [*own, *images[fitted.places]]
    forest = RandomForestClassifier(50, min_samples_leaf=3, random_state=1)
    folds = StratifiedGroupKFold(5, shuffle=True, random_state=1)
    score = cross_val_predict(
        forest, features[:, columns], responds, cv=folds, groups=cohort.subject,
        method="predict_proba",
    )  # fmt: skip
    return roc_auc_score(responds, score[:, 1])


flattering = chosen_first(cohort.positive)
print(f"AUC, features chosen first: {flattering:.2f}")

# %% [markdown]
# What does this way say where there is nothing to find? Outcomes are dealt anew among the patients,
# so that neither image nor variable knows anything, and all of it is done again, 20 times.

# %%
patients, whose = np.unique(cohort.subject, return_inverse=True)
outcome = cohort.positive[np.unique(whose, return_index=True)[1]]
random = np.random.default_rng(1)
nothing = [chosen_first(random.permutation(outcome)[whose]) for _ in range(20)]
print(f"nothing to find: AUC {np.mean(nothing):.2f} on average, up to {max(nothing):.2f}")

# %% [markdown]
# ## The honest way
#
# The forest with twelve variables, chosen within each training set, inner folds included. One
# repeat and no permutations, to keep this notebook short.

# %%
recipe = predict.recipe("forest", select=predict.Lasso(at_most=12))
quick = predict.Validation(folds=5, repeats=1, permutations=0)
seen = predict.evaluate(recipe, cohort, settings=quick)
print(seen.headline)
seen.performance.round(2)

# %%
print("\n".join(seen.notes))

# %% [markdown]
# In this cohort both ways agree: by luck of the draw the clinical variables alone reach more than
# their truth, and the forest lives on them. That choosing first did no great harm here could not be
# told without what it gives where there is nothing.

# %% [markdown]
# ## What 87 patients can tell
#
# Even who knows the truth meets chance. 200 cohorts of this declaration are drawn as tables, each
# patient with the true look of the lesions and the clinical variables, and judged by the best rule
# there is: its weights come from one cohort of 20 000.

# %%
known = list(declared.oracle["all"])


def truth_of(subjects, seed):
    """Return intercept and what is known, and who responds."""
    table, persons = simulate.draw_tables(declared, subjects=subjects, seed=seed)
    looks = table.pivot_table(index="subject", columns="biomarker", values="value")
    looks = np.log(looks).loc[persons["subject"]].reset_index(drop=True)
    columns = looks.join(persons[["age", "kps"]])[known].to_numpy(dtype=float)
    return np.column_stack([np.ones(subjects), columns]), persons["responder"].to_numpy()


weights = np.linalg.lstsq(*truth_of(20_000, 0), rcond=None)[0]
best = []
for seed in range(1, 201):
    design, responds = truth_of(87, seed)
    best.append(roc_auc_score(responds, design @ weights))
most = simulate.oracle_auc(declared, known)
low, high = np.quantile(best, [0.025, 0.975])
print(f"the truth itself, AUC {most:.2f}: between {low:.2f} and {high:.2f} in 95 % of cohorts")
print(f"of .79 or more: {np.mean(np.array(best) >= 0.79):.0%}")

# %% tags=["thumbnail"]
honest = seen.performance.iloc[0]
figure, axes = plt.subplots(figsize=(7.5, 3), layout="constrained")
axes.hist(nothing, bins=np.arange(0.4, 0.9, 0.025), density=True, alpha=0.5, color="tab:red",
          label="nothing to find, features chosen first")  # fmt: skip
axes.hist(best, bins=np.arange(0.4, 0.9, 0.025), density=True, alpha=0.5, color="0.5",
          label="the truth, known without error")  # fmt: skip
axes.axvline(flattering, color="tab:red", label="features chosen first")
top = axes.get_ylim()[1]
axes.plot([honest["auc_low"], honest["auc_high"]], [1.08 * top] * 2, color="tab:blue")
axes.plot(honest["auc"], 1.08 * top, "o", color="tab:blue", label="nested, with its interval")
axes.axvline(0.79, color="0.2", linestyle=":", label="published")
axes.set(xlabel="AUC in 87 patients", yticks=[], xlim=(0.4, 0.95), ylim=(0, 1.2 * top))
axes.legend(loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# An AUC of .79 in 87 patients is no measurement of .79. Choosing features first lifts a rule that
# knows nothing well above one half, and chance alone spreads the best possible rule over a quarter
# of the scale. The interval of the honest evaluation says the same in one line, and that nothing is
# shown beyond the clinical variables.
