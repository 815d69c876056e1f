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
# # Planning a study: how many animals, which days
#
# A sample size formula knows one marker on one day. A study has several of both, animals that die
# before the last scan, and one error rate for all tests. So simulate the whole study many times,
# analyse each as it will be analysed, and count.

# %%
from dataclasses import replace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from biomarkers import simulate, stats, workflow

plt.style.use("biomarkers.figures")

# %% [markdown]
# ## What is assumed
#
# A declaration says what is true of a study: how each biomarker changes in an animal that responds
# fully, how much animals differ, who survives. This one is of rats with glioma; the changes are
# natural logarithms of ratios, and here shown in percent.

# %%
rats = simulate.STUDIES["rat-glioma"]
changes = pd.DataFrame({name: rats.effect(name) for name in rats.courses}, index=rats.days)
(100 * (np.exp(changes) - 1)).round(0).rename_axis("day").transpose()

# %% [markdown]
# Not every rat responds fully. One such study without its images, measured with 5 % of error:

# %%
biomarkers = ["Ktrans", "CBV", "ADC", "volume"]
errors = dict.fromkeys(biomarkers, 0.05)
table, animals = simulate.draw_tables(rats, subjects=24, seed=1, errors=errors)
animals.groupby("group", sort=False)[["responder", "survival_days"]].mean().round(2)

# %% [markdown]
# ## Power against the number of animals
#
# `workflow.power` draws such tables and puts each through the test of `stats.analyse`: changes from
# baseline, permutation of the labels jointly over all biomarkers and days, step-down maxT.

# %%
repeats = 100
sizes = [12, 16, 24, 32, 48]
planned = workflow.power(rats, subjects=sizes, repeats=repeats, errors=errors)
print(planned.headline)

# %% tags=["thumbnail"]
figure, axes = plt.subplots(figsize=(8, 3.8), layout="constrained")
planned.plot(axes)
axes.axhline(0.8, color="0.6", linestyle="--", linewidth=0.8)
axes.set_title("Each biomarker by the first day on which it truly differs")
plt.show()

# %% [markdown]
# The bars are the error of the simulation, exact binomial intervals: more `repeats` make them
# shorter, more animals do not. Of the numbers tried, the fewest animals that give a power of 80 %:

# %%
needed = planned.subjects_for(0.8)
needed.pivot_table(index="biomarker", columns="visit", values="subjects", sort=False)

# %% [markdown]
# `any` is the question whether responders differ at all by that day, by whichever biomarker.
#
# ## Which days
#
# Other days are another declaration, by `dataclasses.replace`. Between declared days an effect is a
# straight line, so a scan on day 1 sees a third of the effect of day 3. And every further day is a
# further test of each biomarker, which the others pay for.

# %%
schedules = {"0, 1, 10": (0, 1, 10), "0, 3, 10": (0, 3, 10), "0, 10": (0, 10)}
rows = []
for name, days in schedules.items():
    visits = tuple(simulate.Visit(label=f"day{day:02d}", day=day) for day in days)
    other_days = replace(rats, visits=visits)
    again = workflow.power(other_days, subjects=[24], repeats=repeats, errors=errors)
    any_biomarker = again.table[again.table["biomarker"] == "any"].assign(days=name)
    rows.append(any_biomarker[["days", "visit", "by_visit", "low", "high"]])
by_schedule = pd.concat(rows)
by_schedule.round(2)

# %% [markdown]
# ## If the effects are smaller than hoped
#
# `with_effects` multiplies every effect: here by three quarters and by a half, and by 0 for a
# treatment that shows in no image. Responders still live longer then; only the images know nothing.

# %%
factors = {"three quarters": 0.75, "half": 0.5, "none": 0.0}
powers = {"as declared": planned} | {
    name: workflow.power(
        simulate.with_effects(rats, factor), subjects=[16, 32, 48], repeats=repeats, errors=errors
    )
    for name, factor in factors.items()
}

# %%
figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
for name, each in powers.items():
    shown = each.table.query("biomarker == 'any' and visit == '10'")
    reach = [shown["by_visit"] - shown["low"], shown["high"] - shown["by_visit"]]
    axes.errorbar(shown["subjects"], shown["by_visit"], yerr=reach, marker="o", label=name)
axes.axhline(0.05, color="0.6", linewidth=0.8)
axes.set(xlabel="Rats in the study", ylabel="Some biomarker separates\nby day 10", ylim=(0, 1.02))
axes.legend(title="Effects", loc="center left", bbox_to_anchor=(1, 0.5))
plt.show()

# %% [markdown]
# ## What the error rate promises
#
# Without any effect a claim is false whatever it names; all tests together may make one in 5 % of
# studies. With the declared effects a claim is false where a biomarker does not differ yet, ADC on
# day 3 say.

# %%
pd.concat({name: powers[name].false_claims.round(3) for name in ("none", "as declared")})

# %% [markdown]
# ## Against the formula for one marker
#
# `stats.roc_power` asks for an AUC, which no declaration states; here it is taken from one very
# large drawn study. The formula knows one test at 5 %, and none of the animals that are gone.

# %%
many, of_many = simulate.draw_tables(rats, subjects=3000, seed=2, errors=errors)
cbv = stats.change(many[many["biomarker"] == "CBV"])
day_3 = cbv[cbv["day"] == 3].merge(of_many, on="subject")
curve = stats.roc(day_3["change"], day_3["responder"], direction="lower")
share = day_3["responder"].mean()
print(f"true AUC of the change of CBV on day 3: {curve.auc:.2f}; responders: {share:.0%}")

# %%
whole = planned.table.query("biomarker == 'CBV' and visit == '3'").set_index("subjects")
formula = {
    size: stats.roc_power(curve.auc, n_positive=share * size, n_negative=(1 - share) * size)
    for size in sizes
}
pd.DataFrame({"one test, formula": formula, "whole plan, simulated": whole["claimed"]}).round(2)

# %% [markdown]
# Which of the two differences counts: the tests, or the formula's approximation? The same
# simulation with CBV on day 3 as the only test:

# %%
only = replace(rats, visits=rats.visits[:2], courses={"CBV": rats.courses["CBV"]}, ratios={},
               outcome=replace(rats.outcome, luck_in={}))  # fmt: skip
alone = workflow.power(only, subjects=sizes, repeats=repeats, errors={"CBV": 0.05})
alone.first_effects().query("biomarker == 'CBV'")[["subjects", "by_visit", "low", "high"]].round(2)

# %% [markdown]
# With one test the formula and the simulation agree; the rest is the price of asking several
# biomarkers on several days, and of not having said which one matters.
#
# A number of animals from such curves is as good as the declaration. Change the course of a
# biomarker to what your own pilot or the literature says, and run the notebook again.
