"""Rats with recurrent glioma after temozolomide, bevacizumab or both: what is declared.

Published of human U87 and U251 glioma in rats under these drugs (Corroyer-Dulmont et al.,
Neuro-Oncology 2013): soon after treatment the uptake of [18F]FLT was lower under temozolomide,
alone or with bevacizumab, and foretold survival; blood volume was lower under both drugs together;
bevacizumab alone left the early volume as it was; and a combination of biomarkers was better than
any one.

Sizes of effects are not taken from there. They are chosen, after looking at which make sixteen rats
show that pattern, so that it holds in a cohort of that size. To find it again in such a cohort
shows the toolkit, not biology. Day 0 is the end of treatment; that nothing differs yet on that day
is chosen, too.
"""

from collections.abc import Iterable
from pathlib import Path

from biomarkers.errors import InputError
from biomarkers.simulate.declaration import Declaration
from biomarkers.simulate.elements import Course, Group, Outcome, Trait, Visit
from biomarkers.simulate.studies import rat_scans
from biomarkers.simulate.studies.rat_head import REGIONS
from biomarkers.simulate.writing import Progress, write_study

# Share of the effect under a drug that acts elsewhere, at the same response.
_VASCULAR = {"control": 0.6, "temozolomide": 0.6}
_CELLULAR = {"control": 0.6, "bevacizumab": 0.6}

# Directions and days have sources; every size is chosen so that sixteen rats show the published
# pattern (see the top of this file).
COURSES = {
    # Trapped where cells multiply.
    "SUVmean": Course(
        start=1.6, between=0.20, within=0.08, effect={0: 0.0, 3: -0.85, 10: -0.85, 17: -0.80},
        weight=_CELLULAR,
        source="lower soon under temozolomide (Corroyer-Dulmont 2013; in mice on day 2: Viel 2013, "
        "doi:10.1371/journal.pone.0067911); size chosen",
    ),
    "CBV": Course(
        start=0.052, between=0.25, within=0.08, effect={0: 0.0, 3: -0.60, 10: -0.60, 17: -0.55},
        weight=_VASCULAR,
        source="lower soon under both drugs together (Corroyer-Dulmont 2013), on day 4 of an "
        "anti-angiogenic drug (Lemasson 2011, doi:10.1002/nbm.1611); size chosen",
    ),
    # That of CBV x (1 - haematocrit), but for the scatter from day to day.
    "vp": Course(
        start=0.03, between=0.25, within=0.15, effect={0: 0.0, 3: -0.60, 10: -0.60, 17: -0.55},
        weight=_VASCULAR,
        source="lower within hours of bevacizumab in U251 (Nagaraja 2021, doi:10.1002/nbm.4516); "
        "size chosen",
    ),
    "Ktrans": Course(
        start=0.09, between=0.25, within=0.14, effect={0: 0.0, 3: -0.55, 10: -0.65, 17: -0.60},
        weight=_VASCULAR,
        source="lower within hours of bevacizumab in U251 (Nagaraja 2021, doi:10.1002/nbm.4516); "
        "size chosen; 13-17 % from test to retest (Ng, Proc ISMRM 2009:4228)",
    ),
    "ve": Course(start=0.30, between=0.15, within=0.06),
    "ADC": Course(
        start=0.95e-3, between=0.07, within=0.05, effect={3: 0.0, 10: 0.18, 17: 0.24},
        source="higher by day 14 of an anti-angiogenic or a cytotoxic drug (Lemasson 2011, "
        "doi:10.1002/nbm.1611); size chosen",
    ),
    "T1": Course(start=2.1, between=0.04, within=0.02),
    "volume": Course(
        start=30.0, between=0.30, within=0.05, effect={10: 0.0, 17: -1.0}, growth=(0.08, 0.012),
        source="early effect none under bevacizumab, slight under both (Corroyer-Dulmont 2013), "
        "slower growth by day 14 (Lemasson 2011, doi:10.1002/nbm.1611); size chosen",
    ),
}  # fmt: skip

_README = """\
Day 0 is the end of treatment of a recurrent U251 glioma. At 7 T each session holds a T2-weighted
image; spoiled gradient echoes at four flip angles (VFA, for T1); a pair of actual-flip-angle images
(TB1AFI, for B1); a dynamic contrast-enhanced series (perf/*_dce); gradient and spin echoes before
and after an iron oxide (MEGRE and MESE, for blood volume and vessel size); and a diffusion-weighted
series. PET with [18F]FLT is dynamic over an hour, with samples of blood; its last 20 minutes are
the static scan. Where one was asked for instead, it is that alone, and derivatives/adc then holds
maps of the apparent diffusion coefficient. derivatives/segmentation holds label maps, one on the
grid of the MRI and one on that of the PET.

BIDS has no suffix for dynamic contrast-enhanced series yet. perf/*_dce.json has, besides BIDS
keys, ContrastAgentRelaxivity (1/(s mM)), Hematocrit and BloodT1 (s). *_MEGRE.json and *_MESE.json
have DoseMgFePerKg (mg of iron per kg body weight).

How the images were made: tissues lie on a grid twice as fine, so that voxels at borders hold
several; contrast agent and FLT follow differential equations of compartments, stepped through time,
with an arterial input of rats (McGrath et al. 2009, doi:10.1002/mrm.21959) that reaches tissue a
little later; the transmit field is uneven; iron oxide dephases as in Yablonskiy & Haacke 1994
(doi:10.1002/mrm.1910320610); the head drifts by hundredths of a millimetre; noise is that of a
magnitude, in PET that of counts behind a resolution of 1.4 mm. In sourcedata/truth
SUVmean and TBR are those of the image without noise at that resolution, SUVmean_tissue and
TBR_tissue those of the tissue.
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

[biomarkers.SUVmean]
change = "log_ratio"
direction = "auto"

[biomarkers.CBV]
change = "log_ratio"
direction = "auto"

[biomarkers.Ktrans]
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
event = "died"

# Repetition times of B1 are not quite short beside T1 at 7 T.
[measure.b1]
t1 = 1.9

# The bolus reaches tissue a little later than the artery it is measured in.
[measure.dce]
delay = "shared"

[measure.pet_uptake]
window = [2400, 3600]

[measure.pet_kinetics]
model = "patlak"
parent = 1.0
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
        luck=0.12,
        event_column="died",
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
        "weight_g": Trait(
            description="body weight",
            draw=lambda rng: round(float(rng.normal(260.0, 20.0)), 1),
            unit="g",
        ),
    },
    region="tumor",
    regions=REGIONS,
    readme=_README,
    plan=_PLAN,
    measured_by={
        "SUVmean": ("flt", "flt_dynamic"),
        "CBV": ("iron_oxide",),
        "Ktrans": ("dce",),
        "ADC": ("dwi", "ADC"),
    },
    ignored=("**/perf/*_dce.*",),
    scene=rat_scans.scene,
    scans=rat_scans.SCANS,
    optional=rat_scans.OPTIONAL,
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

    Treated and untreated rats are scanned 0, 3, 10 and 17 days after treatment; some die in
    between. In responders uptake of FLT, blood volume and Ktrans depart on day 3, ADC on day 10 and
    tumour volume on day 17 (`STUDIES["rat-glioma"]`). The truth is in `sourcedata/truth`, a plan
    for the analysis in `plan.toml`.

    Parameters
    ----------
    folder
        Where to write; must not exist or be empty.
    subjects, seed
        As in `write_study`.
    scans
        Any of T2w, VFA, TB1AFI, dce, iron_oxide, dwi and flt_dynamic, which are those made unless
        said otherwise; ADC, maps that another program would have given; and flt, one static scan
        in place of flt_dynamic.
    progress
        As in `write_study`.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        As `write_study`; also if both scans with FLT are named.

    Examples
    --------
    >>> import tempfile
    >>> from biomarkers import simulate
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     study = simulate.rat_glioma(folder, subjects=2, scans=["T2w"])
    ...     len(list(study.glob("sub-*/ses-*/anat/*_T2w.nii.gz")))
    8

    """
    named = None if scans is None else tuple(scans)
    if named and {"flt", "flt_dynamic"} <= set(named):
        raise InputError("scans names flt and flt_dynamic; a session has one scan, expected one")
    return write_study(
        RAT_GLIOMA, folder, subjects=subjects, seed=seed, scans=named, progress=progress
    )
