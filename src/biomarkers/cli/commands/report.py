"""From saved results to the report."""

import argparse

from biomarkers.cli.options import add_report

HELP = "draw a report again, from the files of an analysis or a prediction alone"
EPILOG = """\
RESULTS is the folder `results` of an analysis, or the one it lies in; or the folder of a
prediction, or its evaluation.json. Nothing is computed anew: the page is the one that `analyse`,
`run` or `predict` wrote. Captions of figures stand in figures/figures.json.

  biomarkers report OUT --out paper --title "Glioma in rats" --pdf
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument(
        "results", metavar="RESULTS", help="folder of an analysis or of a prediction"
    )
    parser.add_argument(
        "--out",
        metavar="DIR",
        required=True,
        help="gets report.html, figures/ and, where it is another folder, a copy of the results",
    )
    parser.add_argument(
        "--qc", metavar="DIR", help="folder of quality cards to show; of an analysis only"
    )
    add_report(parser, of="the plan, or of the outcome")


def run(options: argparse.Namespace) -> bool:
    """Draw a report."""
    from biomarkers import workflow  # noqa: PLC0415

    drawn = workflow.draw(
        options.results,
        options.out,
        qc=options.qc,
        title=options.title,
        figures=options.figures,
        pdf=options.pdf,
        docx=options.docx,
    )
    for file in drawn.files:
        print(f"Report    {file.resolve()}")
    return True
