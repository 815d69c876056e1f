"""Tracer kinetics without a modality's name in it: arrays in, arrays out.

`MODELS` are declared once as sums of exponentials convolved with one `Input`; all of them are
fitted by one engine (variable projection on a tabulated, compressed set of columns), with
standard errors and flags. A model outside the family is a `FunctionModel`.

The numeric code is compiled on first use, half a minute of one core for models of one rate and as
much again for those of two, and kept in the user's cache folder; later sessions load it in about
a second. To spare users the wait, fit one curve with a model of each kind after installing; where
the user has no folder that can be written, NUMBA_CACHE_DIR names one. NUMBA_NUM_THREADS
sets the number of threads, which never changes a result.
"""

from biomarkers.kinetics.arrival import arrival_times, baseline_before_arrival
from biomarkers.kinetics.artery import Artery, find_artery, mean_input
from biomarkers.kinetics.compartment import ONE_TISSUE, TWO_TISSUE, TWO_TISSUE_IRREVERSIBLE
from biomarkers.kinetics.convolution import Response, read, respond
from biomarkers.kinetics.declaration import Decay, Direct, Integral, Inverse, Parameter, Relative
from biomarkers.kinetics.exchange import EXCHANGE, EXTENDED_TOFTS, PATLAK, TOFTS, UPTAKE
from biomarkers.kinetics.fit import Fit
from biomarkers.kinetics.function_model import FunctionModel
from biomarkers.kinetics.graphical import (
    logan,
    logan_reference,
    ma1,
    mrtm1,
    mrtm2,
    patlak,
    patlak_reference,
)
from biomarkers.kinetics.input import Input
from biomarkers.kinetics.lmfit_bridge import to_lmfit
from biomarkers.kinetics.model import Model
from biomarkers.kinetics.reference import REFERENCE_PATLAK, SIMPLIFIED, SIMPLIFIED_2
from biomarkers.kinetics.reference_region import CONSTRAINED_REFERENCE_REGION, REFERENCE_REGION
from biomarkers.kinetics.reference_region_line import clrrm, lrrm
from biomarkers.kinetics.refutation import Noise
from biomarkers.kinetics.resampling import Bootstrap, bootstrap, profile_interval
from biomarkers.kinetics.selection import Selection, compare, picked, select, with_zero
from biomarkers.kinetics.straight_line import StraightLine
from biomarkers.kinetics.two_pass import TwoPass

MODELS = {
    model.name: model
    for model in (
        TOFTS,
        EXTENDED_TOFTS,
        PATLAK,
        UPTAKE,
        EXCHANGE,
        ONE_TISSUE,
        TWO_TISSUE,
        TWO_TISSUE_IRREVERSIBLE,
        SIMPLIFIED,
        SIMPLIFIED_2,
        REFERENCE_PATLAK,
        REFERENCE_REGION,
        CONSTRAINED_REFERENCE_REGION,
    )
}

__all__ = [
    "MODELS",
    "Artery",
    "Bootstrap",
    "Decay",
    "Direct",
    "Fit",
    "FunctionModel",
    "Input",
    "Integral",
    "Inverse",
    "Model",
    "Noise",
    "Parameter",
    "Relative",
    "Response",
    "Selection",
    "StraightLine",
    "TwoPass",
    "arrival_times",
    "baseline_before_arrival",
    "bootstrap",
    "clrrm",
    "compare",
    "find_artery",
    "logan",
    "logan_reference",
    "lrrm",
    "ma1",
    "mean_input",
    "mrtm1",
    "mrtm2",
    "patlak",
    "patlak_reference",
    "picked",
    "profile_interval",
    "read",
    "respond",
    "select",
    "to_lmfit",
    "with_zero",
]
