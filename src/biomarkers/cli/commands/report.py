"""From saved results to the report."""

import argparse

HELP = "draw the report of results again, from their files alone"
EPILOG = """\
RESULTS is the folder `results` of an analysis, or the one it lies in. Nothing is analysed anew:
the page is the one that `analyse` wrote. Figures become files of their own, figures/*.svg, .pdf
and .png (300 dpi), with their captions in figures/figures.json.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("results", metavar="RESULTS", help="folder of an analysis")
    parser.add_argument(
        "--out", metavar="DIR", required=True, help="gets report.html, figures/ and results/"
    )
    parser.add_argument("--title", help="heading of the page; default: that of the plan")
    parser.add_argument("--qc", metavar="DIR", help="folder of quality cards to show")
    parser.add_argument(
        "--figures",
        choices=["shown", "all", "none"],
        default="shown",
        help="whose figures become files: of the biomarkers that the page shows in full, or of all "
        "(shown)",
    )
    parser.add_argument("--pdf", action="store_true", help="write report.pdf, too")
    parser.add_argument("--docx", action="store_true", help="write report.docx, too")


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
