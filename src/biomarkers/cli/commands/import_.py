"""From what scanners leave to a study."""

import argparse
from typing import TYPE_CHECKING

from biomarkers.cli.options import add_volume, progress_of

if TYPE_CHECKING:
    from biomarkers.study import Imported

HELP = "make a BIDS study of DICOM files or Bruker scans"
EPILOG = """\
First look, then write:
  biomarkers import dicom SRC STUDY --draft mapping.tsv     lists the series, drafts a mapping
  biomarkers import dicom SRC STUDY --mapping mapping.tsv   writes what the edited mapping says
A row of the mapping names series (series, description, protocol, patient, date, folder; * stands
for anything, an empty cell for any) and says what they become (subject, session, day, datatype,
suffix, entities, join). The first row that says a thing decides it; the suffix skip leaves a
series out.
Names, identifiers, dates, times of day and free text are not copied. The mapping holds
identifiers of the scanner: keep it outside of STUDY.
"""
_FEW = 5


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options."""
    parser.add_argument("kind", choices=["dicom", "bruker"], help="what SRC holds")
    parser.add_argument("source", metavar="SRC", help="folder, with all folders below it")
    parser.add_argument("study", metavar="STUDY", help="BIDS folder, begun or extended")
    parser.add_argument(
        "--mapping", metavar="FILE", help="which series becomes what: TSV, CSV, Excel or TOML"
    )
    parser.add_argument("--draft", metavar="FILE", help="write a mapping to be edited: TSV or CSV")
    parser.add_argument(
        "--baseline",
        metavar="SESSION",
        help="session whose date is day 0, where the mapping states no days",
    )
    parser.add_argument(
        "--keep",
        metavar="NAME",
        nargs="+",
        default=(),
        help="identifying fields that are copied to sidecars nevertheless",
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="check what the mapping asks for; write nothing"
    )
    add_volume(parser)


def run(options: argparse.Namespace) -> bool:
    """Look at what there is, or import it."""
    from biomarkers import study  # noqa: PLC0415

    importer = study.import_dicom if options.kind == "dicom" else study.import_bruker
    with progress_of(options) as progress:
        imported = importer(
            options.source,
            options.study,
            mapping=options.mapping,
            baseline=options.baseline,
            keep=options.keep,
            dry_run=options.dry_run,
            progress=progress,
        )
    _print_contents(imported)
    draft = imported.write_draft(options.draft) if options.draft else None
    if imported.written:
        print(f"Written   {len(imported.written)} files in {imported.root}")
        print(f"Next      biomarkers measure {imported.root} OUT")
    else:
        print("Written   nothing")
        mapping = draft or options.mapping or "FILE"
        command = f"biomarkers import {options.kind} {options.source} {options.study}"
        print(f"Next      {command} --mapping {mapping}")
    return True


def _print_contents(imported: "Imported") -> None:
    table = imported.table
    print(f"Found     {len(table)} series; subjects: {table['patient'].nunique()}")
    if len(table):
        print(table.astype(str).to_string(index=False))
    for line in imported.unreadable:
        print(f"Faulty    {line}")
    for line in imported.notes:
        print(f"Note      {line}")
    if imported.others:
        shown = ", ".join(str(path) for path in imported.others[:_FEW])
        more = ", …" if len(imported.others) > _FEW else ""
        print(f"No image  {len(imported.others)}: {shown}{more}")
    if imported.dropped:
        print(f"Dropped   {', '.join(imported.dropped)}")
