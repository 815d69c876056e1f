"""Images and labels through transforms: kinds kept, one interpolation, nothing made up."""

import nibabel as nib
import numpy as np
import pytest
from scipy.io import savemat
from scipy.spatial.transform import Rotation

from biomarkers.errors import FileError, GeometryError, InputError
from biomarkers.images import Image, LabelMap, Transform, load_transform

AFFINE = np.array([[0.25, 0, 0, -4.0], [0, 0.25, 0, -3.5], [0, 0, 1.0, -4.0], [0, 0, 0, 1]])
SHAPE = (32, 28, 9)


def blob(centre=(0.0, 0.0, 0.0), affine=AFFINE, shape=SHAPE, width=1.2):
    """A smooth bump, known everywhere."""
    points = np.moveaxis(np.indices(shape), 0, -1) @ affine[:3, :3].T + affine[:3, 3]
    return np.exp(-0.5 * ((points - centre) ** 2).sum(-1) / width**2)


def rigid(degrees=(0.0, 0.0, 0.0), shift=(0.0, 0.0, 0.0)):
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift
    return matrix


FIXED = Image(blob(), AFFINE, "fixed")
TURN = Transform(rigid((2, -3, 4), (0.3, -0.4, 0.6)), FIXED, FIXED)


def field_of(size=0.3):
    bump = blob(width=1.5)
    return size * np.stack([bump, -bump, 0.5 * bump], axis=-1)


def test_a_moved_image_comes_back():
    moving = FIXED.with_data(blob(TURN.map_points([0.0, 0, 0])), source="moving")
    back = TURN.apply(moving)
    inner = (slice(4, -4), slice(4, -4), slice(2, -2))
    np.testing.assert_allclose(back.data[inner], FIXED.data[inner], atol=0.01)
    assert (back.affine == AFFINE).all()


def test_what_lies_outside_is_not_known():
    shift = Transform(rigid(shift=(1.0, 0, 0)), FIXED)
    moved = shift.apply(FIXED).data
    assert np.isnan(moved[-4:]).all()
    np.testing.assert_allclose(moved[:-4], FIXED.data[4:], atol=1e-12)


def test_a_missing_voxel_does_not_spread():
    data = FIXED.data.copy()
    data[10, 10, 4] = np.nan
    moved = TURN.apply(FIXED.with_data(data, source="holed")).data
    whole = TURN.apply(FIXED).data
    lost = np.isnan(moved) & ~np.isnan(whole)
    assert 0 < lost.sum() <= 4
    rest = np.isfinite(moved)
    np.testing.assert_allclose(moved[rest], whole[rest], atol=0.05)


def test_every_kind_is_given_back():
    labels = (FIXED.data > 0.5).astype(np.int32)
    drawn = LabelMap(Image(labels, AFFINE, "drawn"), {1: "tumor"})
    assert TURN.apply(drawn).regions == ("tumor",)
    picture = nib.Nifti1Image((1000 * FIXED.data).astype(np.int16), AFFINE)
    moved = TURN.apply(picture)
    assert isinstance(moved, nib.Nifti1Image)
    assert moved.get_data_dtype() == np.float32
    np.testing.assert_allclose(moved.affine, AFFINE)
    np.testing.assert_allclose(moved.get_fdata() / 1000, TURN.apply(FIXED).data, atol=2e-3)
    marked = TURN.apply(nib.Nifti1Image(labels, AFFINE), labels=True)
    assert marked.get_data_dtype() == np.int32
    assert set(np.unique(marked.get_fdata())) == {0, 1}


def test_a_series_is_moved_volume_by_volume():
    pair = FIXED.with_data(np.stack([FIXED.data, 2 * FIXED.data], axis=-1), source="series")
    moved = TURN.apply(pair).data
    np.testing.assert_array_equal(moved[..., 0], TURN.apply(FIXED).data)
    np.testing.assert_allclose(moved[..., 1], 2 * moved[..., 0], rtol=1e-9, atol=1e-12)


def test_labels_keep_their_volume_there_and_back():
    labels = np.select([blob((0.5, 0, 0.5), width=1) > 0.5, FIXED.data > 0.4], [7, 2])
    drawn = Image(labels, AFFINE, "drawn")
    back = TURN.inverse().apply(TURN.apply(drawn, labels=True), labels=True)
    assert set(np.unique(back.data)) == {0, 2, 7}
    for label in (2, 7):
        assert (back.data == label).sum() == pytest.approx((labels == label).sum(), rel=0.02)


def test_two_transforms_are_one_interpolation():
    other = Transform(rigid((-1, 2, 3), (0.2, 0.1, -0.3)), FIXED, FIXED)
    both = TURN @ other
    np.testing.assert_allclose(both.matrix, other.matrix @ TURN.matrix, atol=1e-14)
    twice, once = TURN.apply(other.apply(FIXED)).data, both.apply(FIXED).data
    shared = np.isfinite(twice) & np.isfinite(once)
    np.testing.assert_allclose(once[shared], twice[shared], atol=0.01)


@pytest.mark.parametrize("field", [None, field_of()])
def test_the_way_back_leads_back(field):
    there = Transform(TURN.matrix, FIXED, FIXED, field)
    points = np.array([[0.0, 0, 0], [1.1, -0.7, 0.5], [-1.3, 0.4, -0.8]])
    np.testing.assert_allclose(
        there.inverse().map_points(there.map_points(points)), points, atol=0.01
    )
    joined = there @ there.inverse()
    np.testing.assert_allclose(joined.map_points(points), points, atol=0.01)


def test_a_text_file_has_itk_points(tmp_path):
    path = TURN.save(tmp_path / "sub-1_from-T2w_to-dce_mode-image_xfm.txt")
    header, _, kind, parameters, centre = path.read_text().splitlines()
    assert header == "#Insight Transform File V1.0"
    assert kind == "Transform: AffineTransform_double_3_3"
    assert centre == "FixedParameters: 0 0 0"
    numbers = np.array(parameters.split()[1:], dtype=float)
    point = np.array([1.0, 2.0, 3.0])  # RAS; ITK's is (-1, -2, 3)
    there = numbers[:9].reshape(3, 3) @ (point * (-1, -1, 1)) + numbers[9:]
    np.testing.assert_allclose(there * (-1, -1, 1), TURN.map_points(point), atol=1e-12)
    np.testing.assert_array_equal(load_transform(path).matrix, TURN.matrix)


# Parameters, centre, and what SimpleITK 2.5.7 (`TransformPoint`) makes of (1, 2, 3), LPS.
FOREIGN = {
    "Euler3DTransform_double_3_3": (
        ("0.1 -0.2 0.3 1 2 3", "5 -4 2 0"), (0.306237, 2.4684726, 5.7834636)),
    "VersorRigid3DTransform_double_3_3": (
        ("0.05 -0.1 0.15 1 2 3", "5 -4 2"), (0.2503117, 2.4329526, 5.5385312)),
    "Similarity3DTransform_double_3_3": (
        ("0.05 -0.1 0.15 1 2 3 1.1", "5 -4 2"), (-0.3246571, 2.8762479, 5.5923843)),
    "TranslationTransform_double_3_3": (("1 2 3", ""), (2.0, 4.0, 6.0)),
    "AffineTransform_double_3_3": (
        ("1 0.1 0 -0.1 1 0.2 0 0 0.9 1 2 3", "5 -4 2"), (2.6, 4.6, 5.9)),
}  # fmt: skip


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_program_is_read(tmp_path, kind):
    parameters, expected = FOREIGN[kind]
    path = foreign(tmp_path / "x.tfm", (kind, *parameters))
    np.testing.assert_allclose(mapped_lps(path), expected, atol=1e-6)
    numbers, centre = (np.array(each.split(), dtype=float)[:, None] for each in parameters)
    savemat(tmp_path / "x.mat", {kind: numbers, "fixed": centre[:3]}, format="4")
    np.testing.assert_allclose(mapped_lps(tmp_path / "x.mat"), expected, atol=1e-6)


def test_a_composite_is_read_last_part_first(tmp_path):
    path = foreign(
        tmp_path / "x.txt",
        ("CompositeTransform_double_3_3", "", ""),
        ("Euler3DTransform_double_3_3", "0.1 0.2 0.3 1 1 1", "1 2 3 0"),
        ("Euler3DTransform_double_3_3", "0.1 -0.2 0.3 1 3 1", "0 0 0 0"),
    )
    expected = (1.3712858, 5.4953627, 5.5864986)  # by SimpleITK 2.5.7, as above
    np.testing.assert_allclose(mapped_lps(path), expected, atol=1e-6)


def mapped_lps(path):
    return load_transform(path, fixed=FIXED).map_points([-1.0, -2.0, 3.0]) * (-1, -1, 1)


def foreign(path, *transforms):
    lines = ["#Insight Transform File V1.0"]
    for number, (kind, parameters, centre) in enumerate(transforms):
        lines += [f"#Transform {number}", f"Transform: {kind}"]
        if parameters:
            lines += [f"Parameters: {parameters}", f"FixedParameters: {centre}"]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("Parameters: 1 2 3", "does not begin with"),
        ("#Insight Transform File V1.0\n", "names no transform"),
        (("Euler2DTransform_double_2_2", "0.1 1 2", "0 0"), "three dimensions"),
        (("BSplineTransform_double_3_3", "1 2", "0 0"), "BSplineTransform; can be read"),
        (("TranslationTransform_double_3_3", "1 2", ""), "has 2 parameters; expected 3"),
        (("TranslationTransform_double_3_3", "1 2 x", ""), "no number"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, content, message):
    path = tmp_path / "x.txt"
    if isinstance(content, str):
        path.write_text(content)
    else:
        foreign(path, content)
    with pytest.raises(FileError, match=message):
        load_transform(path)


def test_a_field_is_a_nifti_of_lps_displacements(tmp_path):
    bent = Transform(TURN.matrix, FIXED, FIXED, field_of())
    path = bent.save(tmp_path / "x_xfm.nii.gz")
    image = nib.load(path)
    assert image.shape == (*SHAPE, 1, 3)
    assert image.header.get_intent()[0] == "vector"
    voxel = (16, 14, 4)
    point = AFFINE[:3, :3] @ voxel + AFFINE[:3, 3]
    displacement = bent.map_points(point) - point
    stored = image.get_fdata()[(*voxel, 0)]
    np.testing.assert_allclose(stored, displacement * (-1, -1, 1), atol=1e-6)
    again = load_transform(path)
    np.testing.assert_allclose(again.apply(FIXED).data, bent.apply(FIXED).data, atol=1e-5)
    assert load_transform(path, fixed=coarse()).apply(FIXED).shape == coarse().shape


def coarse():
    return Image(np.zeros((16, 14, 9)), AFFINE @ np.diag([2.0, 2, 1, 1]), "coarse")


def test_the_name_must_fit_the_content(tmp_path):
    with pytest.raises(InputError, match=r"name text, \.txt"):
        TURN.save(tmp_path / "x.nii.gz")
    with pytest.raises(InputError, match="name a displacement field"):
        Transform(np.eye(4), FIXED, FIXED, field_of()).save(tmp_path / "x.txt")


def test_what_does_not_say_where_it_lies_is_refused():
    with pytest.raises(GeometryError, match="ndarray, which has no affine"):
        TURN.apply(FIXED.data)
    with pytest.raises(GeometryError, match="neither sform nor qform"):
        TURN.apply(nib.Nifti1Image(FIXED.data, None))
    with pytest.raises(GeometryError, match="places no voxel"):
        TURN.apply(Image(FIXED.data, np.zeros((4, 4)), "flat"))
    with pytest.raises(GeometryError, match="no overlap"):
        Transform(rigid(shift=(50, 0, 0)), FIXED).apply(FIXED)
    with pytest.raises(GeometryError, match="does not know the grid of its fixed image"):
        Transform(np.eye(4)).apply(FIXED)
    assert Transform(np.eye(4)).onto(FIXED).apply(FIXED).shape == SHAPE


@pytest.mark.parametrize("matrix", [np.eye(3), np.zeros((4, 4)), np.full((4, 4), np.nan)])
def test_a_matrix_is_checked(matrix):
    with pytest.raises(InputError, match="4 × 4 numbers"):
        Transform(matrix)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"AffineTransform_double_3_3": np.eye(12)[:1], "fixed": "text"}, "are no numbers"),
        ({"AffineTransform_double_3_3": np.eye(12)[:1] * 1j}, "are no numbers"),
        ({"AffineTransform_double_3_3": np.eye(12)[:1], "fixed": [np.nan] * 3}, "expected 12 num"),
    ],
)
def test_a_matlab_file_that_holds_no_numbers_is_refused(tmp_path, content, message):
    savemat(tmp_path / "x.mat", content, format="4")
    with pytest.raises(FileError, match=message):
        load_transform(tmp_path / "x.mat")
