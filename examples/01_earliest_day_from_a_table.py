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
# # The earliest day, from a table
#
# Sixteen animals, three biomarkers, four follow-up days. Which biomarker tells responders from the
# others first, and how sure can one be? Here the truth is known, because we write it down.

# %%
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from biomarkers import stats
from biomarkers.plan import make_plan
from biomarkers.report import answer, write_report

# %% [markdown]
# ## A study with a known truth
#
# In responders Ktrans falls by 40 % from day 3 on, the tumour stops growing after day 7, and
# ADC does nothing. Every measurement scatters by 10 %, and animals differ from the start. Two of
# the others die before the last day.

# %%
random = np.random.default_rng(3)
days = [0, 3, 7, 10, 14]
responders = [f"R{n}" for n in range(8)]
others = [f"N{n}" for n in range(8)]

rows = []
for subject in [*responders, *others]:
    responds = subject in responders
    start = {"Ktrans": 0.09, "ADC": 0.9e-3, "volume": 30.0}
    start = {name: value * np.exp(random.normal(0, 0.25)) for name, value in start.items()}
    for day in days:
        if subject in ("N6", "N7") and day == 14:
            continue
        course = {
            "Ktrans": 0.6 if responds and day >= 3 else 1.0,
            "ADC": 1.0,
            "volume": np.exp(0.1 * (min(day, 7) if responds else day)),
        }
        for name, factor in course.items():
            value = start[name] * factor * np.exp(random.normal(0, 0.1))
            rows.append((subject, day, "tumor", name, value))

measurements = pd.DataFrame(rows, columns=["subject", "day", "region", "biomarker", "value"])
participants = pd.DataFrame(
    {"subject": [*responders, *others], "responder": [1] * 8 + [0] * 8},
)
measurements.head()

# %% [markdown]
# ## Say what will be compared, before looking
#
# A plan is a TOML file, or the same thing as a dictionary. Ktrans is expected to fall, so that is
# declared; for the others the direction is read from the data. The test is two-sided either way.

# %%
plan = make_plan(
    {
        "outcome": "responder",
        "positive": 1,
        "baseline": 0,
        "visits": {"0": [0], "3": [3], "7": [7], "10": [10], "14": [14]},
        "biomarkers": {
            "Ktrans": {"change": "log_ratio", "direction": "lower"},
            "ADC": {"change": "log_ratio"},
            "volume": {"change": "log_ratio"},
        },
    }
)

# %% [markdown]
# ## The answer
#
# Changes from baseline are ranked against each other at every visit (AUC), and twelve tests share
# one error rate of 5 %.

# %%
results = stats.analyse(measurements, participants, plan)
for sentence in answer(results):
    print(sentence)

# %% [markdown]
# Every test stands in one table. `p_value` is what a test would say by itself, `p_adjusted` what it
# says as one of twelve; only the latter decides `separates`.

# %%
results.separation.round(4)

# %% [markdown]
# What an honest analysis has to add is in the notes: which directions were not declared, how often
# a bootstrap sample of the animals would have chosen the same day, and who was already gone.

# %%
for note in results.tables["notes"]["text"]:
    print("-", note)

# %% [markdown]
# ## A picture
#
# The same, day by day. The intervals are Newcombe's, which keep their coverage with eight animals
# in a class.

# %%
finding = stats.earliest(measurements, participants, outcome="responder")
finding.plot()
plt.show()

# %% [markdown]
# `stats.earliest` is the shortcut for a first look: every day a visit, every biomarker tested, no
# direction declared. What goes into a paper should have a plan.

# %% [markdown]
# ## Results and report on disk
#
# `save` writes every table as CSV, the rest as JSON. The report is one HTML file that opens
# anywhere.

# %%
folder = Path(tempfile.mkdtemp())
results.save(folder / "results")
report = write_report(results, folder / "report.html")
print(f"{report.name}: {report.stat().st_size / 1000:.0f} kB")
print(*sorted(path.name for path in (folder / "results").iterdir()), sep="\n")
