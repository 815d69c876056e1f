"""The picture on the card of radiomics: regions on the image, and their intensities."""

import io
from collections.abc import Mapping

import numpy as np
from PIL import Image as Raster

from biomarkers.images import Image, LabelMap
from biomarkers.radiomics.extraction import Measured
from biomarkers.study.charts import Chart, Mark, draw_charts
from biomarkers.study.drawing import png
from biomarkers.study.pictures import MapPanel, map_panels

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
    parts = [Raster.open(io.BytesIO(part)) for part in (slices, draw_charts(charts[:_MOST_CHARTS]))]
    sheet = Raster.new(
        "RGB", (max(part.width for part in parts), sum(part.height for part in parts)), "white"
    )
    top = 0
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return png(sheet)


def _chart(region: str, each: Measured) -> Chart:
    counts, edges = np.histogram(each.region.intensities, _BARS)
    bars = Mark("bars", edges, counts.astype(float), "#0072b2")
    return Chart(f"Intensities of {region}", "intensity", "voxels", (bars,))
