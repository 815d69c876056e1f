"""Import: a folder of files as scanners leave them becomes a study."""

from collections.abc import Sequence
from pathlib import Path

from biomarkers.study.convert.bruker import scanning as bruker
from biomarkers.study.convert.dicom import scanning as dicom
from biomarkers.study.convert.importing import Imported, Progress, imported
from biomarkers.study.convert.mapping import Given


def import_dicom(
    source: Path | str,
    study: Path | str,
    *,
    mapping: Given | None = None,
    baseline: str | None = None,
    keep: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import DICOM files into a study: pixels by dcm2niix, headers by pydicom.

    Series are found by their headers, in whatever folders and under whatever names their files
    lie. Everything is checked before anything is written, and written beside the study before it
    is moved there; no file is written over.

    Parameters
    ----------
    source
        Folder, searched with all folders below it.
    study
        A BIDS folder, begun if it does not exist, extended if it does.
    mapping
        Which series becomes what: a file (TSV, CSV, Excel, TOML), or its rows as dictionaries.
        Without it nothing is written: see `Imported.table` and `Imported.write_draft`.
    baseline
        Label of the session whose date is day 0, where the mapping states no days.
    keep
        Names of identifying fields (keywords of DICOM, or `TimeZero` for the time of day) that
        are copied to sidecars nevertheless.
    dry_run
        Check everything that a mapping asks for, and write nothing.
    progress
        Called with series done, series in all, and the name of the last one.

    Returns
    -------
    Imported
        What was found, written and dropped.

    Raises
    ------
    ProblemsError
        If a series that is mapped lacks slices or volumes, is cut off or there twice, has no place
        or day in the study, or its place is taken; every problem is named.
    InputError
        If there is nothing to import, or pydicom or dcm2niix is not installed.

    Examples
    --------
    >>> from biomarkers import study
    >>> study.import_dicom("scans", "study").write_draft("mapping.tsv")  # doctest: +SKIP
    >>> study.import_dicom("scans", "study", mapping="mapping.tsv").written  # doctest: +SKIP

    """
    contents = dicom.find_series(source, keep=keep)
    return imported(
        contents,
        Path(study),
        mapping=mapping,
        baseline=baseline,
        dry_run=dry_run,
        progress=progress,
    )


def import_bruker(
    source: Path | str,
    study: Path | str,
    *,
    mapping: Given | None = None,
    baseline: str | None = None,
    keep: Sequence[str] = (),
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Imported:
    """Import scans of Bruker ParaVision 5 to 360 into a study, read by brukerapi.

    Slope and offset are applied frame by frame, packs of slices become images of their own
    (`chunk-1`, `chunk-2`), echoes too (`echo-1`, ...). Scans that were aborted or are broken are
    told in `Imported.unreadable`, a line each, and left out.

    Parameters
    ----------
    source
        Folder of a scan, a study, or of many; `series` in a mapping is the path below it.
    study, mapping, baseline, dry_run, progress
        As in `import_dicom`.
    keep
        Names of identifying parameters that are copied to sidecars nevertheless.

    Returns
    -------
    Imported
        What was found, written and dropped.

    Raises
    ------
    ProblemsError
        If a scan that is mapped has no place or day in the study, or its place is taken.
    InputError
        If there is nothing to import, or brukerapi is not installed.

    Examples
    --------
    >>> from biomarkers import study
    >>> study.import_bruker("20240105_rat7", "study").table  # doctest: +SKIP

    """
    contents = bruker.find_series(source, keep=keep)
    return imported(
        contents,
        Path(study),
        mapping=mapping,
        baseline=baseline,
        dry_run=dry_run,
        progress=progress,
    )
