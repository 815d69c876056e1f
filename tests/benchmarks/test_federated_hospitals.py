"""One seed of the benchmark of federated hospitals holds what thirty show."""

import pytest
from benchmarks.federated import NOISES, noisy, one_seed


@pytest.fixture(scope="module")
def seed() -> dict[str, float]:
    return one_seed(1)


def test_a_federation_is_worth_what_pooled_rows_are(seed: dict[str, float]) -> None:
    assert seed["difference"] < 1e-12
    assert abs(seed["federated"] - seed["pooled"]) < 0.02
    assert seed["federated"] > seed["one site"] + 0.02


def test_a_bad_site_spoils_the_average_only(seed: dict[str, float]) -> None:
    assert seed["-10 x update, average"] < 0.5
    assert min(seed[f"-10 x update, {how}"] for how in ("median", "trimmed")) > 0.7
    assert seed["NaN site named"] == seed["turned site named"] == 1
    assert seed["sound site named"] == 0


def test_less_noise_costs_privacy_and_gives_worth() -> None:
    rows = noisy(1)
    assert [row["noise"] for row in rows] == list(NOISES)
    assert rows[0]["epsilon"] < 3 < 2000 < rows[-1]["epsilon"]
    assert rows[0]["auc"] < 0.75 < rows[-1]["auc"]
