"""What it costs that the server of a federation cannot read the updates: error, bytes, CPU time.

Five hospitals (as in benchmarks.federated) with plain and with encrypted updates; then sums of a
network of 100 000 weights.

Run: python -m benchmarks.federated_encryption     (10 CPU-seconds; needs the extra `encrypted`)
"""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchmarks.federated import RECIPE, SITES, Patients

from biomarkers import federated
from biomarkers.federated.encryption import added, make_key

WEIGHTS = 100_000
RESULTS = Path(__file__).parent / "results" / "federated_encryption.txt"


def of_hospitals(rounds: int, aggregate: str) -> str:
    """Return error and CPU time of a federation with its judgement."""
    cohorts, seconds, rules = Patients(1).by_site, [], []
    settings = federated.Rounds(rounds=rounds, aggregate=aggregate, local_steps=2)
    for encrypted in (False, True):
        began = time.process_time()
        done = federated.train(RECIPE, cohorts, settings=replace(settings, encrypted=encrypted))
        seconds.append(time.process_time() - began)
        rules.append(done.rule.trained.model.coefficients)
    error, size = np.abs(rules[1] - rules[0]).max(), np.abs(rules[0]).max()
    return (
        f"{aggregate:8} {rounds:3} rounds: largest coefficient {size:.2f}, error {error:.1e}; "
        f"{seconds[0]:.2f} and {seconds[1]:.2f} CPU-seconds, "
        f"{1e3 * (seconds[1] - seconds[0]) / rounds:.0f} ms more a round (server and five sites)"
    )


def of_many_weights(rounds: int = 20) -> list[str]:
    """Return error, bytes and CPU time of sums of large updates."""
    key, random = make_key(), np.random.default_rng(1)
    truth, total = np.zeros(WEIGHTS), []
    spent = dict.fromkeys(("encrypt", "add", "decrypt"), 0.0)
    for _ in range(rounds):
        updates = random.normal(0, 0.01, size=(len(SITES), WEIGHTS)) / len(SITES)
        truth += updates.sum(axis=0)
        began = time.process_time()
        told = [key.encrypt(each) for each in updates]
        after = time.process_time()
        total = [added([*total, *told], WEIGHTS)]
        last = time.process_time()
        seen = key.decrypt(total[0], WEIGHTS)
        spent["encrypt"] += (after - began) / len(SITES)
        spent["add"] += last - after
        spent["decrypt"] += time.process_time() - last
    size = sum(each.nbytes for each in told[0].values())
    one = key.encrypt(np.zeros(48))["encrypted/0"].nbytes
    return [
        f"a message of up to 8192 numbers: {one} bytes; of {WEIGHTS}: {size / 1e6:.2f} MB, "
        f"{size / WEIGHTS:.0f} bytes a number (8 in the clear)",
        f"{WEIGHTS} weights, {rounds} rounds of {len(SITES)} sites: error "
        f"{np.abs(seen - truth).max():.1e}; a round: "
        + ", ".join(f"{name} {1e3 * each / rounds:.0f} ms" for name, each in spent.items())
        + " (CPU; a site encrypts and decrypts, the server adds)",
    ]


if __name__ == "__main__":
    lines = [of_hospitals(rounds, how) for rounds in (20, 100) for how in ("average", "prox")]
    lines += of_many_weights()
    print("\n".join(lines))
    RESULTS.write_text("\n".join(lines) + "\n", encoding="utf-8")
