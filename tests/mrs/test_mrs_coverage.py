"""Stated errors hold where the model of the spectrum is wrong, and are not wider than need be."""

from benchmarks import mrs_coverage as bench


def test_total_error_holds_the_truth_under_mismatch():
    table = bench.cell(20, 40, 4, 1).set_index("metabolite")
    assert list(table.index) == list(bench.NAMES)
    assert (table.total >= 0.8).all()
    assert table.total.mean() >= 0.9
    assert (table.total >= table.crlb).all()
    # Of 20 spectra the 95th percentile of the error is the largest but one.
    assert (table.reach < 2.5).all()


def test_mismatch_is_that_of_the_description():
    clean, truth = bench.spectrum(bench.np.random.default_rng(1), 40, 4, 0, mismatch=False)
    wrong, same = bench.spectrum(bench.np.random.default_rng(1), 40, 4, 0)
    assert truth == same
    assert not bench.np.allclose(clean.fid, wrong.fid)
    shape = bench.line_shape(clean.time, 4, skewed=True)
    assert shape[0] == 1.0
    assert abs(shape.imag).max() > 0.05
