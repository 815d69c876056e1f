"""The parameters of the models: names, units, codes, and when they can be known.

Codes are OSIPI CAPLEX (perfusion); the names of molecular imaging follow Innis et al., J Cereb
Blood Flow Metab 2007;27:1533. doi:10.1038/sj.jcbfm.9600493
"""

from biomarkers.kinetics.model import Parameter

INNIS = "Innis 2007"

KTRANS = Parameter("Ktrans", "1/min", "volume transfer constant", "Q.PH1.008", resolution=1.0)
KEP = Parameter("kep", "1/min", "reflux rate constant", "Q.PH1.009", resolution=1.0)
VE = Parameter(
    "ve", "1", "extravascular extracellular volume fraction", "Q.PH1.001.[e]", 0.0, highest=1.0
)
VP_DIRECT = Parameter("vp", "1", "plasma volume fraction", "Q.PH1.001.[p]", highest=1.0)
VP = Parameter("vp", "1", "plasma volume fraction", "Q.PH1.001.[p]", 0.0, highest=1.0)
FP = Parameter("Fp", "mL/min/100 mL", "plasma flow", "Q.PH1.002", resolution=100.0)
PS = Parameter(
    "PS", "mL/min/100 mL", "permeability-surface area product", "Q.PH1.004", resolution=100.0
)

K1 = Parameter("K1", "mL/min/mL", "rate of delivery from plasma to tissue", INNIS, resolution=1.0)
K2 = Parameter("k2", "1/min", "rate of return to plasma", INNIS, resolution=1.0)
K3 = Parameter("k3", "1/min", "rate of binding or trapping", INNIS, resolution=1.0)
K4 = Parameter("k4", "1/min", "rate of release", INNIS, resolution=1.0)
KI = Parameter("Ki", "mL/min/mL", "net influx rate", INNIS, resolution=1.0)
VT = Parameter("VT", "mL/mL", "total distribution volume", INNIS, 0.0)
VB = Parameter("vB", "1", "blood volume fraction", INNIS, highest=1.0)

R1 = Parameter("R1", "1", "delivery relative to the reference region", INNIS)
K2A = Parameter("k2a", "1/min", "apparent rate of return to plasma", INNIS, resolution=1.0)
BPND = Parameter("BPND", "1", "binding potential, non-displaceable", INNIS, -1.0)
K2_REFERENCE = Parameter("k2_reference", "1/min", "washout rate of the reference region, as given")
KI_REFERENCE = Parameter("Ki", "1/min", "net influx rate relative to the reference region")
V0 = Parameter("V0", "1", "initial distribution volume relative to the reference region")
K2_REFERENCE_FOUND = Parameter(
    "k2_reference", "1/min", "washout rate of the reference region", "", 0.0
)
V0_PLASMA = Parameter("V0", "mL/mL", "initial distribution volume")
DVR = Parameter("DVR", "1", "distribution volume ratio", INNIS, 0.0)
INTERCEPT = Parameter("intercept", "min", "intercept of the plot")

KTRANS_RATIO = Parameter("Ktrans_ratio", "1", "Ktrans relative to the reference region")
VE_RATIO = Parameter(
    "ve_ratio", "1", "extracellular volume fraction relative to the reference region", "", 0.0
)
KEP_REFERENCE = Parameter(
    "kep_reference", "1/min", "reflux rate constant of the reference region", "", 0.0
)
