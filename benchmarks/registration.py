"""Motion of a simulated rat head: how well and how fast it is found, DIPY's rigid MI beside it.

    python -m benchmarks.registration > benchmarks/results/registration.txt

128 x 128 x 16 voxels of 0.25 x 0.25 x 1 mm (`rat_head`), turned and shifted by up to 5 degrees
and 3 voxels along each axis; SNR 30. Errors are the largest shift along an axis in the middle of
the head, in voxels, and the angle. DIPY's pipeline is centre of mass, translation, rigid, with
its mutual information of 32 bins; its random sampling is off.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import logging
import time
import warnings

import numpy as np
from benchmarks.rat_head import (
    ENHANCED,
    INVERTED,
    PLAIN,
    TISSUES,
    Scanner,
    errors,
    fractions,
    head_mask,
    moved_by,
    picture,
)

from biomarkers import dce, images
from biomarkers.kinetics import MODELS, Input

MOTIONS = (
    ((0, 0, 0), (0, 0, 0)), ((2, -1, 3), (1.5, -2, 0.5)), ((5, 0, 0), (3, 0, 0)),
    ((0, 5, 0), (0, 3, 0)), ((0, 0, 5), (-3, 3, 0)), ((2, 2, -4), (-3, 2, 1)),
    ((3, -3, 3), (3, -3, 3)), ((-2.5, 1.5, 4), (-2.2, 1.4, -3)),
)  # fmt: skip
CONTRASTS = {"same": (PLAIN, PLAIN), "enhanced": (PLAIN, ENHANCED), "before": (ENHANCED, PLAIN),
             "inverted": (PLAIN, INVERTED)}  # fixed, moving  # fmt: skip

SCANNER = Scanner()
TIME = 6.0 * np.arange(40)
T10 = {"skin": 1.2, "muscle": 1.4, "fat": 0.4, "tongue": 1.4, "bone": 0.8, "grey": 1.6,
       "white": 1.3, "csf": 3.0, "tumor": 1.8, "vessel": 1.9}  # s  # fmt: skip
KTRANS = {"tumor": (0.15, 0.35, 0.05), "muscle": (0.04, 0.12, 0.01), "skin": (0.03, 0.1, 0.01)}
NODS, JERK = (np.arange(40) // 8) % 2 == 1, np.arange(40) >= 20
SERIES = (
    ("nods", ((1.0, -1.5, 3.0), (1.5, -2.0, 0.7)), NODS),
    ("nods", ((0.0, 0.0, 4.0), (2.5, 1.0, 0.0)), NODS),
    ("a jerk", ((2.0, -1.5, 3.0), (2.5, -2.0, 1.5)), JERK),
)
SPGR = {"tr": 0.008, "flip_deg": 20.0, "r1": 4.5}


def by_motion_correction(pair, mask):
    """Align the second volume of a pair with the first, as volumes of a series."""
    corrected = images.correct_motion(pair, reference=0, mask=mask)
    return corrected.transforms[1]


def by_dipy(pair, mask):
    """Return DIPY's rigid transform of mutual information."""
    from dipy.align import affine_registration  # noqa: PLC0415 (heavy)

    logging.getLogger("dipy").setLevel(logging.WARNING)
    fixed, moving = pair.data[..., 0], pair.data[..., 1]
    if mask is not None:
        fixed = np.where(mask, fixed, 0.0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, matrix = affine_registration(
            moving, fixed, moving_affine=pair.affine, static_affine=pair.affine,
            pipeline=["center_of_mass", "translation", "rigid"], metric="MI", nbins=32,
        )  # fmt: skip
    return matrix


def one(method, contrasts, motion, shares, seed=0):
    """Return the errors of one pair and the processor time it took with its interpolation, s."""
    matrix = moved_by(*motion)
    volumes = [
        picture(shares[0], contrasts[0], seed=2 * seed),
        picture(shares[1], contrasts[1], seed=2 * seed + 1, matrix=matrix),
    ]
    pair = volumes[0].with_data(np.stack([each.data for each in volumes], -1), source="a pair")
    mask = head_mask(shares[0]) if contrasts[1] is INVERTED else None
    began = time.process_time()
    found = method(pair, mask)
    return (*errors(found, matrix), time.process_time() - began)


def moving_series(poses, *, snr=60.0, seed=0, scanner=SCANNER):
    """Return a DCE series of a head, its tissue fractions given for every volume, and its input."""
    since = np.maximum(TIME - 30.0, 0.0)
    plasma = 6.0 * (TIME > 30.0) * (0.6 * np.exp(-since / 30.0) + 0.4 * np.exp(-since / 900.0))
    source = Input(TIME, plasma=plasma, hct=0.42)
    curves = {name: np.zeros(len(TIME)) for name in T10} | {"vessel": source.blood}
    for name, (ktrans, ve, vp) in KTRANS.items():
        values = {"Ktrans": ktrans, "ve": ve, "vp": vp}
        curves[name] = MODELS["extended_tofts"].predict(values, TIME, source)
    tissue = np.zeros((len(TISSUES), len(TIME)))
    for name, t10 in T10.items():
        seen = dce.concentration_to_signal(curves[name][None], t10=t10, m0=10.0, **SPGR)
        tissue[TISSUES.index(name)] = seen[0]
    rng = np.random.default_rng(seed)
    volumes = []
    for t, share in enumerate(poses):
        signal = share @ tissue[:, t]
        noise = rng.normal(0.0, tissue[TISSUES.index("grey"), 0] / snr, (2, signal.size))
        volumes.append(np.hypot(signal + noise[0], noise[1]))
    data = np.stack(volumes, -1).reshape(*scanner.shape, len(TIME))
    return images.Image(data, scanner.affine, "a simulated DCE series"), source


def ktrans_of_a_moving_tumour(motion, turns, *, scanner=SCANNER):
    """Return Ktrans in the tumour's voxels, 1/min: of a still series, a moving one, and corrected.

    The head lies as it does, or moved by `motion` where `turns` is true.
    """
    poses = [fractions(scanner=scanner), fractions(moved_by(*motion, scanner), scanner)]
    still, source = moving_series([poses[0]] * len(TIME), scanner=scanner)
    moving, _ = moving_series([poses[int(turn)] for turn in turns], scanner=scanner)
    corrected = images.correct_motion(moving, reference=0).image
    tumour = (poses[0][:, TISSUES.index("tumor")] > 0.9).reshape(scanner.shape)
    settings = {"t10": T10["tumor"], "input": source, "model": "extended_tofts", **SPGR}
    return [
        dce.maps(series.data[tumour], TIME, **settings)["Ktrans"]
        for series in (still, moving, corrected)
    ]


def main():
    """Print the table."""
    shares = [fractions(moved_by(*motion)) for motion in MOTIONS]
    methods = {"biomarkers": by_motion_correction, "DIPY rigid MI": by_dipy}
    one(by_motion_correction, CONTRASTS["same"], MOTIONS[0], shares[:1] * 2)  # compiles
    print("method         contrast  motion                            voxels  degrees  CPU s")
    for name, method in methods.items():
        for contrast, pair in CONTRASTS.items():
            for number, motion in enumerate(MOTIONS):
                away, turned, took = one(method, pair, motion, (shares[0], shares[number]), number)
                line = (
                    f"{name:14} {contrast:9} {motion!s:33} {away:6.3f}  {turned:7.3f}  {took:5.2f}"
                )
                print(line, flush=True)
    print(
        f"\nKtrans in the tumour (truth {KTRANS['tumor'][0]} 1/min), difference from a still head"
    )
    print("motion                                         mean     corrected  by voxel  corrected")
    for name, motion, turns in SERIES:
        still, *others = ktrans_of_a_moving_tumour(motion, turns)
        mean, apart = ([f(each - still) for each in others] for f in (np.nanmean, mean_size))
        print(
            f"{name:6} {motion!s:38} {mean[0]:9.5f} {mean[1]:9.5f}  {apart[0]:9.5f} {apart[1]:9.5f}"
        )


def mean_size(values):
    """Return the mean of what is left of the sign."""
    return np.nanmean(np.abs(values))


if __name__ == "__main__":
    main()
