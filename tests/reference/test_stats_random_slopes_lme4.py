"""Random slopes against lme4, lmerTest and nlme of R, and against statsmodels.

lme4 stops short of the optimum on Orthodont: with balanced data the standard error of a group's
mean slope is the pooled standard deviation of the subjects' own slopes over √n, 0.0859995 for
the 16 boys, where lme4 gives 0.0859807. Hence 3e-4 there, and 1e-5 on sleepstudy.
"""

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf

from biomarkers.stats import random_slopes

COLUMNS = {"est": "estimate", "se": "se", "df": "df", "t": "t", "p": "p_value"}


@pytest.fixture(scope="module")
def reference(shared_data):
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    values = rows.set_index(["dataset", "topic", "quantity"])["value"].astype(float)
    return values.sort_index()


def check(result, expected, prefix, tolerance):
    """Compare every figure of a table of R.

    A p-value falls with about the power `df` of t in the far tail, and errs as much more.
    """
    table = result.table.set_index(result.table["term"].map(r_name))
    checked = 0
    for quantity, value in expected.items():
        name, _, kind = quantity.removeprefix(prefix).rpartition("_")
        row = table.loc[r_name(name)]
        steep = (5 if value > 1e-6 else row["df"] + 2) if kind == "p" else 1
        # abs=0: approx would pass anything below 1e-12.
        expected_value = pytest.approx(value, rel=tolerance * steep, abs=0)
        assert row[COLUMNS[kind]] == expected_value, quantity
        checked += 1
    assert checked == len(expected) >= 2 * len(table)


def r_name(term):
    plain = term.replace("[T.", "").replace("]", "").replace("(Intercept)", "Intercept")
    return ":".join(sorted(plain.split(":")))


def test_sleepstudy_of_lmertest(shared_data, reference):
    # lmer(Reaction ~ Days + (Days | Subject)), Kenward–Roger by pbkrtest.
    table = pd.read_csv(shared_data("stats/sleepstudy.csv"))
    result = random_slopes(table, "Reaction ~ Days", subject="Subject", time="Days")
    check(result, reference["sleepstudy", "LMM Kenward-Roger"], "KR_", 1e-5)
    lmm = reference["sleepstudy", "LMM"]
    assert result.log_likelihood == pytest.approx(lmm["logREML"], abs=1e-6)
    assert result.sd["intercept"] == pytest.approx(lmm["vc_Subject_(Intercept)_NA"], rel=2e-5)
    assert result.sd["Days"] == pytest.approx(lmm["vc_Subject_Days_NA"], rel=2e-5)
    correlation = result.correlation.loc["Days", "intercept"]
    assert correlation == pytest.approx(lmm["vc_Subject_(Intercept)_Days"], abs=2e-5)
    residual = np.sqrt(result.parameters["estimate"].iloc[-1])
    assert residual == pytest.approx(lmm["vc_Residual_NA_NA"], rel=2e-5)


@pytest.fixture(scope="module")
def orthodont(shared_data):
    table = pd.read_csv(shared_data("stats/Orthodont.csv"))
    return table.assign(Sex=pd.Categorical(table["Sex"], ["Male", "Female"]))


@pytest.mark.parametrize(
    ("df", "topic", "prefix"),
    [("kr", "LMM Kenward-Roger", "KR_"), ("satterthwaite", "LMM Satterthwaite", "SW_")],
)
def test_orthodont_of_lmertest(orthodont, reference, df, topic, prefix):
    # lmerTest::lmer(distance ~ age * Sex + (age | Subject), REML=TRUE)
    result = random_slopes(orthodont, "distance ~ age * Sex", subject="Subject", time="age", df=df)
    check(result, reference["Orthodont", topic], prefix, 5e-4)


def test_orthodont_is_exact(orthodont):
    result = random_slopes(orthodont, "distance ~ age * Sex", subject="Subject", time="age")
    own = orthodont.groupby(["Sex", "Subject"], observed=True)[["age", "distance"]].apply(
        lambda rows: np.polyfit(rows["age"], rows["distance"], 1)[0]
    )
    spread = own.groupby("Sex", observed=True).agg(["var", "size"])
    pooled = ((spread["size"] - 1) * spread["var"]).sum() / 25
    se = result.table.set_index("term").loc["age", "se"]
    assert se == pytest.approx(np.sqrt(pooled / 16), rel=1e-7)


def test_growing_residual_of_nlme(shared_data, reference):
    # lme(weight ~ Time * Diet, random = ~Time | Rat, weights = varPower()): model-based errors.
    table = pd.read_csv(shared_data("stats/BodyWeight.csv")).astype({"Diet": str})
    result = random_slopes(
        table, "weight ~ Time * Diet", subject="Rat", time="Time", residual="power", df="normal"
    )
    check(result, reference["BodyWeight", "LMM nlme varPower"], "", 1e-5)


def test_statsmodels_finds_no_higher_likelihood(shared_data):
    table = pd.read_csv(shared_data("stats/sleepstudy.csv"))
    other = smf.mixedlm("Reaction ~ Days", table, groups=table["Subject"], re_formula="~Days").fit(
        reml=True
    )
    result = random_slopes(table, "Reaction ~ Days", subject="Subject", time="Days", df="normal")
    assert result.log_likelihood >= other.llf - 1e-7
    np.testing.assert_allclose(result.table["se"], other.bse_fe, rtol=1e-3)
