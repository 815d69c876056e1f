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
# # Three hospitals: one rule, and no row that moves
#
# **Everything here is simulated.** Three hospitals have 30 to 60 patients each, eight features of
# which four tell the outcome, and scanners that shift and stretch what is measured. What is each
# rule worth: of a hospital alone, of all rows in one place, of a federation? And what does one bad
# hospital do?

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from biomarkers import federated, predict, simulate
from biomarkers.stats import roc

HOSPITALS = ["A", "B", "C"]


def cohort(made, *sites):
    """Return the patients of some hospitals."""
    rows = made.rows[made.rows["site"].isin(sites)]
    return predict.Cohort.from_tables(rows, made.participants, outcome="response", site="site")


made = simulate.hospitals(seed=3)
cohorts = {site: cohort(made, site) for site in HOSPITALS}
pooled = cohort(made, *HOSPITALS)
new = cohort(simulate.hospitals(seed=3, sample=1, patients=1000), *HOSPITALS)
print(pooled)
print(f"The best rule there is: AUC {made.oracle:.2f}")

# %% [markdown]
# ## Alone, pooled, federated
#
# Each rule is judged in 1000 new patients of each hospital, within the hospital.

# %%
recipe = predict.recipe("logistic", harmonise="combat")


def worth(rule):
    """Return the mean over hospitals of the AUC in new patients."""
    odds = rule.odds(new)
    return np.mean([roc(odds[new.site == site], new.positive[new.site == site]).auc
                    for site in HOSPITALS])  # fmt: skip


alone = {site: predict.fit(predict.recipe("logistic"), each) for site, each in cohorts.items()}
done = federated.train(recipe, cohorts)
rules = {**{f"{site} alone": rule for site, rule in alone.items()},
         "pooled rows": predict.fit(recipe, pooled), "federated": done.rule}  # fmt: skip
print(pd.Series({name: worth(rule) for name, rule in rules.items()}).round(3).to_string())

# %% [markdown]
# The federation has seen no row, and its rule is worth about what that of the pooled rows is. What
# it tells of each hospital, of cases that no model had seen:

# %%
done.plot()
plt.show()
columns = ["site", "n", "prevalence", "global_auc", "global_low", "global_high", "local_auc"]
print(done.sites[columns].round(2).to_string(index=False))

# %% [markdown]
# ## What left hospital A
#
# Sums, updates and figures; `dry_run` lists them before anything leaves.

# %%
left = federated.dry_run(recipe, cohorts["A"], site="A", others=["B", "C"])
kinds = left.groupby(["asked", "name"], sort=False)["shape"].agg(["first", "size"])
print(kinds.rename(columns={"first": "shape", "size": "times"}).to_string())

# %% [markdown]
# ## A bad hospital
#
# Hospital C records its outcomes the wrong way round. The model of all others turns round there,
# and a note says so. The rule of all suffers; without C it does not.

# %%
wrong = cohorts | {"C": replace(cohorts["C"], positive=~cohorts["C"].positive)}
spoiled = federated.train(recipe, wrong)
print(*[note for note in spoiled.notes if "turns round" in note], sep="\n")
without = federated.train(recipe, {site: wrong[site] for site in ("A", "B")})
print(f"with C {worth(spoiled.rule):.3f}, without C {worth(without.rule):.3f}")

# %% [markdown]
# ## What noise costs
#
# Updates shortened to a norm of 0.2, with Gaussian noise: ε, always with its δ, and the worth. With
# three hospitals there is no noise that hides one and still teaches.

# %%
rows = []
for noise in (5.0, 1.0, 0.2):
    settings = federated.Rounds(rounds=10, clip=0.2, noise=noise, folds=0)
    noisy = federated.train(recipe, cohorts, settings=settings)
    rows.append((noise, noisy.epsilon, settings.delta, worth(noisy.rule)))
print(pd.DataFrame(rows, columns=["noise", "epsilon", "delta", "auc"]).round(5).to_string())

# %% [markdown]
# What none of this protects is a page of its own:
# [what federation does not protect](../docs/explanation/what-federation-does-not-protect.md).
