"""A fitted spectrum: amplitudes with their joint errors, and everything that is asked of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from biomarkers.arrays import FloatArray
from biomarkers.checks import require_level
from biomarkers.errors import InputError
from biomarkers.estimates import Estimates
from biomarkers.mrs.fitting.concentrations import concentrations
from biomarkers.mrs.fitting.drawing import Curves
from biomarkers.mrs.fitting.outcome import Quality
from biomarkers.mrs.fitting.pipeline import Solution
from biomarkers.mrs.fitting.ratios import names_of, ratio, weights
from biomarkers.mrs.fitting.setup import Setup

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    from biomarkers.mrs.fitting.alternatives import Alternatives
    from biomarkers.mrs.relaxation import Relaxation


COLUMNS = ("metabolite", "ratio", "se", "se_model", "low", "high", "crlb_percent", "flag")


@dataclass(frozen=True, eq=False, repr=False)
class Fit(Estimates):
    """A fitted spectrum: amplitudes by metabolite, their joint errors, and how good it is.

    An amplitude is that of the metabolite's signal in the basis, per unit of the signal; ratios
    of amplitudes are ratios of concentrations, not yet corrected for relaxation.

    Parameters
    ----------
    signals
        Names of the signals that were fitted, (M).
    amplitudes
        Of the signals, (M,).
    joint
        Their covariance, (M, M), from the whole Fisher matrix.
    curves
        What was fitted, over the window.
    snr
        Height of the peak of `judged.peak` by the standard deviation of the noise.
    fwhm_hz
        Full width at half maximum of the tallest metabolite, Hz.
    ppm_shift
        By how much the spectrum lay above the basis, ppm.
    conjugated
        Whether the signal was mirrored in frequency, and turned back.
    baseline_per_ppm
        Effective dimensions of the baseline per ppm.
    whiteness
        p-value that the residual is white noise.
    judged
        From where on a spectrum or metabolite is flagged.
    setup, solution
        What was fitted and with what, and where the search ended, for further fits from there.

    Examples
    --------
    >>> import numpy as np
    >>> from biomarkers import mrs
    >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
    >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
    >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
    >>> fit = mrs.fit(scan, basis, bands=())
    >>> round(float(fit["NAA"]), 3), round(float(fit["Cr"]), 3), round(fit.fwhm_hz)
    (3.0, 2.0, 6)

    """

    signals: tuple[str, ...] = field(kw_only=True)
    amplitudes: FloatArray = field(kw_only=True)
    joint: FloatArray = field(kw_only=True)
    curves: Curves = field(kw_only=True)
    snr: float = field(kw_only=True)
    fwhm_hz: float = field(kw_only=True)
    ppm_shift: float = field(kw_only=True)
    conjugated: bool = field(kw_only=True)
    baseline_per_ppm: float = field(kw_only=True)
    whiteness: float = field(kw_only=True)
    judged: Quality = field(kw_only=True)
    setup: Setup = field(kw_only=True)
    solution: Solution = field(kw_only=True)

    @property
    def fwhm_ppm(self) -> float:
        """Full width at half maximum of the tallest metabolite, ppm."""
        return self.fwhm_hz / self.setup.scan.frequency_mhz

    @property
    def covariance(self) -> "pd.DataFrame":
        """Covariance of the amplitudes, (M, M), by name.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
        >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
        >>> fit = mrs.fit(scan, basis, bands=())
        >>> se = fit.covariance.loc["Cr", "Cr"] ** 0.5
        >>> bool(np.isclose(se, fit.se["Cr"]))
        True

        """
        import pandas as pd  # noqa: PLC0415  (slow to import)

        return pd.DataFrame(self.joint, self.signals, self.signals)

    @property
    def correlations(self) -> "pd.DataFrame":
        """Correlations of the amplitudes, (M, M), by name.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
        >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
        >>> fit = mrs.fit(scan, basis, bands=())
        >>> abs(np.diag(fit.correlations)).round(6).tolist(), bool(fit.correlations.iloc[0, 1] < 1)
        ([1.0, 1.0], True)

        """
        import pandas as pd  # noqa: PLC0415

        sd = np.sqrt(np.diag(self.joint))
        return pd.DataFrame(self.joint / np.outer(sd, sd), self.signals, self.signals)

    @cached_property
    def alternatives(self) -> "Alternatives":
        """The same spectrum fitted with other baselines, lines and macromolecules.

        Fitted when first asked for, and kept.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
        >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
        >>> fit = mrs.fit(scan, basis, bands=())
        >>> fit.alternatives.chosen.amplitudes.round(3).tolist(), len(fit.alternatives.others) > 0
        ([3.0, 2.0], True)

        """
        from biomarkers.mrs.fitting.alternatives import alternatives_of  # noqa: PLC0415

        return alternatives_of(self.setup, self.solution)

    def ratios(self, to: str = "tCr", *, total: bool = True, level: float = 0.95) -> "pd.DataFrame":
        """Return the ratio of every metabolite, single and combined, to one of them.

        Parameters
        ----------
        to
            What they are relative to: a metabolite, `tNAA`, `tCr`, `tCho` or `Glx`.
        total
            Whether the spectrum is fitted with other baselines, line shapes and macromolecules
            too (`alternatives`, kept once made); what ratios change by then is `se_model`, and
            widens `low` and `high`. Without it, which takes a fraction of the time, `se_model` is
            NaN and the interval holds for noise alone.
        level
            Coverage of the interval.

        Returns
        -------
        DataFrame
            One row per metabolite: metabolite, ratio, se (of noise, by the Cramer-Rao bound),
            se_model, low, high, crlb_percent (se in % of the ratio), flag (in words, empty for
            nothing).

        Raises
        ------
        InputError
            If there is no such metabolite, or `level` is not between 0 and 1.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
        >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
        >>> fit = mrs.fit(scan, basis, bands=())
        >>> fit.ratios("tCr", total=False).set_index("metabolite")["ratio"].round(3).to_dict()
        {'NAA': 1.5, 'Cr': 1.0, 'tNAA': 1.5, 'tCr': 1.0}

        """
        import pandas as pd  # noqa: PLC0415

        below = self._weights(to)
        require_level(level)
        rows: list[tuple[Any, ...]] = []
        for name in names_of(self.signals):
            above = self._weights(name)
            model = self.alternatives.spread(above, below) if total else np.nan
            one = ratio(
                above,
                below,
                self.amplitudes,
                self.joint,
                level=level,
                model_se=model if total else 0.0,
            )
            percent = 100.0 * one.se / one.value if one.value > 0.0 else np.inf
            flag = self.judged.of_ratio(one.value, one.se)
            rows.append((name, one.value, one.se, model, one.low, one.high, percent, flag))
        return pd.DataFrame(rows, columns=list(COLUMNS))

    def _weights(self, name: str) -> FloatArray:
        weighted = weights(name, self.signals)
        if weighted is None:
            raise InputError(
                f"{self.model} has no {name!r}; it has {', '.join(names_of(self.signals))}"
            )
        return weighted

    def concentrations(
        self,
        *,
        tissue: Mapping[str, float],
        relaxation: "Relaxation | None" = None,
        species: str = "human",
        water_content: Mapping[str, float] | None = None,
        level: float = 0.95,
    ) -> "pd.DataFrame":
        """Return concentrations, scaled by the water of the voxel and corrected for its tissues.

        Parameters
        ----------
        tissue
            Volume fractions of the voxel: `gm`, `wm`, `csf`, with a sum of 1; see
            `mrs.tissue_fractions`.
        relaxation
            T1 and T2 of water and metabolites; published ones of the human brain at this field
            (`mrs.relaxation_times`), if not given.
        species
            Whose brain it is: of any but `human`, `relaxation` has to be given.
        water_content
            Of tissues, g/mL, where it is not 0.78 (`gm`), 0.65 (`wm`) and 0.97 (`csf`).
        level
            Coverage of the interval.

        Returns
        -------
        DataFrame
            One row per metabolite, single and combined: metabolite, concentration (mM: mmol per
            litre of grey and white matter), se (of noise, in metabolites and water), low, high,
            molal (mmol per kg of their water), crlb_percent, flag (in words, empty for nothing).
            NaN with a flag where a relaxation time is not known.

        Raises
        ------
        InputError
            If the scan has no water, TE or TR, the fractions are none, no relaxation times are
            known at this field or of this species, or no singlet tells the scale of the basis.

        References
        ----------
        Gasparovic C, Song T, Devier D, et al. Magn Reson Med 2006;55:1219. doi:10.1002/mrm.20901

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [8.0, 5.0] @ basis.fid * np.exp(-15 * basis.time)  # mM, in grey matter
        >>> protons = 2 * 55510 * 0.78 * np.exp(-20 * basis.time)  # 55.51 mol/kg, 0.78 g/mL
        >>> known = {"dwell": 2.5e-4, "frequency_mhz": basis.frequency_mhz, "te": 0.03, "tr": 2}
        >>> water = mrs.Scan(protons.reshape(1, 1, 1, -1) + 0j, **known)
        >>> fit = mrs.fit(mrs.Scan(fid.reshape(1, 1, 1, -1), water=water, **known), basis, bands=())
        >>> one = (1.4, 0.1)  # T1 and T2 of everything, s
        >>> alike = mrs.Relaxation({"gm": one, "wm": one, "csf": one}, others=one)
        >>> table = fit.concentrations(tissue={"gm": 1.0}, relaxation=alike)
        >>> table.set_index("metabolite")["concentration"].round(2).to_dict()
        {'NAA': 8.0, 'Cr': 5.0, 'tNAA': 8.0, 'tCr': 5.0}

        """
        return concentrations(
            self,
            tissue=tissue,
            relaxation=relaxation,
            species=species,
            water_content=water_content or {},
            level=level,
        )

    def plot(self) -> "Figure":
        """Draw the spectrum, the fit, its baseline, the residual and every metabolite."""
        return self.curves.draw(self._quality)

    def report(self, to: str = "tCr") -> str:
        """Return the fit in words, a line each: quality, ratios to a metabolite, settings.

        Intervals hold the error of the model, too; the bound (CRLB) is of noise alone.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import mrs
        >>> basis = mrs.simulate_basis(field_t=3.0, metabolites=("NAA", "Cr"), points=1024)
        >>> fid = [3.0, 2.0] @ basis.fid * np.exp(-15.0 * basis.time)
        >>> scan = mrs.Scan(fid.reshape(1, 1, 1, -1), basis.dwell, basis.frequency_mhz)
        >>> fit = mrs.fit(scan, basis, bands=())
        >>> print(fit.report("tCr").splitlines()[2].strip())
        NAA/tCr 1.500 (1.500 to 1.500), CRLB 0 %

        """
        lines = [self.model, f"  {self._quality}"]
        for row in self.ratios(to).to_dict("records"):
            line = (
                f"  {row['metabolite']}/{to} {row['ratio']:.3f} ({row['low']:.3f} to "
                f"{row['high']:.3f}), CRLB {row['crlb_percent']:.0f} %"
            )
            lines.append(line + (f": {row['flag']}" if row["flag"] else ""))
        return "\n".join([*lines, *(f"  {name}: {value}" for name, value in self.settings.items())])

    @property
    def _quality(self) -> str:
        words = self.reasons.words()
        return (
            f"SNR {self.snr:.0f}, FWHM {self.fwhm_hz:.1f} Hz ({self.fwhm_ppm:.3f} ppm), shift "
            f"{self.ppm_shift:+.3f} ppm, baseline {self.baseline_per_ppm:.1f} dimensions per ppm"
            + (f"; {words}" if words else "")
        )
