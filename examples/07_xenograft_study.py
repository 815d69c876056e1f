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
# # A real study of xenografts
#
# Mice with human glioblastoma under a kinase inhibitor, temozolomide, both or neither: volume of
# the tumour and body weight over three months. On which day does growth tell who stays on study?

# %%
import os
from dataclasses import replace
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import biomarkers
from biomarkers import simulate, stats
from biomarkers.plan import make_plan
from biomarkers.report import answer
from biomarkers.table import read_measurements, read_participants

plt.style.use("biomarkers.figures")

# %% [markdown]
# ## The data
#
# The 81 mice are the data set `gbm` of the R package [maeve](https://cran.r-project.org/package=maeve)
# (W. F. Forrest, MIT licence), written as two CSV files in the folder `gbm-xenograft` of
# `BIOMARKERS_DATA`: `measurements.csv` (`subject, group, day, biomarker, value, unit`) and
# `participants.csv` (`subject, group, days_on_study, responder`; responder is who stayed 60 days).
# They are not part of this toolkit. Without them, simulated mice take their place.


# %%
def simulated_mice():
    """Return 81 mice from a declaration: treated tumours grow less from day 7 on."""
    courses = {
        "tumor_volume": simulate.Course(
            start=180.0, between=0.3, within=0.12, growth=(0.07, 0.02), effect={3: 0.0, 21: -1.0}
        ),
        "body_weight": simulate.Course(start=23.0, between=0.07, within=0.02),
    }
    days = (0, 3, 6, 10, 14, 17, 21)
    rats = simulate.STUDIES["rat-glioma"]
    mice = replace(
        rats,
        title="Simulated mice",
        species="mus musculus",
        visits=tuple(simulate.Visit(label=f"day{day:02d}", day=day) for day in days),
        courses=courses,
        ratios={},
        outcome=replace(rats.outcome, without_response=35.0, horizon=60, end=97, luck_in={}),
    )
    table, participants = simulate.draw_tables(mice, subjects=81, seed=1)
    return table, participants.rename(columns={"survival_days": "days_on_study"})


repository = Path(biomarkers.__file__).resolve().parents[2]
data = Path(os.environ.get("BIOMARKERS_DATA", repository.parent / "shared" / "data"))
folder = data / "gbm-xenograft"
is_real = (folder / "measurements.csv").exists()
if is_real:
    table = read_measurements(folder / "measurements.csv")
    participants = read_participants(folder / "participants.csv")
    print("the real mice")
else:
    table, participants = simulated_mice()
    print("SIMULATED mice: the real ones are not here; set BIOMARKERS_DATA to their folder")
participants["left"] = participants["days_on_study"] < participants["days_on_study"].max()
print(len(participants), "mice,", int(participants["responder"].sum()), "stayed 60 days or longer")
mice_by_day = table[table["day"] <= 21].pivot_table(
    index="biomarker", columns="day", values="subject", aggfunc="nunique"
)
mice_by_day.rename(columns="{:g}".format)

# %% [markdown]
# ## Visits are windows
#
# Two batches of animals were measured on neighbouring days, 6 or 7, 10 or 11: by exact day the
# study would fall apart into halves. A plan names the visits, and the days that count as each.

# %%
plan = make_plan(
    {
        "outcome": "responder",
        "positive": 1,
        "labels": ["long stayers", "short stayers"],
        "baseline": 0,
        "visits": {
            "0": [0], "3": [3], "7": [6, 7], "11": [10, 11], "14": [14], "18": [17, 18], "21": [21],
        },
        "biomarkers": {"tumor_volume": {"worst": "higher"}, "body_weight": {"worst": "lower"}},
        "separation": {"permutations": 4999},
    }
)  # fmt: skip
results = stats.analyse(table, participants, plan)

# %% [markdown]
# ## Growth
#
# Each line is a mouse. The rate of growth is that of the logarithm, per day, below 0 where tumours
# shrink; the comparison fits all animals at once, so that one that left early counts less.

# %%
volume = table[table["biomarker"] == "tumor_volume"].drop(columns="group", errors="ignore")
early = volume[(volume["day"] <= 21) & (volume["value"] > 0)].merge(
    participants[["subject", "responder"]], on="subject"
)
early["visit"] = [plan.visit_of(day).target for day in early["day"]]
early["who"] = np.where(early["responder"] == 1, "long stayers", "short stayers")
figure, panels = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
for panel, (who, mice) in zip(panels, early.groupby("who"), strict=True):
    for _, mouse in mice.groupby("subject"):
        panel.plot(mouse["day"], mouse["value"], color="C0", alpha=0.35, linewidth=0.9)
    middle = mice.groupby("visit")["value"].median()
    panel.plot(middle.index, middle, color="C1", marker="o", label="median of a visit")
    panel.set(title=f"{who} (n = {mice['subject'].nunique()})", xlabel="Day", yscale="log")
panels[0].set_ylabel("Tumour volume (mm$^3$)")
panels[0].legend()
plt.show()

# %%
growth = stats.compare_growth(early, group="who")
rates = growth.slopes("who")
rates[["who", "estimate", "low", "high"]].round(3)

# %% [markdown]
# ## The earliest day

# %%
print(*answer(results), sep="\n")

# %% tags=["thumbnail"]
figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
for number, (name, rows) in enumerate(results.separation.groupby("biomarker", sort=False)):
    day = rows["visit"].astype(float) + 0.25 * number
    reach = [rows["auc"] - rows["auc_low"], rows["auc_high"] - rows["auc"]]
    axes.errorbar(day, rows["auc"], yerr=reach, marker="o", label=name.replace("_", " "))
    found = rows["separates"]
    axes.plot(day[found], rows["auc"][found], "o", markersize=11, markerfacecolor="none", color="k")
axes.axhline(0.5, color="0.6", linewidth=0.8)
axes.set(xlabel="Day", ylabel="AUC (95 % interval)", ylim=(0.3, 1.0))
axes.set_xticks([visit.target for visit in plan.follow_ups])
axes.set_title("Change from day 0; a ring: separates, counting all tests", fontsize="medium")
axes.legend(loc="lower right")
plt.show()

# %%
results.separation[["biomarker", "visit", "auc", "p_value", "p_adjusted", "separates"]].round(4)

# %% [markdown]
# Body weight falls under treatment: it may tell who was dosed rather than what the tumour does.
# That an early marker foretells the outcome does not make it one of response.
#
# An AUC at a day that was chosen for being the first is optimistic. Drawing the mice again with
# replacement, and choosing again each time, says by how much.

# %%
corrected = pd.DataFrame(results.analysis["stability"]["corrected"])
chosen = pd.DataFrame([entry for entry in results.earliest if entry["visit"] is not None])
chosen[["biomarker", "visit", "auc"]].merge(corrected[["biomarker", "auc_corrected"]]).round(3)

# %% [markdown]
# ## Who was missing, and does it matter
#
# Mice leave when they must. Those who leave are not a random sample: how leaving depends on the
# class, and on the last change that was seen,

# %%
attendance, changes = results.tables["attendance"], results.tables["changes"]
of_volume = attendance["biomarker"] == "tumor_volume"
leaving = stats.drop_out_tests(
    attendance[of_volume], changes[changes["biomarker"] == "tumor_volume"]
)
print(leaving.headline)
gone = attendance[of_volume & (attendance["status"] != "measured")]
pd.crosstab(gone["positive"], gone["visit"])

# %% [markdown]
# so beside the test stand analyses that answer for every mouse, each under an assumption of its
# own: weights for the chance to be there, imputation, the gone at their worst, and bounds that
# assume nothing. `shift` is the tipping point: by how many logarithms the missing must differ from
# what was imputed for the finding to fall; infinite where it never does.

# %%
sensitivity = results.tables["sensitivity"].query("biomarker == 'tumor_volume'")
sensitivity.pivot_table(index="analysis", columns="visit", values="auc", sort=False).round(2)

# %%
sensitivity[sensitivity["analysis"] == "imputed"][["visit", "auc", "separates", "shift"]].round(2)

# %% [markdown]
# ## Survival by early growth
#
# Who had grown less than the median by day 7, and how long did they stay after that day? Time
# counts from the day on which the response is known: counted from day 0, responders would be
# credited with the days they had to live to respond. The median was
# chosen in these mice; only a threshold that was declared beforehand is a test.

# %%
day_7 = plan.follow_ups[1]
at_7 = changes.query("biomarker == 'tumor_volume' and visit == '7'")
response = stats.early_response(
    volume, [day_7], biomarker="tumor_volume", threshold=at_7["change"].median()
)
column = response.columns[1]
landmark = stats.landmark_analysis(
    participants.merge(response, on="subject"),
    {day_7.closes: column},
    time="days_on_study",
    event="left",
)
print(landmark.headline)
landmark.plot()
plt.show()

# %% [markdown]
# Here being a long stayer and the time on study are the same fact told twice; in a study of your
# own take an outcome that is not the end of measuring.
#
# ## An honest AUC of a rule
#
# Would volume and weight together foretell more? A rule fitted to these mice flatters itself on the
# same mice. So fit it in four fifths of them, ask it about the others, in turn and many times; the
# choice of the penalty and of the best single marker happens within those four fifths.

# %%
wide = changes[changes["visit"] == "7"].pivot_table(
    index="subject", columns="biomarker", values="change"
)
outcome = participants.set_index("subject")["responder"].reindex(wide.index)
rule = stats.combine_markers(wide, outcome, settings=stats.CrossValidation(permutations=99))
print(rule.headline)
rule.plot()
plt.show()

# %%
rule.table.round(3)

# %% [markdown]
# The apparent AUC is that in the mice the rule was made from; the one held out is what to expect of
# the next mouse.
