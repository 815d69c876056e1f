"""Water exchange under the pulses of a gradient echo against dcmri 0.6.20 (Apache-2.0).

Values of ``dcmri.signal_ss(1, [1/t10 + 4*C/ve, 1/t10], 0.005, 20, v=[ve, 1 - ve],
Fw=[[0, PS], [PS, 0]])`` with ``PS = (1 - ve) / tau_i``.
"""

import pytest

from biomarkers.dce import two_pool_signal


@pytest.mark.parametrize(
    ("ve", "lifetime", "agent", "t10", "expected"),
    [
        (0.30, 0.80, 0.6, 1.5, 0.05860808565502558),
        (0.15, 0.25, 1.0, 1.2, 0.07543817992426037),
        (0.50, 2.00, 0.3, 2.0, 0.04030633067101997),
    ],
)
def test_two_pools(ve, lifetime, agent, t10, expected):
    found = two_pool_signal(
        [agent], extracellular=ve, lifetime=lifetime, t10=t10, tr=0.005, flip_deg=20.0, r1=4.0
    )
    assert found[0] == pytest.approx(expected, rel=1e-12)
