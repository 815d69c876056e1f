"""The table of minimum reporting standards, MRSinMRS, from headers, steps and settings.

Lin et al., NMR Biomed 2021;34:e4484. doi:10.1002/nbm.4484
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from biomarkers import __version__
from biomarkers.checks import require_type
from biomarkers.errors import InputError
from biomarkers.images.grid import voxel_size
from biomarkers.mrs.scan import AVERAGE, COIL, SPACE, Scan
from biomarkers.units import conversion_factor

if TYPE_CHECKING:
    import pandas as pd

    from biomarkers.mrs.fitting.record import Fit

OPEN = "open"
COLUMNS = ("section", "item", "value")
_HARDWARE, _ACQUISITION = "1. Hardware", "2. Acquisition"
_ANALYSIS, _QUALITY = "3. Data analysis methods and outputs", "4. Data quality"


def methods_table(
    scan: Scan, fit: "Fit", *, output: str = "", known: Mapping[str, str] | None = None
) -> "pd.DataFrame":
    """Return the table of minimum reporting standards of a scan and its fit, MRSinMRS.

    Parameters
    ----------
    scan
        As acquired, with its header: coils and averages are counted in it.
    fit
        Of that scan.
    output
        What is reported, for instance "ratios to tCr"; open if not said.
    known
        What no file says, by the item's number, for instance ``{"2h": "FASTMAP, water < 14 Hz"}``.

    Returns
    -------
    DataFrame
        One row per item of the checklist: section, item, value; `open` where neither header nor
        settings say. `mrs.methods_markdown` writes it as Markdown.

    Raises
    ------
    InputError
        If `scan` or `fit` is none, or `known` names an item that the checklist does not have.

    References
    ----------
    Lin A, Andronesi O, Bogner W, et al. NMR Biomed 2021;34:e4484. doi:10.1002/nbm.4484

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> fit = mrs.fit(scan, basis, bands=())
    >>> table = mrs.methods_table(scan, fit, output="ratios to tCr").set_index("item")["value"]
    >>> table["1a Field strength"], table["3c Output measure"], table["1b Manufacturer"]
    ('3 T', 'ratios to tCr', 'open')

    """
    import pandas as pd  # noqa: PLC0415  (slow to import)

    from biomarkers.mrs.fitting.record import Fit  # noqa: PLC0415

    require_type("scan", scan, Scan, "a scan, as mrs.load gives it")
    require_type("fit", fit, Fit, "a fit, as mrs.fit gives it")
    given = dict(known or {})
    strange = sorted(set(given) - {item[:2] for _, item, _ in _ITEMS})
    if strange:
        raise InputError(f"known names {', '.join(strange)}; items are 1a to 4d")
    rows = []
    for section, item, value_of in _ITEMS:
        stated = output if item.startswith("3c") else value_of(scan, fit)
        rows.append((section, item, given.get(item[:2]) or stated or OPEN))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def methods_markdown(table: "pd.DataFrame") -> str:
    """Return a table of `methods_table` as Markdown.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> fit = mrs.fit(scan, basis, bands=())
    >>> text = mrs.methods_markdown(mrs.methods_table(scan, fit, known={"1b": "Bruker"}))
    >>> print("".join(text.splitlines(keepends=True)[:5]).rstrip())
    | item | value |
    |---|---|
    | **1. Hardware** | |
    | 1a Field strength | 3 T |
    | 1b Manufacturer | Bruker |

    """
    lines = ["| item | value |", "|---|---|"]
    for section, rows in table.groupby("section", sort=False):
        lines.append(f"| **{section}** | |")
        lines += [
            f"| {item} | {str(value).replace('|', '/')} |"
            for item, value in zip(rows["item"], rows["value"], strict=True)
        ]
    return "\n".join(lines) + "\n"


def _header(*keys: str) -> Callable[[Scan, "Fit"], str]:
    """Return what the header says under some keys, together."""

    def value(scan: Scan, _: "Fit") -> str:
        return ", ".join(_text(scan.header[key]) for key in keys if scan.header.get(key))

    return value


def _text(value: Any) -> str:
    if isinstance(value, Mapping):
        return str(value.get("Value", value))
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _field(scan: Scan, _: "Fit") -> str:
    if scan.nucleus != "1H":
        return f"{scan.frequency_mhz:.6g} MHz ({scan.nucleus})"
    return f"{scan.frequency_mhz * conversion_factor('MHz', 'T'):.3g} T"


def _coils(scan: Scan, fit: "Fit") -> str:
    named = _header("RxCoil", "TxCoil", "ReceiveCoilName", "TransmitCoilName")(scan, fit)
    count = _length(scan, COIL)
    parts = [named, f"{count} channels" if count else ""]
    return ", ".join((scan.nucleus, *filter(None, parts))) if any(parts) else ""


def _length(scan: Scan, axis: str) -> int:
    return int(scan.fid.shape[len(SPACE) + scan.axes.index(axis)]) if axis in scan.axes else 0


def _sequence(scan: Scan, fit: "Fit") -> str:
    return scan.sequence or _header("SequenceName", "ProtocolName", "PulseSequenceType")(scan, fit)


def _place(scan: Scan, fit: "Fit") -> str:
    named = _header("VOI")(scan, fit)
    if named or scan.affine is None:
        return named
    middle = scan.affine @ np.r_[(np.array(scan.fid.shape[:3]) - 1) / 2, 1.0]
    centre = ", ".join(f"{value:.1f}" for value in middle[:3])
    return f"around ({centre}) mm in the scanner's space; its anatomical name is {OPEN}"


def _size(scan: Scan, _: "Fit") -> str:
    if scan.affine is None:
        return ""
    return " × ".join(f"{edge:.4g}" for edge in voxel_size(scan.affine)) + " mm^3"


def _timing(scan: Scan, _: "Fit") -> str:
    times = (("TR", scan.tr), ("TE", scan.te))
    if scan.tr is None and scan.te is None:
        return ""
    return ", ".join(
        f"{name} {OPEN}" if each is None else f"{name} {1e3 * each:g} ms" for name, each in times
    )


def _averages(scan: Scan, fit: "Fit") -> str:
    count = _length(scan, AVERAGE)
    if count:
        return f"{count} signals"
    return _header("NumberOfAverages", "NumberOfSpectralAverages", "averages", "rows")(scan, fit)


def _sampling(scan: Scan, fit: "Fit") -> str:
    parts = [f"{1.0 / scan.dwell:.4g} Hz, {scan.points} points"]
    offset = _header("TxOffset")(scan, fit)
    mixing = scan.header.get("MixingTime")
    if offset:
        parts.append(f"offset {offset} ppm")
    if mixing:
        parts.append(f"TM {1e3 * float(mixing):g} ms")
    if scan.is_grid:
        parts.append(f"matrix {' × '.join(map(str, scan.fid.shape[:3]))}")
    return ", ".join(parts)


def _steps(_: Scan, fit: "Fit") -> str:
    return "; ".join(f"{step.name} ({step.method})" for step in fit.setup.scan.steps) or "none"


def _model(_: Scan, fit: "Fit") -> str:
    setup = fit.setup
    bands = ", ".join(setup.settings["Bands"])
    low, high = setup.choices.ppm
    baseline = setup.choices.baseline
    kind = baseline if isinstance(baseline, str) or baseline is None else f"{baseline[0]} of order "
    order = baseline[1] if isinstance(baseline, tuple) else ""
    return (
        f"{fit.model}, {low:g} to {high:g} ppm; basis: {setup.basis.source} "
        f"({', '.join(setup.basis.names)}); bands: {bands or 'none'}; baseline: {kind}{order}; "
        f"deviations of single metabolites: {'yes' if setup.choices.deviations else 'no'}; "
        f"reference: {'water' if setup.scan.water is not None else 'no water'}"
    )


def _reported(_: Scan, fit: "Fit") -> str:
    return (
        f"SNR {fit.snr:.3g} ({_peak(fit)}, height over SD of noise); FWHM "
        f"{fit.fwhm_hz:.3g} Hz, {fit.fwhm_ppm:.3g} ppm (tallest metabolite)"
    )


def _peak(fit: "Fit") -> str:
    return fit.judged.peak or "tallest peak"


def _criteria(_: Scan, fit: "Fit") -> str:
    judged = fit.judged
    return (
        f"nothing is left out; flagged: FWHM above {judged.fwhm_ppm:g} ppm, SNR of {_peak(fit)} "
        f"below {judged.snr:g}, CRLB above {judged.crlb_percent:g} % and {judged.crlb_absolute:g}"
    )


def _goodness(_: Scan, fit: "Fit") -> str:
    return (
        f"CRLB of the full Fisher matrix; p that the residual is white noise {fit.whiteness:.2g}; "
        f"SD of the residual {np.std(fit.curves.residual.real):.3g}"
    )


def _open(_: Scan, __: "Fit") -> str:
    return ""


_ITEMS: tuple[tuple[str, str, Callable[[Scan, "Fit"], str]], ...] = (
    (_HARDWARE, "1a Field strength", _field),
    (_HARDWARE, "1b Manufacturer", _header("Manufacturer")),
    (_HARDWARE, "1c Model (software version)",
     _header("ManufacturersModelName", "SoftwareVersions")),
    (_HARDWARE, "1d RF coils: nuclei, number of channels, type, body part", _coils),
    (_HARDWARE, "1e Additional hardware", _open),
    (_ACQUISITION, "2a Pulse sequence", _sequence),
    (_ACQUISITION, "2b Volume of interest (VOI) locations", _place),
    (_ACQUISITION, "2c Nominal VOI size", _size),
    (_ACQUISITION, "2d Repetition time (TR), echo time (TE)", _timing),
    (_ACQUISITION, "2e Total number of excitations or acquisitions per spectrum", _averages),
    (_ACQUISITION, "2f Additional sequence parameters", _sampling),
    (_ACQUISITION, "2g Water suppression method", _header("WaterSuppressionType")),
    (_ACQUISITION, "2h Shimming method, reference peak, thresholds", _open),
    (_ACQUISITION, "2i Triggering or motion correction method", _header("SequenceTriggered")),
    (_ANALYSIS, "3a Analysis software", lambda *_: f"biomarkers {__version__}"),
    (_ANALYSIS, "3b Processing steps", _steps),
    (_ANALYSIS, "3c Output measure", _open),
    (_ANALYSIS, "3d Quantification references and assumptions, fitting model", _model),
    (_QUALITY, "4a Reported variables (SNR, line width)", _reported),
    (_QUALITY, "4b Data exclusion criteria", _criteria),
    (_QUALITY, "4c Quality measures of the fit", _goodness),
    (_QUALITY, "4d Sample spectrum", lambda *_: "fit.plot()"),
)  # fmt: skip
