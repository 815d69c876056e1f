"""Damage of single files, by kind: text, JSON, TOML, NIfTI, archives, workbooks."""

import gzip
import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator

import nibabel as nib
import numpy as np

REFUSED, SOUND = 2, 0
_Damage = tuple[str, int, Callable[[bytes], bytes]]

_TABLES = ("measurements", "participants", "exclusions", "labels", "blood")
_NUMBERS = ("bval", "bvec")
_SCANS = ("rda", "raw", "jmrui", "basis", "spar")

# Of any file.
_ANY: tuple[_Damage, ...] = (
    ("empty", REFUSED, lambda _: b""),
    ("null bytes alone", REFUSED, lambda _: b"\0" * 600),
    ("bytes by chance", REFUSED, lambda _: np.random.default_rng(1).bytes(600)),
    ("a page of HTML", REFUSED, lambda _: b"<!DOCTYPE html><html><body>404</body></html>\n"),
    ("a pointer of git-annex", REFUSED, lambda _: b"/annex/objects/MD5E-s123--abc\n"),
)
_COLUMNS = b"".join(b"\tc%d" % k for k in range(100_000)) + b"\n"
_TABLE: tuple[_Damage, ...] = (
    ("byte order mark and CRLF", SOUND, lambda b: b"\xef\xbb\xbf" + b.replace(b"\n", b"\r\n")),
    ("UTF-16", SOUND, lambda b: b.decode().encode("utf-16")),
    ("UTF-16 without its mark", REFUSED, lambda b: b.decode().encode("utf-16-le")),
    ("UTF-32", REFUSED, lambda b: b.decode().encode("utf-32")),
    ("a null byte", REFUSED, lambda b: b.replace(b"\n", b"\0\n")),
    ("a quotation mark left open", REFUSED, lambda b: b.replace(b"\n", b'\n"', 1)),
    ("a field of 200 kB", REFUSED, lambda b: b + b"x" * 200_000 + b"\t1\n"),
    ("100 000 columns", REFUSED, lambda b: b"".join(line + _COLUMNS for line in b.splitlines())),
    ("rows of one cell", REFUSED, lambda b: b + b"stray\n"),
    ("rows of too many cells", REFUSED, lambda b: b + b"x\t" * 40 + b"x\n"),
    ("a name that stands twice", REFUSED, lambda b: b.replace(
        b.split(b"\n")[0], b.split(b"\n")[0] + b"\t" + b.split(b"\t")[0]
    ).replace(b"\n", b"\tx\n").replace(b"\tx\n", b"\n", 1)),
)  # fmt: skip


def _value(column: int, text: bytes) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        lines = content.split(b"\n")
        cells = lines[1].split(b"\t")
        cells[column] = text
        return b"\n".join([lines[0], b"\t".join(cells), *lines[2:]])

    return damage


def _values(column: int) -> tuple[_Damage, ...]:
    texts = (b"1e999", b"1" + b"0" * 400, b"-inf", b"1_0", b"0x10", b"True", "٣".encode(), b"=1+1",
             b"1,5,3", b"#DIV/0!", b"one")  # fmt: skip
    return tuple((f"{text[:12].decode()} for a number", REFUSED, _value(column, text))
                 for text in texts)  # fmt: skip


_NO_ROW: _Damage = ("header alone", REFUSED, lambda b: b.split(b"\n")[0])
_JSON: tuple[_Damage, ...] = (
    ("byte order mark", SOUND, lambda b: b"\xef\xbb\xbf" + b),
    ("UTF-16", REFUSED, lambda b: b.decode().encode("utf-16")),
    ("Latin-1", REFUSED, lambda b: b.replace(b"Bq", b"\xe9q")),
    ("cut in half", REFUSED, lambda b: b[: len(b) // 2]),
    ("lists 200 000 deep", REFUSED, lambda _: b"[" * 200_000 + b"]" * 200_000),
    ("objects 100 000 deep", REFUSED, lambda _: b'{"a":' * 100_000 + b"1" + b"}" * 100_000),
    ("an integer of 5000 digits", REFUSED, lambda b: b.replace(b"15", b"1" * 5000)),
    ("NaN", REFUSED, lambda b: b.replace(b"15", b"NaN")),
    ("1e999", REFUSED, lambda b: b.replace(b"15", b"1e999")),
    ("a key that stands twice", REFUSED, lambda b: b.replace(b"{", b'{"FlipAngle": 5, ')),
)
_SIDECAR: tuple[_Damage, ...] = (
    ("a list", REFUSED, lambda _: b"[1, 2]"),
    ("null", REFUSED, lambda _: b"null"),
    ("10^400", REFUSED, lambda b: b.replace(b"15", b"1" + b"0" * 400)),
    ("text for a number", REFUSED, lambda b: b.replace(b"15", b'"15"')),
    ("truth for a number", REFUSED, lambda b: b.replace(b"15", b"true")),
    ("a negative angle", REFUSED, lambda b: b.replace(b"15", b"-15")),
    ("10^400 in a list", REFUSED, lambda b: b.replace(b"1.5", b"1" + b"0" * 400)),
    ("a list that is too short", REFUSED, lambda b: b.replace(b"[0, 1.5]", b"[0]")),
)
_TOML: tuple[_Damage, ...] = (
    ("byte order mark", SOUND, lambda b: b"\xef\xbb\xbf" + b),
    ("UTF-16", REFUSED, lambda b: b.decode().encode("utf-16")),
    ("lists 100 000 deep", REFUSED, lambda _: b"outcome = " + b"[" * 100_000),
    ("tables 5000 deep", REFUSED, lambda _: b"a = " + b"{a=" * 5000 + b"1" + b"}" * 5000),
    ("an integer of 5000 digits", REFUSED, lambda b: b.replace(b"199", b"1" * 5000)),
    ("2 MB", REFUSED, lambda b: b + b"# " + b"x" * 2_000_000),
)
_PLAN: tuple[_Damage, ...] = (
    ("10^400 permutations", REFUSED, lambda b: b.replace(b"199", b"1" + b"0" * 400)),
    ("alpha 10^400", REFUSED, lambda b: b.replace(b"0.05", b"1" + b"0" * 400)),
    ("alpha nan", REFUSED, lambda b: b.replace(b"0.05", b"nan")),
    ("a day of 10^400", REFUSED, lambda b: b.replace(b"[0]", b"[1" + b"0" * 400 + b"]")),
    ("a day that is a date", REFUSED, lambda b: b.replace(b"[0]", b"[2024-01-01]")),
    ("an outcome that is a list", REFUSED, lambda b: b.replace(b'"responder"', b"[1]")),
    ("visits that are a list", REFUSED, lambda b: b"visits = [0]\n" + b.split(b"[visits]")[0]),
    ("regions that are a table", REFUSED, lambda b: b.replace(b'["tumor"]', b"{a = 1}")),
)


def _header(at: int, kind: str, *values: float | bytes) -> Callable[[bytes], bytes]:
    def damage(content: bytes) -> bytes:
        changed = bytearray(content)
        struct.pack_into(f"<{kind}", changed, at, *values)
        return bytes(changed)

    return damage


def _second(*dims: int) -> Callable[[bytes], bytes]:
    def damage(_: bytes) -> bytes:
        changed = bytearray(nib.Nifti2Image(np.zeros((2, 2, 2), np.int16), np.eye(4)).to_bytes())
        struct.pack_into("<8q", changed, 16, len(dims), *dims, *[1] * (7 - len(dims)))
        return bytes(changed)

    return damage


_NAN, _INF = float("nan"), float("inf")
_NIFTI: tuple[_Damage, ...] = (
    *((f"cut at byte {at}", REFUSED, lambda b, at=at: b[:at]) for at in (1, 100, 347, 352, 370)),
    ("begins like an archive", REFUSED, _header(0, "2B", 0x1F, 0x8B)),
    ("magic wrong", REFUSED, _header(344, "4s", b"abcd")),
    ("magic of a pair", REFUSED, _header(344, "4s", b"ni1\0")),
    ("sizeof_hdr 0", REFUSED, _header(0, "i", 0)),
    ("dim 32767^3", REFUSED, _header(40, "8h", 3, *[32767] * 3, 1, 1, 1, 1)),
    ("dim 32767^7", REFUSED, _header(40, "8h", 7, *[32767] * 7)),
    ("dim negative", REFUSED, _header(40, "4h", 3, -2, 3, 2)),
    ("dim 0", REFUSED, _header(40, "4h", 3, 0, 3, 2)),
    ("no axis", REFUSED, _header(40, "h", 0)),
    ("99 axes", REFUSED, _header(40, "h", 99)),
    ("NIfTI-2, dim 2^21 cubed", REFUSED, _second(2**21, 2**21, 2**21)),
    ("NIfTI-2, dim whose product is 2^64", REFUSED, _second(2**32, 2**32, 1)),
    ("NIfTI-2, dim 2^62", REFUSED, _second(2**62, 2, 2)),
    ("vox_offset 0", REFUSED, _header(108, "f", 0.0)),
    ("vox_offset 1e9", REFUSED, _header(108, "f", 1e9)),
    ("vox_offset NaN", REFUSED, _header(108, "f", _NAN)),
    ("vox_offset negative", REFUSED, _header(108, "f", -352.0)),
    ("datatype 0", REFUSED, _header(70, "h", 0)),
    ("datatype 9999", REFUSED, _header(70, "h", 9999)),
    ("colours", REFUSED, _header(70, "2h", 128, 24)),
    ("complex numbers", REFUSED, _header(70, "2h", 32, 64)),
    ("bitpix contradicts the type", REFUSED, _header(72, "h", 64)),
    ("affine NaN", REFUSED, _header(280, "f", _NAN)),
    ("affine infinite", REFUSED, _header(280, "f", _INF)),
    ("affine singular", REFUSED, _header(280, "4f", 0, 0, 0, 0)),
    ("pixdim 0 and no sform", REFUSED, lambda b: _header(254, "h", 0)(
        _header(76, "4f", 1, 0, 0, 0)(b))),
    ("units of metres", REFUSED, _header(123, "B", 1)),
    ("xyzt_units 255", REFUSED, _header(123, "B", 255)),
    ("scl_slope infinite", REFUSED, _header(112, "2f", _INF, 0)),
    ("scl_inter infinite", REFUSED, _header(112, "2f", 1, _INF)),
    ("more slices than its header says", REFUSED, lambda b: b + b"\0" * 120),
    ("slope NaN: not scaled", SOUND, _header(112, "2f", _NAN, 0)),
)  # fmt: skip
_VOXELS: tuple[_Damage, ...] = tuple(
    (name, REFUSED, lambda b, values=values: bytes(  # type: ignore[misc]
        nib.Nifti1Image(values, np.eye(4)).to_bytes()))
    for name, values in {
        "labels with halves": np.full((2, 2, 2), 1.5, np.float32),
        "labels below 0": np.full((2, 2, 2), -1, np.int16),
        "labels that are NaN": np.full((2, 2, 2), np.nan, np.float32),
        "a label of 1e12": np.full((2, 2, 2), 1e12),
        "each voxel a region": np.arange(24**3, dtype=np.int32).reshape(24, 24, 24),
        "labels of two volumes": np.ones((2, 2, 2, 2), np.int16),
    }.items()
)  # fmt: skip


def _bomb(content: bytes) -> bytes:
    """Return a sound image in an archive that goes on with 100 MB of zeros."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    parts = [packer.compress(gzip.decompress(content)), packer.compress(bytes(100 << 20))]
    return b"".join([*parts, packer.flush()])


_ARCHIVE: tuple[_Damage, ...] = (
    *((f"cut at byte {at}", REFUSED, lambda b, at=at: b[:at]) for at in (1, 2, 10, 50, -1, -4, -9)),
    ("a byte turned round", REFUSED, lambda b: b[:-30] + bytes([b[-30] ^ 255]) + b[-29:]),
    ("checksum wrong", REFUSED, lambda b: b[:-6] + bytes([b[-6] ^ 255]) + b[-5:]),
    ("100 MB of zeros behind the image", REFUSED, _bomb),
    ("two archives in one file", SOUND, lambda b: b"".join(
        gzip.compress(part) for part in (gzip.decompress(b)[:100], gzip.decompress(b)[100:]))),
    ("no archive but the image", REFUSED, gzip.decompress),
)  # fmt: skip


def _repacked(
    name: str, change: Callable[[bytes], bytes], spaces: int = 0
) -> Callable[[bytes], bytes]:
    """Return what changes a part of an archive, and lets it go on with so many MB of spaces."""

    def damage(content: bytes) -> bytes:
        out = io.BytesIO()
        with (
            zipfile.ZipFile(io.BytesIO(content)) as old,
            zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as new,
        ):
            for part in old.namelist():
                given = old.read(part)
                with new.open(part, "w") as packed:
                    packed.write(change(given) if part.endswith(name) else given)
                    for _ in range(spaces if part.endswith(name) else 0):
                        packed.write(b" " * (1 << 20))
        return out.getvalue()

    return damage


_LAUGHS = (
    b'<!DOCTYPE x [<!ENTITY a "'
    + b"ha" * 50
    + b'">'
    + b"".join(b'<!ENTITY %c "%s">' % (98 + k, b"&%c;" % (97 + k) * 30) for k in range(7))
    + b"]><x>&h;</x>"
)
_WORKBOOK: tuple[_Damage, ...] = (
    ("cut in half", REFUSED, lambda b: b[: len(b) // 2]),
    ("a sheet that is no XML", REFUSED, _repacked("sheet1.xml", lambda _: b"<row>")),
    ("a sheet of entities within entities", REFUSED, _repacked("sheet1.xml", lambda _: _LAUGHS)),
    ("a cell in the last row and column", REFUSED, _repacked(
        "sheet1.xml", lambda x: x.replace(b"</sheetData>",
            b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'))),
    ("a part that unpacks to 1.2 GB", REFUSED, _repacked(
        "styles.xml", lambda x: x, spaces=1200)),
    ("text named xlsx", REFUSED, lambda _: b"subject\tday\n"),
)  # fmt: skip
_BVALUES: tuple[_Damage, ...] = (
    ("n/a for a number", REFUSED, lambda b: b.replace(b"1", b"n/a", 1)),
    ("1e999 for a number", REFUSED, lambda b: b.replace(b"1", b"1e999", 1)),
    ("UTF-16", REFUSED, lambda b: b.decode().encode("utf-16")),
    ("two lines", REFUSED, lambda b: b + b"0 1\n"),
)
_SCAN: tuple[_Damage, ...] = (
    ("cut in half", REFUSED, lambda b: b[: len(b) // 2]),
    ("UTF-16", REFUSED, lambda b: b.decode("latin-1").encode("utf-16")),
    ("null bytes", REFUSED, lambda b: b.replace(b"=", b"=\x007\0").replace(b": ", b": \0")),
    ("numbers that are none", REFUSED, lambda b: b.replace(b"32", b"xy").replace(b"E-0", b"xx")),
    ("a count of 10^400", REFUSED, lambda b: b.replace(b"32", b"1" + b"0" * 400)),
    ("a count below 0", REFUSED, lambda b: b.replace(b": 32", b": -32").replace(b"=32", b"=-32")),
)
_BY_READER: dict[str, tuple[_Damage, ...]] = {
    "json": _JSON, "sidecar": _JSON + _SIDECAR, "toml": _TOML, "plan": _TOML + _PLAN,
    "nifti": _NIFTI, "label-map": (*_NIFTI, *_VOXELS), "nifti-gz": _ARCHIVE,
    "nifti-mrs": tuple(each for each in _NIFTI if each[0].startswith(("cut", "NIfTI-2"))),
    "bval": _BVALUES, "bvec": _BVALUES, "xlsx": _WORKBOOK,
    "measurements": (*_TABLE, _NO_ROW, *_values(4), *_values(1)),
    "blood": (*_TABLE, _NO_ROW, *_values(0), *_values(1)),
    "participants": _TABLE, "exclusions": _TABLE, "labels": _TABLE + _values(0),
    **dict.fromkeys(("rda", "jmrui"), _SCAN), "spar": _SCAN[1:],
    **dict.fromkeys(("raw", "basis"), _SCAN[:4]),
}  # fmt: skip


def damaged_files(area: str, sound: bytes) -> Iterator[tuple[str, int, bytes]]:
    """Yield name, expected exit status and content of each damaged file of a reader."""
    for name, expected, damage in (*_ANY, *_BY_READER.get(area, ())):
        if (area, name) == ("toml", "empty"):  # which is TOML that says nothing
            continue
        content = damage(sound)
        if content == sound:
            raise AssertionError(f"{area}: {name} changes nothing")
        yield name, expected, content
