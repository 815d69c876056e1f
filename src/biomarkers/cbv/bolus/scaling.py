"""What relates the blood of an artery to the blood of tissue: haematocrit and density."""

from dataclasses import dataclass, replace

from biomarkers.errors import InputError
from biomarkers.quantities import QUANTITIES, Quantity
from biomarkers.ranges import check_possible


@dataclass(frozen=True)
class Scaling:
    """Factors between the ratio of two curves and a volume or flow of blood.

    Contrast is in plasma, of which small vessels carry more than the artery: a volume of blood
    weighs ``kappa = (1 - hct_artery) / (1 - hct_tissue)`` of what the curves say.

    Parameters
    ----------
    hct_artery, hct_tissue
        Haematocrit in large and in small vessels.
    density
        Of tissue, g/mL; None gives flow and volume per volume of tissue, a number per mass.

    Raises
    ------
    InputError
        If a haematocrit is outside [0, 1), or haematocrit or density cannot be.

    Examples
    --------
    >>> from biomarkers.cbv import Scaling
    >>> human = Scaling(hct_artery=0.45, hct_tissue=0.25, density=1.04)
    >>> print(f"kappa {human.kappa:.3f}, factor {human.factor:.3f}")
    kappa 0.733, factor 0.705

    """

    hct_artery: float = 0.0
    hct_tissue: float = 0.0
    density: float | None = None

    def __post_init__(self) -> None:
        for name in ("hct_artery", "hct_tissue"):
            value = getattr(self, name)
            if not 0.0 <= value < 1.0:
                raise InputError(f"{name} is {value}; expected a fraction in [0, 1)")
            if value:
                check_possible("haematocrit", value, source=name)
        if self.density is not None:
            if not self.density > 0.0:
                raise InputError(f"density is {self.density}; expected above 0 g/mL, or None")
            check_possible("tissue_density", self.density, source="density")

    @property
    def kappa(self) -> float:
        """Ratio of the plasma fractions of large and small vessels."""
        return (1.0 - self.hct_artery) / (1.0 - self.hct_tissue)

    @property
    def factor(self) -> float:
        """What a ratio of curves is multiplied by."""
        return self.kappa / (self.density or 1.0)


# The curves as they are: artery and tissue carry the same blood, and a volume is a volume.
AS_MEASURED = Scaling()
# Haematocrit 0.45 and 0.25, 1.04 g/mL; kappa 0.733: assumed since Rempp et al., Radiology
# 1994;193:637, and Calamante et al., J Cereb Blood Flow Metab 1999;19:701,
# doi:10.1097/00004647-199907000-00001.
HUMAN = Scaling(hct_artery=0.45, hct_tissue=0.25, density=1.04)
# Arterial 0.393 (Anesthesiology 2002;96:142, 12 rats); parenchymal microvessels carry 45 to 75 %
# of it (Fenstermacher et al., Magn Reson Med 1991;19:217, doi:10.1002/mrm.1910190205), of which the
# middle is taken; kappa 0.794. Density as in man.
RAT = Scaling(hct_artery=0.393, hct_tissue=0.6 * 0.393, density=1.04)


def quantity_of(name: str, scaling: Scaling) -> Quantity:
    """Return what is estimated, with the unit that a density makes."""
    units = {} if scaling.density is None else {"CBF": "mL/min/100g", "CBV": "mL/g"}
    row = QUANTITIES[name]
    return replace(row, unit=units.get(name, row.unit))
