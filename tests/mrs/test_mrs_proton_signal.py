"""The scale of a basis, told by a singlet."""

import numpy as np
import pytest

from biomarkers import mrs
from biomarkers.mrs.proton_signal import proton_signal


@pytest.mark.parametrize("names", [("Cr", "NAA", "Ins"), ("PCr", "Glu"), ("NAA",)])
@pytest.mark.parametrize("te", [(0.011, 0.019), (0.06, 0.075)])
def test_a_simulated_basis_has_one_per_proton(names, te):
    basis = mrs.simulate_basis(sequence="press", te=te, frequency_mhz=127.7, metabolites=names)
    assert proton_signal(basis) == pytest.approx(1.0, rel=2e-3)
    scaled = basis.with_fid(1e-3 * np.exp(0.4j) * basis.fid)
    assert proton_signal(scaled) == pytest.approx(1e-3, rel=2e-3)
