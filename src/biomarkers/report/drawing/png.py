"""A matplotlib figure as PNG, three times as fast as by way of an image library.

Those try five filters on every row; the difference to the row above is as good for a drawing.
"""

import struct
import zlib

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

DPI = 300

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_RGBA = 6  # the kind of colour
_UP = 2  # the filter: each byte less the one above it


def to_png(figure: Figure) -> bytes:
    """Return a figure as PNG of 300 dpi; call it inside `house_style`."""
    before = figure.dpi
    figure.set_dpi(DPI)
    try:
        canvas = FigureCanvasAgg(figure)
        canvas.draw()  # type: ignore[no-untyped-call]
        pixels = np.asarray(canvas.buffer_rgba())  # type: ignore[no-untyped-call]
    finally:
        figure.set_dpi(before)
    height, width, channels = pixels.shape
    flat = pixels.reshape(height, channels * width)
    rows = np.empty((height, 1 + channels * width), dtype=np.uint8)
    rows[:, 0] = _UP
    rows[0, 1:] = flat[0]
    np.subtract(flat[1:], flat[:-1], out=rows[1:, 1:])
    per_metre = round(DPI / 0.0254)
    return _SIGNATURE + b"".join(
        (
            _chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, _RGBA, 0, 0, 0)),
            _chunk(b"pHYs", struct.pack(">IIB", per_metre, per_metre, 1)),
            _chunk(b"IDAT", zlib.compress(rows.tobytes(), level=1)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )
