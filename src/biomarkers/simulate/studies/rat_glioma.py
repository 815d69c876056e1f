"""Rats with glioma under temozolomide and bevacizumab: what is declared.

What follows from published work, and what was chosen here:

* Vessels first. Bevacizumab lowers vp and Ktrans of U251 glioma in rats within hours (Nagaraja
  et al. 2021, doi:10.1002/nbm.4516), and the change of permeability within a day foretells growth
  (rat breast cancer, Radiology 2008;247:391, doi:10.1148/radiol.2472070363).
* Then cells, then size. In rats with U-87 glioma enhancement fell on day 1 and blood volume on
  day 4 of anti-angiogenic treatment; ADC rose and growth slowed by day 14, also under a cytotoxic
  drug (Lemasson et al. 2011, doi:10.1002/nbm.1611). In C6 glioma under bevacizumab perfusion
  fell from day 3 and ADC rose from day 5 (Hou et al. 2022, doi:10.3389/fonc.2021.842169).
* Scatter from day to day. DCE-MRI parameters of a rat tumour vary by 13-17 % from test to retest
  (Ng et al., Proc ISMRM 2009:4228). For ADC 5 % was chosen, a head that is held still; in tumours
  on the body of mice the repeatability coefficient of 0.273e-3 mm^2/s means about 12 %
  (Whisenant et al. 2014, PMC3939718). For blood volume by iron oxide 8 % was chosen, less than for
  DCE-MRI: nothing is modelled in time, and no input measured.
* Sizes of effects, growth and survival were chosen, of the order of those studies.
"""

from collections.abc import Iterable
from pathlib import Path

from biomarkers.simulate.declaration import Course, Declaration, Group, Outcome, Trait, Visit
from biomarkers.simulate.studies import rat_scans
from biomarkers.simulate.studies.rat_head import REGIONS
from biomarkers.simulate.writing import Progress, write_study

# Share of the vascular effect without an anti-angiogenic drug, at the same response.
_VASCULAR = {"control": 0.6, "temozolomide": 0.6}

COURSES = {
    "Ktrans": Course(
        start=0.09, between=0.25, within=0.14, effect={0: 0.0, 3: -0.65, 10: -0.75, 17: -0.70},
        weight=_VASCULAR,
    ),
    "vp": Course(
        start=0.03, between=0.25, within=0.15, effect={0: 0.0, 3: -0.45, 10: -0.55, 17: -0.50},
        weight=_VASCULAR,
    ),
    "ve": Course(start=0.30, between=0.15, within=0.06),
    "ADC": Course(start=0.95e-3, between=0.07, within=0.05, effect={3: 0.0, 10: 0.28, 17: 0.34}),
    "T1": Course(start=2.1, between=0.04, within=0.02),
    "volume": Course(
        start=30.0, between=0.30, within=0.05, effect={10: 0.0, 17: -0.80}, growth=(0.08, 0.012)
    ),
    # That of vp / (1 - haematocrit), but for the scatter from day to day.
    "CBV": Course(
        start=0.052, between=0.25, within=0.08, effect={0: 0.0, 3: -0.45, 10: -0.55, 17: -0.50},
        weight=_VASCULAR,
    ),
}  # fmt: skip

_README = """\
The rats are scanned at 7 T. Each session holds a T2-weighted image, spoiled gradient
echoes at four flip angles (VFA, for T1), a pair of actual-flip-angle images (TB1AFI, for B1), a
dynamic contrast-enhanced series (perf/*_dce), and gradient and spin echoes before and after an
iron oxide (MEGRE and MESE, for blood volume and vessel size). derivatives/segmentation holds
label maps, derivatives/adc maps of the apparent diffusion coefficient; all share one grid.

BIDS has no suffix for dynamic contrast-enhanced series yet. perf/*_dce.json has, besides BIDS
keys, ContrastAgentRelaxivity (1/(s mM)), Hematocrit and BloodT1 (s). The signal follows from the
extended Tofts model, an arterial input of rats (McGrath et al. 2009, doi:10.1002/mrm.21959),
the spoiled gradient echo with an uneven transmit field, and Rician noise. *_MEGRE.json and
*_MESE.json have, besides BIDS keys, DoseMgFePerKg (mg of iron per kg body weight). Vessels full of
iron oxide relax tissue as static dephasing says (Yablonskiy & Haacke 1994,
doi:10.1002/mrm.1910320610).
"""

_PLAN = """\
# From which day on do responders differ, and in what?
title = "Simulated rats with glioma"
outcome = "responder"
positive = 1
labels = ["responders", "non-responders"]
baseline = 0
regions = ["tumor"]

[visits]
0 = [0]
3 = [3]
10 = [10]
17 = [17]

[biomarkers.Ktrans]
change = "log_ratio"
direction = "auto"

[biomarkers.CBV]
change = "log_ratio"
direction = "auto"

[biomarkers.ADC]
change = "log_ratio"
direction = "auto"

[biomarkers.volume]
change = "log_ratio"
direction = "auto"

[separation]
alpha = 0.05
permutations = 9999
seed = 1

[cutoff]

[models]

[survival]
time = "survival_days"
"""

RAT_GLIOMA = Declaration(
    name="rat-glioma",
    title="Simulated rats with glioma",
    subjects=49,
    noun="rats",
    species="rattus norvegicus",
    groups={
        "control": Group(description="vehicle", response=(0.05, 0.10)),
        "both": Group(description="temozolomide and bevacizumab", response=(0.90, 0.25)),
        "temozolomide": Group(description="temozolomide, cytotoxic", response=(0.45, 0.35)),
        "bevacizumab": Group(description="bevacizumab, anti-angiogenic", response=(0.50, 0.35)),
    },
    visits=tuple(Visit(label=f"day{day:02d}", day=day) for day in (0, 3, 10, 17)),
    courses=COURSES,
    # ve does not change, so kep goes as Ktrans.
    ratios={"kep": ("Ktrans", "ve")},
    outcome=Outcome(
        without_response=18.5,
        gain=0.80,
        luck=0.22,
        horizon=28,
        end=60,
        # Who dies sooner than its response promised had the larger tumour on the last day.
        luck_in={"volume": -0.15},
    ),
    traits={
        "strain": Trait(description="strain of the species", draw=lambda rng: "Wistar"),
        "sex": Trait(
            description="sex",
            draw=lambda rng: str(rng.choice(["F", "M"])),
            levels={"F": "female", "M": "male"},
        ),
    },
    region="tumor",
    regions=REGIONS,
    readme=_README,
    plan=_PLAN,
    ignored=("**/perf/*_dce.*",),
    scene=rat_scans.scene,
    scans=rat_scans.SCANS,
    truth=rat_scans.truth,
)


def rat_glioma(
    folder: Path | str,
    *,
    subjects: int = RAT_GLIOMA.subjects,
    seed: int = 1,
    scans: Iterable[str] | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write a simulated longitudinal study of rats with glioma as a BIDS folder.

    Treated and untreated rats are scanned on days 0, 3, 10 and 17; some die in between. In
    responders Ktrans and blood volume depart on day 3, ADC on day 10 and tumour volume on day 17
    (`STUDIES["rat-glioma"]`); the truth is in `sourcedata/truth`, a plan for the analysis in
    `plan.toml`. Parameters, errors and what is returned are those of `write_study`.
    """
    return write_study(
        RAT_GLIOMA, folder, subjects=subjects, seed=seed, scans=scans, progress=progress
    )
