"""Open pages of every kind of the built site as people do, and say what is wrong.

Run as ``python docs/check_site.py SITE SCREENSHOTS [PAGE ...]``; see `looks.py`. Exits with 1 where
something is wrong.
"""

import sys
from pathlib import Path

from looks import WAYS, look_at

# Home, search, a page of each kind, and those with the widest tables and the longest signatures.
PAGES = (
    "index", "search", "genindex", "examples/index", "examples/02_from_images_to_report",
    "tutorials/first-report", "how-to/index", "how-to/map-t1", "reference/measurement-table",
    "explanation/kinetics", "api/index", "api/stats", "api/stats/roc", "api/kinetics/Input",
    "api/dwi/ivim", "changelog",
)  # fmt: skip


def main(arguments: list[str]) -> int:
    """Check every page on the screen; return 1 if anything is wrong, else 0."""
    site, out = Path(arguments[0]), Path(arguments[1])
    pages = [site / f"{name}.html" for name in arguments[2:] or PAGES]
    ways = [way for way in WAYS if way.media == "screen"]
    return look_at(pages, folder=site, out=out, ways=ways, search="ktrans")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
