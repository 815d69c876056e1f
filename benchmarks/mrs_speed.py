"""CPU time of fits of spectra on one thread, against least squares of scipy with the same model.

Spectra as in `mrs_coverage` (SNR 40, 4 Hz): the model of FSL-MRS (polynomial of order 2, groups
without deviations), the defaults, the defaults with the error of the model, and a grid of 16 x 16
(SNR 20) whose choline, shift, width and phase vary smoothly. The comparison fits the same model as
FSL-MRS, all parameters at once, bounded, from one start.

    python -m benchmarks.mrs_speed
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("NUMBA_NUM_THREADS", "1")

import time

import numpy as np
from benchmarks.mrs_coverage import DWELL, LEVELS, fitted_basis, spectrum
from scipy.optimize import least_squares

from biomarkers import mrs

FSL = {"baseline": ("polynomial", 2), "deviations": False}
COUNT, SIDE = 10, 16


def scans(count):
    rng = np.random.default_rng(1)
    return [spectrum(rng, 40, 4, 0)[0] for _ in range(count)]


def grid(basis, side=SIDE, snr=20):
    """Return a grid of spectra, (side, side, 1, T)."""
    levels = np.array([30.0 if name == "Mac" else LEVELS[name] for name in basis.names])
    x, y = np.meshgrid(*2 * [np.linspace(-0.5, 0.5, side)], indexing="ij")
    more = np.ones((side, side, levels.size))
    more[..., basis.names.index("GPC")] += 2.0 * np.exp(-8.0 * (x**2 + y**2))
    rate = 2j * np.pi * (4.0 * x + 3.0 * y) - np.pi * (4.0 + 2.0 * x)
    envelope = np.exp(rate[..., None] * basis.time + 1j * (x - y)[..., None])
    fid = (more * levels) @ basis.fid * envelope
    height = np.abs(np.fft.fft(fid[side // 2, side // 2])).max()
    noise = np.random.default_rng(2).standard_normal((2, *fid.shape))
    fid = fid + (noise[0] + 1j * noise[1]) * height / snr / np.sqrt(basis.time.size)
    return mrs.Scan(fid[:, :, None], DWELL, basis.frequency_mhz, source="simulated")


def seconds(work, scans_of_it):
    """Return CPU-seconds a scan, after one that does not count."""
    work(scans_of_it[0])
    start = time.process_time()
    for scan in scans_of_it:
        work(scan)
    return (time.process_time() - start) / len(scans_of_it)


def by_scipy(scan, basis):
    """Return ratios of amplitudes by least squares over amplitudes, groups, phases, polynomial."""
    ppm = scan.ppm
    window = (ppm >= 0.2) & (ppm <= 4.2)
    x = np.linspace(-1.0, 1.0, window.sum())
    data = scan.spectrum.reshape(-1)[window]
    scale = np.abs(data).mean()
    size = np.abs(np.fft.fft(basis.fid)).mean() / 3.0
    macro = np.array([name == "Mac" for name in basis.names])
    count = len(basis.names)

    def model(p):
        shift, decay, gauss = (
            p[count + 2 + k : count + 8 : 3][macro.astype(int)] for k in range(3)
        )
        exponent = np.outer(1j * shift - decay, basis.time) - np.outer(gauss, basis.time**2)
        spectra = np.fft.fftshift(np.fft.fft(basis.fid * np.exp(exponent)), axes=-1)[:, window]
        phased = np.exp(1j * (p[count] + p[count + 1] * x)) * (p[:count] @ spectra) / size
        poly = p[count + 8 :].reshape(2, 3)
        curve = np.polynomial.legendre.legval(x, (poly[0] + 1j * poly[1]))
        return phased + curve

    def residual(p):
        off = model(p) - data / scale
        return np.concatenate([off.real, off.imag])

    start = np.r_[np.full(count, 0.1), 0, 0, 0, 10, 10, 0, 5, 5, np.zeros(6)]
    low = np.r_[np.zeros(count), -3, -3, -100, 0, 0, -100, 0, 0, np.full(6, -np.inf)]
    high = np.r_[np.full(count, np.inf), 3, 3, 100, 200, 5000, 100, 200, 5000, np.full(6, np.inf)]
    best = least_squares(residual, start, bounds=(low, high), x_scale="jac").x
    total = best[basis.names.index("Cr")] + best[basis.names.index("PCr")]
    return dict(zip(basis.names, best[:count] / total, strict=True))


def main():
    basis, some = fitted_basis(), scans(COUNT)
    voxels = grid(basis)
    timed = {
        "model of FSL-MRS": seconds(
            lambda scan: mrs.fit(scan, basis, **FSL).ratios(total=False), some
        ),
        "defaults": seconds(lambda scan: mrs.fit(scan, basis).ratios(total=False), some),
        "defaults, total error": seconds(lambda scan: mrs.fit(scan, basis).ratios(), some),
        "model of FSL-MRS, scipy": seconds(lambda scan: by_scipy(scan, basis), some[:2]),
    }
    for name, each in timed.items():
        print(f"{name:<28} {each:.4f} CPU-s a spectrum")
    for name, kwargs in (("defaults", {}), ("model of FSL-MRS", FSL)):
        start = time.process_time()
        mrs.fit_grid(voxels, basis, **kwargs)
        rate = SIDE * SIDE / (time.process_time() - start)
        print(f"{'grid 16 x 16, ' + name:<32} {rate:.0f} voxels per core-second")
    ours = mrs.fit(some[0], basis, **FSL).ratios(total=False).set_index("metabolite").ratio
    theirs = by_scipy(some[0], basis)
    off = max(abs(ours[name] - theirs[name]) for name in ("NAA", "Ins", "Glu", "Mac"))
    ratio = timed["model of FSL-MRS, scipy"] / timed["model of FSL-MRS"]
    print(f"scipy: {ratio:.0f} times as long, ratios within {off:.3g}")


if __name__ == "__main__":
    main()
