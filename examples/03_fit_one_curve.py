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
# # Fit one curve
#
# One tissue curve, one input, one model: estimates with standard errors, and a plain word where the
# data cannot tell. Times are in seconds, concentrations in mM, rates in 1/min.

# %%
import matplotlib.pyplot as plt
import numpy as np

from biomarkers.kinetics import MODELS, Input, profile_interval, select

# %% [markdown]
# ## A curve made by other means
#
# The truth is computed by brute force: the convolution as a sum over a grid of a hundredth of a
# second. Nothing of the package is used for it.

# %%
truth = {"Ktrans": 0.12, "kep": 0.40, "vp": 0.03}

step = 0.01
fine = np.arange(0, 300, step)
since = np.clip(fine - 20, 0, None)
plasma = np.where(since < 8, since, 8 * np.exp(-0.02 * (since - 8)))
decay = np.exp(-truth["kep"] / 60 * fine)
leaked = truth["Ktrans"] / 60 * np.convolve(plasma, decay)[: fine.size] * step
exact = truth["vp"] * plasma + leaked

time = np.arange(0, 300, 3.0)
place = np.rint(time / step).astype(int)
random = np.random.default_rng(1)
curve = exact[place] + random.normal(0, 0.02, time.size)

# %% [markdown]
# ## The fit
#
# The input keeps its own sampling; it is never laid on the grid of the images. There are no start
# values to choose.

# %%
aif = Input(fine[::50], plasma=plasma[::50])
fit = MODELS["extended_tofts"].fit(curve, time, aif)
print(fit)

# %%
figure, axes = plt.subplots(figsize=(6, 3), layout="constrained")
axes.plot(time, curve, ".", label="measured")
axes.plot(time, fit.predicted(), label="fitted")
axes.set(xlabel="Time (s)", ylabel="Concentration (mM)")
axes.legend()
plt.show()

# %%
for name, true in truth.items():
    print(f"{name:7} true {true:.3f}   estimated {fit[name]:.4f} ± {fit.se[name]:.4f}")

# %% [markdown]
# ## Is the standard error honest?
#
# The same call takes one curve or many. Measure the same tissue two thousand times: the estimates
# should scatter by what the standard errors say.

# %%
noise = random.normal(0, 0.02, (2000, time.size))
many = MODELS["extended_tofts"].fit(exact[place] + noise, time, aif)
for name in truth:
    print(f"{name:7} scatter {many[name].std():.5f}   standard error {many.se[name].mean():.5f}")

# %% [markdown]
# ## When the data cannot tell
#
# Where nothing leaks, ve = Ktrans/kep is a quotient of two things that are not there. A fit that
# returns a number for it returns noise; this one returns NaN, and its reasons say why.

# %%
tight = truth["vp"] * plasma[place] + random.normal(0, 0.02, time.size)
silent = MODELS["extended_tofts"].fit(tight, time, aif)
print(silent)

# %% [markdown]
# - `converged`: the search came to rest;
# - `at_bound`: an amplitude was held at zero, or a rate ended at a limit;
# - `identifiable`: every parameter, and its error, could be determined.

# %%
print("converged   ", bool(silent.converged))
print("at a bound  ", bool(silent.at_bound))
print("identifiable", bool(silent.identifiable))
print("in words    ", silent.reasons.words())

# %% [markdown]
# ## When a standard error is not enough
#
# A standard error describes a parabola. The profile of the first curve is one: estimate ± 2
# standard errors. That of the tight one is not: exchange fast enough looks like plasma, and then
# Ktrans may be anything. A standard error alone would not have said so.

# %%
for title, measured in (("leaking", curve), ("tight", tight)):
    model = MODELS["extended_tofts"]
    low, high = profile_interval(model, measured, time, aif, parameter="Ktrans")
    print(f"{title:8} Ktrans, 95 % interval by profile: {low:.3f} to {high:.3f} 1/min")

# %% [markdown]
# ## Another model
#
# So the tight curve asks for a simpler model. Models differ in name and parameters, not in how they
# are fitted; Akaike weights say how far a curve favours each.

# %%
candidates = [MODELS[name] for name in ("tofts", "extended_tofts", "patlak")]
for title, measured in (("leaking", curve), ("tight", tight)):
    choice = select(candidates, measured, time, aif)
    weights = zip(choice.models, choice.weights, strict=True)
    print(f"{title:8}", ", ".join(f"{name} {weight:.2f}" for name, weight in weights))

# %%
print(MODELS["patlak"].fit(tight, time, aif))
