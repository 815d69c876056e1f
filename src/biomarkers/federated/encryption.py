"""Updates that a server adds without seeing them: the scheme BFV, as TenSEAL has it.

Sites share a key, the server has none. BFV adds whole numbers exactly, so that updates are told in
steps of 2⁻⁴⁰. CKKS, which the filters of NVFlare use, would do for a server that never sees a
decryption; ours gets the last sum in the clear, and of an approximate one the remainder, of which
the key can be computed (Li & Micciancio 2021, doi:10.1007/978-3-030-77870-5_23).
"""

import os
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from biomarkers.errors import FederationError, FileError, UnusualValueWarning, warn
from biomarkers.extras import load_extra
from biomarkers.federated.aggregation import alike
from biomarkers.federated.messages import ENCRYPTED, Message, digest
from biomarkers.files import read_bytes
from biomarkers.stats.arrays import Floats

# Degree and modulus of a ciphertext: 128 bits of security allow 218 bits of modulus, 192 allow 152
# (homomorphicencryption.org, standard of 2018). Half the numbers that fit lie on either side of 0.
SLOTS = 8192
_MODULUS_BITS = (50, 50, 50)
_NUMBERS = 576460752303210497  # the largest prime below 2⁵⁹ that is 1 modulo 2 · SLOTS
STEP = 2.0**-40
LARGEST = _NUMBERS // 2 * STEP  # about 2¹⁸: a sum beyond it would come round at the other end
_MOST_BYTES = 16 << 20
_OTHERS = stat.S_IRGRP | stat.S_IROTH
_LENGTHS = range(1 << 14, 1 << 21)  # bytes of a ciphertext: protobuf tells them in three
# What TenSEAL raises of content that is none: C++ exceptions, as pybind11 translates them.
_MALFORMED = (ValueError, RuntimeError, TypeError, IndexError, MemoryError, OverflowError)


@dataclass(frozen=True, eq=False)
class Key:
    """What the sites share, and the server must not have.

    Parameters
    ----------
    content
        As `write_key` writes it.

    """

    content: bytes = field(repr=False)

    @cached_property
    def _context(self) -> Any:
        return _tenseal().context_from(self.content, n_threads=1)

    @property
    def words(self) -> Floats:
        """SHA-256 of the key, by which a server sees that all sites have the same."""
        return digest(self.content)

    def encrypt(self, numbers: Floats) -> Message:
        """Return numbers as ciphertexts, in steps of 2⁻⁴⁰."""
        steps = np.rint(np.ravel(numbers) / STEP).astype(np.int64)
        make = _tenseal().bfv_vector
        return {
            name: _as_array(make(self._context, steps[part])) for name, part in _parts(steps.size)
        }

    def decrypt(self, message: Message, count: int) -> Floats:
        """Return the numbers of ciphertexts, or of a sum of them.

        Raises
        ------
        FederationError
            If they are no ciphertexts of so many numbers.

        """
        steps = np.empty(count, dtype=np.int64)
        for name, part in _parts(count):
            size = part.stop - part.start
            try:
                steps[part] = _read(message[name], size, self._context).decrypt()
            except _MALFORMED as error:
                raise FederationError(
                    f"{name} is no ciphertext of {size} numbers ({error})"
                ) from error
        return steps.astype(np.float64) * STEP


def make_key() -> Key:
    """Make a new key."""
    return Key(_serialized(_new_context(), secret=True))


def write_key(file: Path | str) -> Path:
    """Write a new key, for the sites to share; only this user can read the file.

    Raises
    ------
    FileError
        If there is a file already: who took part with its key could take part no more.

    """
    content, file = make_key().content, Path(file)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise FileError(f"{file} is there already; name another file for a new key") from error
    except OSError as error:
        raise FileError(f"{file} cannot be written: {error.strerror}") from error
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return file


def read_key(file: Path | str) -> Key:
    """Return the key of a file.

    Raises
    ------
    FileError
        If it holds none, or one that was made otherwise (for NVFlare, say).

    Warns
    -----
    UnusualValueWarning
        If others on this machine can read it.

    """
    require_encryption()
    key = Key(read_bytes(file, "the key of sites that encrypt", most=_MOST_BYTES))
    try:
        works = key.decrypt(key.encrypt(np.array([STEP])), 1)[0] == STEP
        works &= not unreadable(key.encrypt(np.zeros(1)), 1)
    except (FederationError, *_MALFORMED):
        works = False
    if not works:
        raise FileError(f"{file} is no key of ours; biomarkers federated key --out FILE makes one")
    if os.name == "posix" and Path(file).stat().st_mode & _OTHERS:
        warn(UnusualValueWarning(f"{file} can be read by others on this machine; chmod 600 {file}"))
    return key


def require_encryption() -> None:
    """Make sure that TenSEAL is installed; `InputError` where it is not."""
    _tenseal()


def check_same_key(replies: Mapping[str, Message]) -> None:
    """Refuse sites with different keys: what they send could not be added.

    Raises
    ------
    FederationError
        Naming who has which.

    """
    groups = alike(replies, "key")
    if len(groups) > 1:
        sites = "; ".join(map(", ".join, groups))
        raise FederationError(
            f"the sites encrypt with different keys ({sites}); give all of them the one file that "
            "biomarkers federated key has made"
        )


def unreadable(reply: Message, count: int) -> str:
    """Return why a reply holds no ciphertexts of a count of numbers; empty where it does."""
    for name, part in _parts(count):
        if name not in reply:
            return f"its reply holds no {name}"
        size = part.stop - part.start
        try:
            _read(reply[name], size, _server_context())
        except _MALFORMED:
            return f"its {name} is no ciphertext of {size} numbers"
    return ""


def added(messages: Iterable[Message], count: int) -> Message:
    """Return the sum of ciphertexts, as ciphertexts; whatever else messages hold is left out.

    Raises
    ------
    FederationError
        If they cannot be added.

    """
    every = list(messages)
    return {
        name: _as_array(_sum([each[name] for each in every], part.stop - part.start))
        for name, part in _parts(count)
    }


def _sum(contents: Iterable[NDArray[Any]], count: int) -> Any:
    try:
        first, *others = (_read(each, count, _server_context()) for each in contents)
        for other in others:
            first.add_(other)
    except _MALFORMED as error:
        raise FederationError(f"encrypted updates cannot be added ({error})") from error
    return first


def is_encrypted(name: str) -> bool:
    """Whether an array of a message is a ciphertext."""
    return name.startswith(ENCRYPTED)


def _parts(count: int) -> list[tuple[str, slice]]:
    """Return the names of ciphertexts, and which of the numbers each holds."""
    return [
        (f"{ENCRYPTED}{number}", slice(start, min(start + SLOTS, count)))
        for number, start in enumerate(range(0, count, SLOTS))
    ]


def _as_array(ciphertext: Any) -> NDArray[Any]:
    return np.frombuffer(ciphertext.serialize(), dtype=np.uint8)


def _read(content: NDArray[Any], count: int, context: Any) -> Any:
    """Return a ciphertext of a count of numbers; an error of `_MALFORMED` where there is none.

    SEAL checks a ciphertext. TenSEAL (0.3.18) believes what is told around it, how many numbers of
    how many ciphertexts there are, and reads and writes beyond its memory where that is untrue.
    """
    whole = np.asarray(content).tobytes()
    numbers = _varint(count)
    start = b"\n" + _varint(len(numbers)) + numbers + b"\x12"  # fields 1: sizes, 2: ciphertexts
    length = len(whole) - len(start) - 3
    if length not in _LENGTHS or not whole.startswith(start + _varint(length)):
        raise ValueError(f"{len(whole)} bytes that are not one ciphertext")
    vector = _tenseal().bfv_vector_from(context, whole)
    (ciphertext,) = vector.ciphertext()
    if ciphertext.size() != 2 or ciphertext.is_ntt_form() or ciphertext.is_transparent():
        raise ValueError("a ciphertext in another form than that of encryption")
    return vector


def _varint(number: int) -> bytes:
    """Return a number as protobuf tells it: seven bits a byte, the lowest first."""
    low, high = number & 127, number >> 7
    return bytes([low | 128]) + _varint(high) if high else bytes([low])


def _new_context() -> Any:
    tenseal = _tenseal()
    return tenseal.context(
        tenseal.SCHEME_TYPE.BFV,
        SLOTS,
        _NUMBERS,
        list(_MODULUS_BITS),
        encryption_type=tenseal.ENCRYPTION_TYPE.SYMMETRIC,
        n_threads=1,
    )


@cache
def _server_context() -> Any:
    """Return what is needed to add: the scheme and its sizes, and no key."""
    return _tenseal().context_from(_serialized(_new_context(), secret=False), n_threads=1)


def _serialized(context: Any, *, secret: bool) -> bytes:
    content: bytes = context.serialize(
        save_public_key=False,
        save_secret_key=secret,
        save_galois_keys=False,
        save_relin_keys=False,
    )
    return content


def _tenseal() -> Any:
    return load_extra("tenseal", "encrypted=True")
