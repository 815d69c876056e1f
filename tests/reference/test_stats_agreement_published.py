"""Agreement against published examples, the source beside each number."""

import numpy as np
import pandas as pd
import pytest

from biomarkers import stats

# Shrout & Fleiss 1979, Psychol Bull 86:420, table 2: six targets by four judges.
JUDGES = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]

# Peak flow by two meters, first readings: Bland & Altman 1986, Lancet i:307, table I.
WRIGHT = [494, 395, 516, 434, 476, 557, 413, 442, 650, 433, 417, 656, 267, 478, 178, 423, 427]
MINI = [512, 430, 520, 428, 500, 600, 364, 380, 658, 445, 432, 626, 260, 477, 259, 350, 451]


@pytest.mark.parametrize(
    ("form", "icc", "low", "high"),
    # Estimates: their table 4. Intervals: pingouin 0.7.0, intraclass_corr, to two decimals.
    [
        ("ICC(1,1)", 0.17, -0.13, 0.72),
        ("ICC(2,1)", 0.29, 0.02, 0.76),
        ("ICC(3,1)", 0.71, 0.34, 0.95),
        ("ICC(1,k)", 0.44, -0.88, 0.91),
        ("ICC(2,k)", 0.62, 0.07, 0.93),
        ("ICC(3,k)", 0.91, 0.68, 0.99),
    ],
)
def test_intraclass_correlations_of_shrout_and_fleiss(form, icc, low, high):
    table = pd.DataFrame(JUDGES).rename_axis("subject").reset_index()
    row = stats.icc(table.melt("subject", var_name="rater"))[form]
    assert (row["icc"], row["low"], row["high"]) == pytest.approx((icc, low, high), abs=5.1e-3)


def test_limits_of_bland_and_altman():
    # 1986, p. 308: mean difference −2.1, SD 38.8; limits with 2 SD −79.7 and 75.5 l/min.
    found = stats.limits_of_agreement(MINI, WRIGHT, interval="approximate")
    sd = (found.upper - found.bias) / 1.959964
    assert (found.bias, sd) == (pytest.approx(-2.1, abs=0.05), pytest.approx(38.8, abs=0.05))


# Cardiac output by radionuclide ventriculography and by impedance cardiography, four subjects of
# Bland & Altman 2007 (doi:10.1080/10543400701329422), as Zou 2013 uses them.
SUBJECT = [1] * 5 + [2] * 4 + [3] * 6 + [4] * 5
BY_RV = [7.83, 7.42, 7.89, 7.12, 7.88, 6.16, 7.26, 6.71, 6.54, 4.75, 5.24, 4.86, 4.78, 6.05, 5.42,
         4.21, 3.61, 3.72, 3.87, 3.92]  # fmt: skip
BY_IC = [6.57, 5.62, 6.90, 6.57, 6.35, 4.06, 4.29, 4.26, 4.09, 4.71, 5.50, 5.08, 5.02, 6.01, 5.67,
         4.14, 4.20, 4.61, 4.68, 5.04]  # fmt: skip


@pytest.mark.parametrize(
    ("truth", "gaps", "lower", "upper"),
    # Zou 2013, doi:10.1177/0962280211402548, as the tests "examples from Zou" of the R package
    # SimplyAgree (agree_nest, agree_reps) give them, to two decimals.
    [
        ("varies", (), (-2.14, -9.83, -0.33), (3.59, 1.77, 11.27)),
        ("constant", (4, 8), (-2.23, -9.76, -0.48), (3.66, 1.91, 11.20)),
    ],
)
def test_limits_of_replicates_as_zou(truth, gaps, lower, upper):
    impedance = np.array(BY_IC)
    impedance[list(gaps)] = np.nan
    found = stats.limits_of_agreement(impedance, BY_RV, subjects=SUBJECT, truth=truth)
    assert (found.lower, found.lower_low, found.lower_high) == pytest.approx(lower, abs=0.012)
    assert (found.upper, found.upper_low, found.upper_high) == pytest.approx(upper, abs=0.012)


def test_deming_of_ncss():
    # NCSS manual, chapter 303, example 1, in the tests of SimplyAgree: intercept −0.0897 (SE
    # 1.7220), slope 1.0012 (0.1872), error variance of X four times that of Y.
    x = [7, 8.3, 10.5, 9, 5.1, 8.2, 10.2, 10.3, 7.1, 5.9]
    y = [7.9, 8.2, 9.6, 9, 6.5, 7.3, 10.2, 10.6, 6.3, 5.2]
    found = stats.deming(x, y, variance_ratio=0.25)
    t = 2.306004  # 97.5 % of t with 8 degrees of freedom
    assert found.intercept == pytest.approx(-0.0897, abs=5e-5)
    assert found.slope == pytest.approx(1.0012, abs=5e-5)
    assert (found.intercept_high - found.intercept) / t == pytest.approx(1.7220, abs=6e-5)
    assert (found.slope_high - found.slope) / t == pytest.approx(0.1872, abs=6e-5)


def test_passing_bablok_of_methcomp_and_deming():
    # MethComp::PBreg and deming::pbreg (R) on the data PassBablok1 of NCSS, in the tests of
    # SimplyAgree: intercept −0.15, slope 1.00.
    first = [69.3, 27.1, 61.3, 50.8, 34.4, 92.3, 57.5, 45.5, 33.3, 60.9, 56.3, 49.9, 89.7, 28.9,
             96.3, 76.6, 83.2, 79.4, 51.7, 32.5, 14.2, 99.1, 76.8, 95.4, 84.1, 48.8, 80.4, 84.5,
             61.4, 26.9]  # fmt: skip
    second = [69.1, 26.7, 61.4, 51.2, 34.7, 88.5, 57.9, 45.1, 33.4, 60.8, 66.5, 48.2, 88.3, 29.3,
              96.4, 77.1, 82.7, 78.9, 51.6, 28.8, 12.7, 98.6, 77.3, 94.9, 83.3, 47.0, 80.9, 84.7,
              61.3, 26.7]  # fmt: skip
    found = stats.passing_bablok(first, second)
    assert (found.intercept, found.slope) == pytest.approx((-0.15, 1.00), abs=5e-3)
