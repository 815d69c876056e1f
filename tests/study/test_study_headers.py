"""What the header of an input says of a person does not reach the results."""

import gzip
import io

import nibabel as nib
import numpy as np
from toy_study import make_toy_study, measure_toys

NAME = "Muster Anna"


def named(path) -> None:
    """Write a name into every place of a header that takes text, and into that of the archive."""
    image = nib.load(path)
    header = image.header
    for field in ("descrip", "aux_file", "intent_name", "db_name"):
        header[field] = NAME.encode()
    header.extensions.append(nib.nifti1.Nifti1Extension("comment", NAME.encode()))
    stream = io.BytesIO()
    with gzip.GzipFile(f"{NAME}.nii", "wb", fileobj=stream) as packed:
        packed.write(nib.Nifti1Image(np.asarray(image.dataobj), image.affine, header).to_bytes())
    path.write_bytes(stream.getvalue())


def test_results_carry_nothing_of_the_headers_of_inputs(tmp_path) -> None:
    root, out = make_toy_study(tmp_path / "study", 2), tmp_path / "out"
    images = list(root.rglob("*.nii.gz"))
    for path in images:
        named(path)
    assert all(NAME.encode() in gzip.decompress(path.read_bytes()) for path in images)
    measure_toys(root, out)
    maps = list(out.rglob("*.nii.gz"))
    assert len(maps) == 4
    for path in maps:
        header = nib.load(path).header
        assert not header.extensions and not header["descrip"].item()
        assert NAME.encode() not in gzip.decompress(path.read_bytes())
    files = [path for path in out.rglob("*") if path.is_file()]
    assert [path for path in files if NAME.encode() in path.read_bytes()] == []
