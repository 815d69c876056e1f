"""`python -m biomarkers` is the command line."""

import sys

from biomarkers.cli import main

sys.exit(main())
