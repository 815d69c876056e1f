"""Simulated spectra with water, whose concentrations are known."""

from functools import cache

import numpy as np

from biomarkers import mrs

DWELL, POINTS, FREQUENCY, TE, TR = 5e-4, 1024, 123.2, 0.03, 2.0
LEVELS = {"NAA": 9.0, "Cr": 8.0, "GPC": 1.6, "Ins": 6.0, "Glu": 9.0}
TISSUE = {"gm": 0.5, "wm": 0.3, "csf": 0.2}
CONTENT = {"gm": 0.78, "wm": 0.65, "csf": 0.97}
WATER = {"gm": (1.3, 0.11), "wm": (0.8, 0.08), "csf": (4.0, 2.0)}
METABOLITES = {"NAA": (1.4, 0.25), "Cr": (1.3, 0.15), "GPC": (1.2, 0.23)}
RELAXATION = mrs.Relaxation(WATER, METABOLITES, others=(1.25, 0.17), source="made up")


@cache
def basis(scale=1.0):
    made = mrs.simulate_basis(
        sequence="press", te=(0.011, 0.019), frequency_mhz=FREQUENCY, dwell=DWELL, points=POINTS,
        metabolites=tuple(LEVELS),
    )  # fmt: skip
    return made.with_fid(scale * made.fid)


def left(times, te=TE, tr=TR):
    """Return the share of a signal that relaxation leaves."""
    return (1 - np.exp(-tr / times[0])) * np.exp(-te / times[1])


def spectrum(levels=LEVELS, noise=0.2, seed=0, gain=3.0, **changes):
    """Return a scan of concentrations in mmol per litre of grey and white matter, with water."""
    time = np.arange(POINTS) * DWELL
    solid = TISSUE["gm"] + TISSUE["wm"]
    fid = sum(
        solid * level * left(METABOLITES.get(name, (1.25, 0.17))) * basis()[name]
        for name, level in levels.items()
    )
    fid = fid * np.exp(-10 * time - (8 * time) ** 2)
    amount = sum(TISSUE[each] * CONTENT[each] * left(WATER[each]) for each in TISSUE)
    water = 2 * 55510 * amount * np.exp(-12 * time)
    random = np.random.default_rng(seed).normal(scale=noise, size=(2, POINTS))
    times = {"te": TE, "tr": TR}
    of_water = mrs.Scan(gain * water[None, None, None].astype(complex), DWELL, FREQUENCY, **times)
    noisy = gain * (fid + random[0] + 1j * random[1])
    given = {"water": of_water, "source": "a spectrum", **times} | changes
    return mrs.Scan(noisy[None, None, None], DWELL, FREQUENCY, **given)


def fitted(scan=None, **how):
    return mrs.fit(spectrum() if scan is None else scan, how.pop("basis", basis()), **how)
