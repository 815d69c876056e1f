"""The command `biomarkers`: parse, call, print, exit.

Exit status: 0 done; 1 part of the work failed (what was done is kept, what failed is named);
2 bad input or usage.
"""

from biomarkers.cli.entry import main

__all__ = ["main"]
