"""The picture on the card of radiomics: regions on the image, and their intensities."""

from collections.abc import Mapping

import numpy as np

from biomarkers.images import Image, LabelMap
from biomarkers.radiomics.extraction import Measured
from biomarkers.study.charts import Chart, Mark, draw_charts
from biomarkers.study.pictures import MapPanel, map_panels
from biomarkers.study.slices import stacked

_MOST_CHARTS = 3
_BARS = 32


def mask_and_histogram(
    name: str, image: Image, labels: LabelMap, regions: Mapping[str, Measured]
) -> bytes:
    """Return slices with the regions outlined, over a histogram of those that count."""
    slices = map_panels([MapPanel(name, image, labels)])
    charts = [_chart(region, each) for region, each in regions.items() if each.region.kept.any()]
    if not charts:
        return slices
    return stacked((slices, draw_charts(charts[:_MOST_CHARTS])), margin=0)


def _chart(region: str, each: Measured) -> Chart:
    counts, edges = np.histogram(each.region.intensities, _BARS)
    bars = Mark("bars", edges, counts.astype(float), "#0072b2")
    return Chart(f"Intensities of {region}", "intensity", "voxels", (bars,))
