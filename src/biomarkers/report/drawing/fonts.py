"""A light copy of the font of the figures, so that hundreds of files can hold it as text.

A PDF holds the letters it shows (Type 42, as journals ask for). Taking them out of all 6 000
of DejaVu Sans costs 0.13 s a file; out of those that people write in figures, a tenth of it.
Letters that the copy lacks are taken from the whole font.
"""

import tempfile
from functools import cache
from pathlib import Path

from matplotlib import font_manager

WHOLE, LIGHT = "DejaVu Sans", "DejaVu Sans Report"
WEIGHTS = (400, 700)

# Latin, Greek, punctuation, raised and lowered digits, arrows, mathematics.
_LETTERS = (
    (0x20, 0x7F), (0xA0, 0x180), (0x391, 0x3CA), (0x2010, 0x2027), (0x2070, 0x208F),
    (0x2190, 0x2194), (0x2202, 0x2203), (0x2206, 0x2207), (0x2211, 0x2213), (0x221A, 0x221F),
    (0x2248, 0x2249), (0x2260, 0x2266),
)  # fmt: skip


@cache
def font_families() -> tuple[str, str]:
    """Make the light copy known to matplotlib; return the families to draw with, in order."""
    for weight in WEIGHTS:
        _register(weight, Path(_folder().name) / f"{weight}.ttf")
    return LIGHT, WHOLE


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    # matplotlib opens the files again and again: they live as long as this process.
    return tempfile.TemporaryDirectory(prefix="biomarkers-font-")


def _register(weight: int, path: Path) -> None:
    from fontTools import subset  # type: ignore[import-untyped]  # noqa: PLC0415 -- 0.4 s to load, only where figures are drawn

    whole = font_manager.findfont(font_manager.FontProperties(family=WHOLE, weight=weight))
    options = subset.Options(layout_features=[], name_IDs=[1, 2, 4, 6], glyph_names=False)
    options.drop_tables += ["FFTM", "GPOS", "GSUB", "GDEF", "kern"]
    font = subset.load_font(whole, options, lazy=True)
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=[code for first, last in _LETTERS for code in range(first, last)])
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 4, 16):
            record.string = LIGHT
    font.save(path)
    font_manager.fontManager.addfont(path)
