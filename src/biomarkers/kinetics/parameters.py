"""The parameters of the models: quantities of the register, and when they can be known."""

from dataclasses import asdict

from biomarkers.kinetics.declaration import Parameter
from biomarkers.quantities import QUANTITIES


def known(
    name: str,
    *,
    origin: float | None = None,
    resolution: float = float("inf"),
    highest: float = float("inf"),
) -> Parameter:
    """Return a quantity of the register as a parameter; see `Parameter`."""
    row = asdict(QUANTITIES[name])
    return Parameter(**row, origin=origin, resolution=resolution, highest=highest)


KTRANS = known("Ktrans", resolution=1.0)
KEP = known("kep", resolution=1.0)
VE = known("ve", origin=0.0, highest=1.0)
VP_DIRECT = known("vp", highest=1.0)
VP = known("vp", origin=0.0, highest=1.0)
FP = known("Fp", resolution=100.0)
PS = known("PS", resolution=100.0)

K1 = known("K1", resolution=1.0)
K2 = known("k2", resolution=1.0)
K3 = known("k3", resolution=1.0)
K4 = known("k4", resolution=1.0)
KI = known("Ki", resolution=1.0)
VT = known("VT", origin=0.0)
VB = known("vB", highest=1.0)

R1 = known("R1")
K2A = known("k2a", resolution=1.0)
BPND = known("BPND", origin=-1.0)
K2_REFERENCE = known("k2_reference")
KI_REFERENCE = known("Kiref")
V0_REFERENCE = known("V0ref")
K2_REFERENCE_FITTED = known("k2_reference", origin=0.0)
V0 = known("V0")
DVR = known("DVR", origin=0.0)
INTERCEPT = known("intercept")

KTRANS_RATIO = known("Ktrans_ratio")
VE_RATIO = known("ve_ratio", origin=0.0)
KEP_REFERENCE = known("kep_reference", origin=0.0)
