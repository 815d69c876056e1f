"""What dynamic scans of a tracer can and cannot tell, from those who studied it."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Tracer:
    """A tracer's kinetics.

    Parameters
    ----------
    name
        Short name.
    spellings
        Parts of names, in capitals, by which it is known in files.
    model
        The method its kinetics call for.
    determined
        Parameters that a region's curve of 60 to 120 min determines, the best first, as simulated
        in `benchmarks/pet_identifiability.py`.
    weak
        Parameters that come out with 10 to 50 % of error there: compare them with care.
    cautions
        By method: what it takes for granted, and why that is doubtful.
    remarks
        What else to mind.
    source
        Literature.

    Examples
    --------
    >>> from biomarkers.pet import TRACERS
    >>> flt = TRACERS["FLT"]
    >>> print(flt.model, flt.determined[0])
    2tcm Ki

    """

    name: str
    spellings: tuple[str, ...]
    model: str
    determined: tuple[str, ...]
    weak: tuple[str, ...]
    cautions: Mapping[str, str]
    remarks: tuple[str, ...]
    source: str


_FLT = (
    "loss of phosphorylated FLT (k4) is notable in tumours: methods that leave it out, graphical "
    "analysis among them, err"
)
_RGD = (
    "specific binding to the integrin is reversible (BPND = k3/k4 falls when it is blocked): "
    "trapping for good is not what the tracer does"
)

TRACERS: Mapping[str, Tracer] = MappingProxyType(
    {
        tracer.name: tracer
        for tracer in (
            Tracer(
                "FLT",
                ("FLT", "FLUOROTHYMIDINE", "ALOVUDINE"),
                "2tcm",
                ("Ki", "K1"),
                ("k2", "k3", "BPND"),
                {"patlak": _FLT, "2tcm_irreversible": _FLT},
                (
                    "60 min of data, or leaving k4 out, costs an unsatisfactory share of the "
                    "flux's accuracy against 120 min (simulated)",
                    "metabolites in blood left uncorrected lower Ki by up to 47 %",
                ),
                "Muzi et al., J Nucl Med 2005;46:274 and 46:371",
            ),
            Tracer(
                "RGD",
                ("RGD", "FLUCICLATIDE", "ALFATIDE"),
                "2tcm",
                ("K1", "VT"),
                ("k2", "k3", "BPND"),
                {"patlak": _RGD, "2tcm_irreversible": _RGD},
                ("in 60 min VT has more than twice the error it has in 90 (simulated)",),
                "Guo et al., Mol Imaging Biol 2012;14:743, doi:10.1007/s11307-012-0541-7",
            ),
        )
    }
)


def find_tracer(name: str) -> Tracer | None:
    """Return what is known of a tracer by its name in a file, `[18F]FLT` for instance; or None.

    Examples
    --------
    >>> from biomarkers.pet import find_tracer
    >>> find_tracer("[18F]FLT").name
    'FLT'

    """
    text = name.upper()
    for tracer in TRACERS.values():
        if any(spelling in text for spelling in tracer.spellings):
            return tracer
    return None
