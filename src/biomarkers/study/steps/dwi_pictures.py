"""Picture of a diffusion-weighted series: how the signal of regions falls with b, and the fit."""

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.dwi import DiffusionMap
from biomarkers.images import LabelMap
from biomarkers.images.scaled import Series
from biomarkers.study.charts import Chart, Mark, draw_charts

# Okabe and Ito's colours, which remain apart for the colour-blind.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7")


def decay_panel(
    values: Series, b: FloatArray, adc: DiffusionMap, regions: LabelMap
) -> bytes | None:
    """Draw the median signal of the first regions, over that at b = 0, against b; return a PNG.

    None if no region has a value. The line is what the median ADC of the region predicts.
    """
    marks = []
    line = np.linspace(0.0, float(b.max()), 50)
    largest = sorted(regions.regions, key=lambda each: -int(regions.mask(each).sum()))
    for region, colour in zip(largest, _COLOURS, strict=False):
        known = regions.mask(region) & adc.has("ADC") & (adc["S0"] > 0)
        if not known.any():
            continue
        unweighted = adc["S0"][known]
        relative = np.array([np.median(values[..., k][known] / unweighted) for k in range(b.size)])
        predicted = np.exp(-line * np.median(adc["ADC"][known]))
        marks += [Mark("dots", b, relative, colour), Mark("line", line, predicted, colour, region)]
    if not marks:
        return None
    chart = Chart("Signal over that at b = 0", "b (s/mm^2)", "", marks, from_zero=True)
    return draw_charts([chart])
