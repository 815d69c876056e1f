"""The register of quantities: one row for everything that is measured, read by all who name it.

A biomarker of this package is a plain function elsewhere and a row in `QUANTITIES` here. Tables,
sidecars, axes and the parameters of kinetic models take name, unit, meaning and code from it, so
that one name never means two things.

Codes are those of OSIPI's CAPLEX (Dickie et al., Magn Reson Med 2024. doi:10.1002/mrm.29840);
names of molecular imaging follow Innis et al., J Cereb Blood Flow Metab 2007;27:1533.
doi:10.1038/sj.jcbfm.9600493
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from biomarkers import ibsi

INNIS = "Innis 2007"
Range = tuple[float, float]


@dataclass(frozen=True)
class Quantity:
    """What is known of a biomarker before it is measured.

    Parameters
    ----------
    name
        Identifier, as in the `biomarker` column.
    unit
        Unit of its values, ASCII; empty for a plain number.
    meaning
        One line of explanation, in words.
    code
        OSIPI CAPLEX code (`Q.…`), another source of the name, or empty.
    label
        What to write on an axis; the name if empty.
    has_error
        Whether a value comes with a standard error.
    possible
        From and to: a value outside is refused.
    usual
        From and to, by species (`mouse`, `rat`, `human`; `""` for any): a value outside is warned
        of, and its row is not `ok`. Empty: any value is usual, for the scale is arbitrary.
    by_field
        The same by field strength: rows of up to which field (T), from and to.

    Examples
    --------
    >>> from biomarkers.quantities import Quantity
    >>> stiffness = Quantity("stiffness", "kPa", "shear modulus", possible=(0.0, 100.0))
    >>> stiffness.label, stiffness.unit, stiffness.caplex
    ('stiffness', 'kPa', '')

    """

    name: str
    unit: str
    meaning: str
    code: str = ""
    label: str = ""
    has_error: bool = True
    possible: Range = (-math.inf, math.inf)
    usual: Mapping[str, Range] = field(default_factory=dict)
    by_field: tuple[tuple[float, float, float], ...] = ()

    def __post_init__(self) -> None:
        if not self.label:
            object.__setattr__(self, "label", self.name)

    @property
    def caplex(self) -> str:
        """OSIPI CAPLEX code, empty if there is none."""
        return self.code if self.code.startswith("Q.") else ""


_ROWS: tuple[Quantity, ...] = (
    # Images and bodies
    Quantity("volume", "mm^3", "volume of a region as drawn", label="Volume", has_error=False),
    Quantity("tumor_volume", "mm^3", "volume of the tumour", label="Tumour volume"),
    Quantity("body_weight", "g", "body weight", label="Body weight"),
    # Relaxometry and diffusion
    Quantity("ADC", "mm^2/s", "apparent diffusion coefficient"),
    Quantity("MD", "mm^2/s", "mean diffusivity of the tensor", label="Mean diffusivity"),
    Quantity("FA", "", "fractional anisotropy of the tensor", label="Fractional anisotropy"),
    Quantity("MK", "", "mean kurtosis", label="Mean kurtosis"),
    Quantity("D", "mm^2/s", "diffusion coefficient of tissue without flow (IVIM)",
             label="D (tissue)"),
    Quantity("f", "", "fraction of the signal that flows (IVIM)", label="f (perfusion fraction)"),
    Quantity("Dstar", "mm^2/s", "coefficient of pseudo-diffusion by flow (IVIM)", label="D*"),
    Quantity("T1", "s", "longitudinal relaxation time"),
    Quantity("M0", "", "signal of full magnetisation", has_error=False),
    Quantity("efficiency", "", "of the preparation, 1 where perfect", label="Efficiency"),
    Quantity("T2", "s", "transverse relaxation time"),
    Quantity("T2star", "s", "effective transverse relaxation time", label="T2*"),
    Quantity("R2", "1/s", "transverse relaxation rate"),
    Quantity("R2star", "1/s", "effective transverse relaxation rate", label="R2*"),
    Quantity("S0", "", "signal at an echo time of 0", has_error=False),
    Quantity("B1", "", "actual over nominal flip angle", label="B1 (actual/nominal)"),
    # Dynamic contrast-enhanced MRI
    Quantity("Ktrans", "1/min", "volume transfer constant", "Q.PH1.008"),
    Quantity("kep", "1/min", "reflux rate constant", "Q.PH1.009"),
    Quantity("ve", "", "extravascular extracellular volume fraction", "Q.PH1.001.[e]"),
    Quantity("vp", "", "plasma volume fraction", "Q.PH1.001.[p]"),
    Quantity("Fp", "mL/min/100mL", "plasma flow", "Q.PH1.002", "Plasma flow"),
    Quantity("PS", "mL/min/100mL", "permeability-surface area product", "Q.PH1.004"),
    Quantity("tau_i", "s", "mean lifetime of water in cells"),
    Quantity("delay", "s", "how much later than in the input the tissue is reached"),
    Quantity("Ktrans_ratio", "", "Ktrans relative to the reference region"),
    Quantity("ve_ratio", "", "extracellular volume fraction relative to the reference region"),
    Quantity("kep_reference", "1/min", "reflux rate constant of the reference region"),
    Quantity("BAT", "s", "bolus arrival time, on the clock of the series", "Q.PH1.007",
             "Bolus arrival time"),
    Quantity("IAUC60", "mM s", "area under the concentration over 60 s after arrival"),
    Quantity("IAUC90", "mM s", "area under the concentration over 90 s after arrival"),
    Quantity("nIAUC60", "", "IAUC60 over that of arterial blood", label="IAUC60 (over blood)"),
    Quantity("nIAUC90", "", "IAUC90 over that of arterial blood", label="IAUC90 (over blood)"),
    Quantity("TTP_arrival", "s", "time from arrival to the highest signal",
             label="Time to peak, from arrival"),
    Quantity("wash_in", "1/min", "mean slope of relative enhancement from arrival to the peak",
             label="Wash-in"),
    Quantity("peak_enhancement", "", "largest signal over baseline, less 1",
             label="Peak enhancement"),
    Quantity("wash_out", "1/min", "slope of relative enhancement from the peak on",
             label="Wash-out"),
    Quantity("SER", "", "signal enhancement ratio, early over late",
             label="Signal enhancement ratio"),
    # Blood volume and flow
    Quantity("CBV", "", "blood volume fraction"),
    Quantity("CBF", "mL/min/100mL", "blood flow"),
    Quantity("MTT", "s", "mean transit time, volume over flow", "Q.PH1.006", "Mean transit time"),
    Quantity("Tmax", "s", "time of the highest residue", label="Time to maximum of residue",
             has_error=False),
    Quantity("TTP", "s", "time of the highest change of R2*, on the clock of the series",
             label="Time to peak", has_error=False),
    Quantity("rCBV", "", "blood volume over that of the reference region", label="CBV (relative)"),
    Quantity("rCBF", "", "blood flow over that of the reference region", label="CBF (relative)"),
    Quantity("K1_leakage", "", "height of the curve over that of tissue without leakage",
             label="Leakage K1"),
    Quantity("K2", "1/s", "leakage: positive where T1 prevails, negative where R2* does",
             label="Leakage K2"),
    Quantity("CBV_ratio", "", "blood volume over the median of the reference",
             label="CBV (over reference)"),
    Quantity("dR2s", "1/s", "rise of R2* that the agent causes", label="ΔR2*"),
    Quantity("dR2", "1/s", "rise of R2 that the agent causes", label="ΔR2"),
    Quantity("VSI", "um", "vessel size index, an average radius", label="Vessel size index"),
    Quantity("MVD", "1/mm^2", "mean vessel density", label="Mean vessel density"),
    # PET kinetics
    Quantity("K1", "mL/min/mL", "rate of delivery from plasma to tissue", INNIS),
    Quantity("k2", "1/min", "rate of return to plasma", INNIS),
    Quantity("k3", "1/min", "rate of binding or trapping", INNIS),
    Quantity("k4", "1/min", "rate of release", INNIS),
    Quantity("Ki", "mL/min/mL", "net influx rate", INNIS),
    Quantity("Kiref", "1/min", "net influx rate relative to the reference region",
             label="Ki (over reference region)"),
    Quantity("VT", "mL/mL", "total distribution volume", INNIS),
    Quantity("V0", "mL/mL", "initial distribution volume"),
    Quantity("V0ref", "", "initial distribution volume relative to the reference region"),
    Quantity("vB", "", "blood volume fraction", INNIS, "Blood volume fraction"),
    Quantity("BPND", "", "binding potential, non-displaceable", INNIS),
    Quantity("DVR", "", "distribution volume ratio", INNIS, "Distribution volume ratio"),
    Quantity("R1", "", "delivery relative to the reference region", INNIS,
             "R1 (delivery over reference region)"),
    Quantity("k2a", "1/min", "apparent rate of return to plasma", INNIS),
    Quantity("k2_reference", "1/min", "washout rate of the reference region"),
    Quantity("intercept", "min", "intercept of the plot"),
    # PET uptake: a static image does not tell its noise, and no value has an error
    Quantity("SUV", "g/mL", "standardised uptake value", has_error=False),
    Quantity("SUVmean", "g/mL", "mean SUV", label="SUV, mean", has_error=False),
    Quantity("SUVmedian", "g/mL", "median SUV", label="SUV, median", has_error=False),
    Quantity("SUVmax", "g/mL", "largest SUV", label="SUV, maximum", has_error=False),
    Quantity("SUVpeak", "g/mL", "highest mean SUV in a 1 cm^3 sphere", label="SUV, peak (1 cm³)",
             has_error=False),
    Quantity("SUVpeak_rodent", "g/mL", "highest mean SUV of a sphere of radius 1.5 mm",
             label="SUV, peak (sphere of 1.5 mm)", has_error=False),
    # No MTV here: BIDS has MTVmap for another thing, the macromolecular tissue volume.
    Quantity("TLG", "g", "mean SUV times volume", label="Total lesion uptake", has_error=False),
    Quantity("TBR", "", "uptake over that of the reference region", label="Uptake over reference",
             has_error=False),
    Quantity("TBRmax", "", "largest uptake over that of the reference region",
             label="Maximal uptake over reference", has_error=False),
)  # fmt: skip

# Metabolites that are reported, and of what their concentration is.
_METABOLITES: Mapping[str, str] = {
    "tNAA": "N-acetylaspartate and N-acetylaspartylglutamate",
    "tCho": "glycerophosphocholine and phosphocholine",
    "tCr": "creatine and phosphocreatine",
    "Ins": "myo-inositol",
    "Glx": "glutamate and glutamine",
    "Glu": "glutamate",
    "Gln": "glutamine",
    "GABA": "gamma-aminobutyric acid",
    "GSH": "glutathione",
    "Tau": "taurine",
    "Lac": "lactate",
    "Ala": "alanine",
    "Gly": "glycine",
    "sIns": "scyllo-inositol",
    "2HG": "2-hydroxyglutarate",
}
# What the name of a ratio ends in where it is that of a voxel over that of another one.
CONTRALATERAL = "contralateral"
# Signal over that of creatine on the other side of the brain (c-Cr, norCre in the literature).
OVER_CONTRALATERAL = "/ctCr"


def _metabolite_rows(name: str, meaning: str) -> tuple[Quantity, ...]:
    """Return what is reported of a metabolite: concentration, ratio, ratio over another voxel's."""
    alone = Quantity(name, "mM", f"concentration of {meaning}", label=f"{name} concentration",
                     possible=(0.0, math.inf), usual={"": (0.0, 60.0)})  # fmt: skip
    across = Quantity(
        f"{name}{OVER_CONTRALATERAL}",
        "",
        f"{meaning}, over creatine and phosphocreatine of the contralateral region",
        label=f"{name}/tCr (contralateral)",
        possible=(0.0, math.inf),
        usual={"": (0.0, 20.0)},
    )
    if name == "tCr":
        return alone, across
    over = f"{name}/tCr"
    return (
        alone,
        Quantity(over, "", f"{meaning}, over creatine and phosphocreatine",
                 possible=(0.0, math.inf), usual={"": (0.0, 20.0)}),
        Quantity(f"{over}_{CONTRALATERAL}", "", f"{over} over that of the contralateral voxel",
                 label=f"{over} (over contralateral)", possible=(0.0, math.inf)),
        across,
    )  # fmt: skip


_ROWS += (
    Quantity("tNAA/tCho", "", "N-acetylaspartate and N-acetylaspartylglutamate, over cholines",
             possible=(0.0, math.inf), usual={"": (0.0, 20.0)}),
    Quantity("Lac/tNAA", "", "lactate, over N-acetylaspartate and N-acetylaspartylglutamate",
             possible=(0.0, math.inf), usual={"": (0.0, 50.0)}),
)  # fmt: skip
_ROWS += tuple(row for name in _METABOLITES for row in _metabolite_rows(name, _METABOLITES[name]))

# Features of radiomics, from the list of IBSI; intensities are in the unit of the image.
_ROWS += tuple(
    Quantity(tag, feature.unit, f"{feature.meaning} ({tag})", f"IBSI {feature.code}",
             has_error=False)
    for tag, (_, feature) in ibsi.FEATURES.items()
)  # fmt: skip

# What values are usual: outside, a result is not `ok`. Fractions of a volume lie between 0 and 1;
# the other ranges are wide, to tell slips of unit and failed fits from biology.
_USUAL: Mapping[str, Range] = {
    "ADC": (1e-4, 6e-3), "MD": (1e-4, 6e-3), "D": (1e-4, 6e-3), "Dstar": (1e-3, 1.0),
    "FA": (0.0, 1.0), "MK": (0.0, 3.0), "f": (0.0, 1.0),
    "T1": (0.1, 6.0), "T2": (0.003, 3.0), "T2star": (0.0005, 3.0),
    "R2": (0.3, 350.0), "R2star": (0.3, 2000.0), "B1": (0.3, 2.0),
    "Ktrans": (0.0, 5.0), "kep": (0.0, 60.0), "ve": (0.0, 1.0), "vp": (0.0, 1.0),
    "Fp": (0.0, 1000.0), "PS": (0.0, 500.0), "CBV": (0.0, 1.0), "CBF": (0.0, 1000.0),
    "MTT": (0.0, 60.0), "VSI": (0.5, 500.0), "vB": (0.0, 1.0),
    "K1": (0.0, 10.0), "k2": (0.0, 10.0), "k3": (0.0, 10.0), "k4": (0.0, 10.0),
    "Ki": (-0.01, 5.0), "VT": (0.0, 500.0), "BPND": (-1.0, 100.0), "DVR": (0.0, 100.0),
    "SUV": (0.01, 100.0), "SUVmean": (0.01, 100.0), "SUVmedian": (0.01, 100.0),
    "SUVmax": (0.01, 300.0), "SUVpeak": (0.01, 300.0), "SUVpeak_rodent": (0.01, 300.0),
}  # fmt: skip

QUANTITIES: Mapping[str, Quantity] = MappingProxyType(
    {
        row.name: replace(row, usual={"": _USUAL[row.name]}) if row.name in _USUAL else row
        for row in _ROWS
    }
)

# Suffixes that a region statistic adds to the name of its map; `top10` is the mean of the tenth of
# the voxels with the highest values, the hot spot. None carries a standard error.
PERCENTILES = (5, 10, 20, 25, 30, 40, 50, 60, 70, 75, 80, 90, 95)
STATISTICS = (
    "mean", "sd", *(f"p{percent}" for percent in PERCENTILES), "top10", "skewness", "kurtosis"
)  # fmt: skip
# Statistics that are plain numbers whatever the unit of the map.
UNITLESS_STATISTICS = ("skewness", "kurtosis")
# What the fit of a region's mean curve adds.
CURVE = "curve"


def quantity(biomarker: str) -> Quantity | None:
    """Return the row of a biomarker, seeing through statistics and grids.

    `ADC_p90` is an ADC, `volume_DWI` a volume, `log_3mm_stat_mean` a mean intensity, of a filtered
    image; a name of the user's own gives None.

    Examples
    --------
    >>> from biomarkers.quantities import quantity
    >>> quantity("Ktrans").unit, quantity("Ktrans").caplex
    ('1/min', 'Q.PH1.008')
    >>> quantity("ADC_p90").name, quantity("stiffness") is None
    ('ADC', True)

    """
    if biomarker in QUANTITIES:
        return QUANTITIES[biomarker]
    stem, _, tail = biomarker.rpartition("_")
    if stem in QUANTITIES and (tail in (*STATISTICS, CURVE) or stem == "volume"):
        return QUANTITIES[stem]
    _, tag = ibsi.split_tag(biomarker)
    return QUANTITIES.get(tag)
