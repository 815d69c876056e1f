"""Ciphertexts that are damaged, or made to end the process that reads them."""

import struct

import numpy as np
import pytest

sealapi = pytest.importorskip("tenseal.sealapi", reason="the extra `encrypted`")

from biomarkers.errors import FederationError  # noqa: E402
from biomarkers.federated import encryption  # noqa: E402
from biomarkers.federated.encryption import SLOTS, added, make_key, unreadable  # noqa: E402
from biomarkers.federated.messages import Message  # noqa: E402

COUNT = 36
KEY = make_key()
GOOD = KEY.encrypt(np.arange(COUNT) - 9.0)["encrypted/0"].tobytes()
SEAL_VERSION = GOOD[GOOD.index(b"\x5e\xa1\x10") :][3:5]  # after the magic bytes of SEAL


def varint(number: int) -> bytes:
    return bytes([number & 127 | 128]) + varint(number >> 7) if number > 127 else bytes([number])


def envelope(sizes: list[int], ciphertexts: list[bytes]) -> bytes:
    """Return what TenSEAL writes around ciphertexts: how many numbers each has, and each."""
    packed = b"".join(map(varint, sizes))
    parts = [b"\x12" + varint(len(each)) + each for each in ciphertexts]
    return b"\n" + varint(len(packed)) + packed + b"".join(parts)


def sealed(body: bytes) -> bytes:
    """Return a body with the header of SEAL: magic bytes, no compression, length."""
    return b"\x5e\xa1\x10" + SEAL_VERSION + bytes(3) + struct.pack("<Q", 16 + len(body)) + body


def ciphertext(numbers: np.ndarray, *, level: str = "first", ntt: bool = False) -> bytes:
    """Return numbers (polynomials × coefficients) as SEAL writes a ciphertext."""
    context = encryption._server_context().seal_context().data
    identity = {"first": context.first_parms_id, "key": context.key_parms_id}[level]()
    data = sealed(struct.pack("<Q", numbers.size) + numbers.astype(np.uint64).tobytes())
    polynomials, moduli = len(numbers), numbers.shape[1] // SLOTS
    words = struct.pack("<4Q?3QdQ", *identity, ntt, polynomials, SLOTS, moduli, 1.0, 1)
    return sealed(words + data)


def any_numbers(polynomials: int = 2, moduli: int = 2) -> np.ndarray:
    """Return random numbers below every modulus."""
    random = np.random.default_rng(1)
    return random.integers(1, 1 << 49, size=(polynomials, moduli * SLOTS))


def as_message(content: bytes) -> Message:
    return {"encrypted/0": np.frombuffer(content, np.uint8)}


def shaken(seed: int) -> bytes:
    """Return a ciphertext with some bytes changed, most of them near its beginning."""
    random, content = np.random.default_rng(seed), bytearray(GOOD)
    for place in random.integers(0, (60, len(GOOD))[seed % 4 == 0], size=1 + seed % 5):
        content[place] ^= int(random.integers(1, 256))
    return bytes(content)


INSIDE = ciphertext(any_numbers())
SPOILT = {
    "another level": envelope([COUNT], [ciphertext(any_numbers(moduli=3), level="key")]),
    "another form": envelope([COUNT], [ciphertext(any_numbers(), ntt=True)]),
    "of three polynomials": envelope([COUNT], [ciphertext(any_numbers(3))]),
    "in the clear": envelope([COUNT], [ciphertext(any_numbers() * [[1], [0]])]),
    "no ciphertext": envelope([COUNT], []),  # these four ended the process, or could
    "no sizes": envelope([], [INSIDE]),
    "two ciphertexts": envelope([COUNT], [INSIDE, INSIDE]),
    "two sizes": envelope([COUNT - 9, 9], [INSIDE]),
    "another size": envelope([COUNT + 1], [INSIDE]),
    "most numbers": envelope([2**31 - 1], [INSIDE]),
    "a byte more": GOOD + b"\0",
    "half of it": GOOD[: len(GOOD) // 2],
    "a byte less": GOOD[:-1],
    "random": np.random.default_rng(1).bytes(len(GOOD)),
    "random within": envelope([COUNT], [np.random.default_rng(1).bytes(len(INSIDE))]),
}


def test_what_is_crafted_here_is_a_ciphertext_but_for_what_is_spoilt() -> None:
    crafted = as_message(envelope([COUNT], [INSIDE]))
    assert not unreadable(crafted, COUNT)
    total = KEY.decrypt(added([crafted, as_message(GOOD)], COUNT), COUNT)
    np.testing.assert_allclose(total - KEY.decrypt(crafted, COUNT), np.arange(COUNT) - 9.0)


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_ciphertext_is_no_update_and_no_message(name: str) -> None:
    spoilt, why = as_message(SPOILT[name]), f"encrypted/0 is no ciphertext of {COUNT} numbers"
    assert unreadable(spoilt, COUNT) == f"its {why}"
    with pytest.raises(FederationError, match=why):
        KEY.decrypt(spoilt, COUNT)
    with pytest.raises(FederationError, match="encrypted updates cannot be added"):
        added([as_message(GOOD), spoilt], COUNT)


def test_shaken_ciphertexts_are_named_or_can_be_added() -> None:
    named = 0
    for seed in range(200):
        message = as_message(shaken(seed))
        if unreadable(message, COUNT):
            named += 1
            with pytest.raises(FederationError, match="encrypted/0 is no ciphertext"):
                KEY.decrypt(message, COUNT)
        else:
            assert KEY.decrypt(added([message, as_message(GOOD)], COUNT), COUNT).size == COUNT
    assert named > 150


def test_ciphertexts_that_cancel_are_refused_in_words() -> None:
    moduli = sealapi.CoeffModulus.Create(SLOTS, encryption._MODULUS_BITS)[:2]
    numbers = any_numbers()
    opposite = np.repeat([each.value() for each in moduli], SLOTS) - numbers
    pair = [as_message(envelope([COUNT], [ciphertext(each)])) for each in (numbers, opposite)]
    assert not any(unreadable(each, COUNT) for each in pair)
    with pytest.raises(FederationError, match="encrypted updates cannot be added"):
        added(pair, COUNT)
