"""Open a report and the pages of its subjects as people do, and say what is wrong.

Run as ``python docs/check_report.py REPORT.html SCREENSHOTS [AXE]``; see `looks.py`. Exits with 1
where something is wrong.
"""

import sys
from pathlib import Path

from looks import AXE, look_at


def main(arguments: list[str]) -> int:
    """Check every page in every way; return 1 if anything is wrong, else 0."""
    report, out = Path(arguments[0]), Path(arguments[1])
    pages = [report, *sorted((report.parent / "subjects").glob("*.html"))]
    axe = Path(arguments[2]) if len(arguments) > 2 else AXE
    return look_at(pages, folder=report.parent, out=out, axe=axe)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
