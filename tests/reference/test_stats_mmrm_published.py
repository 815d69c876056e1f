"""MMRM on fev_data against PROC MIXED of SAS, the R package mmrm, and gls of nlme.

The SAS and mmrm figures are those published in https://github.com/openpharma/mmrm (Apache-2.0):
`design/KR/*.txt` and `design/SAS/sas_log_reml.txt` hold the SAS listings, and
`tests/testthat/test-kenwardroger.R` their standard errors and degrees of freedom with all
digits. SAS stops at a relative gradient of 1e-8, which moves variances of fev_data by up to
3e-4 of themselves (its deviance 3667.96276376 is above ours); hence the tolerances.
"""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from biomarkers.stats import mmrm

GLS_TOLERANCE = 1e-4  # gls carries 2.5e-5 of optimiser error


@pytest.fixture(scope="module")
def fev(shared_data):
    table = pd.read_csv(shared_data("stats/fev_data.csv"))
    table["SEX"] = pd.Categorical(table["SEX"], ["Male", "Female"])
    return table.assign(chg=table["FEV1"] - table["FEV1_BL"])


def fit(table, formula, **options):
    return mmrm(table, formula, subject="USUBJID", visit="AVISIT", **options)


# PROC MIXED DATA=fev METHOD=reml; MODEL FEV1 = ARMCD / DDFM=KR; REPEATED AVISIT /
# SUBJECT=USUBJID TYPE=...; standard error of the difference of ARMCD, with DDFM=KR and with
# DDFM=KR(FIRSTORDER), and its degrees of freedom. SAS prints 0.7965 for DDFM=KR and TYPE=CS.
SAS_ARM = {
    "un": (0.66124382270307, 0.66124382270307, 160.733266403768),
    "toeph": (0.72543828853831, 0.72537324518435, 180.062730071701),
    "anteh": (0.66172017349971, 0.66158550758897, 162.393385281755),
    "ar1h": (0.7590316099633, 0.75924807546934, 188.225339095373),
    "csh": (0.67414806011886, 0.67403858183242, 190.737701349941),
    "toep": (0.87839805519623, 0.87839805519623, 160.027408337368),
    "ar1": (0.95865439662225, 0.96058142305176, 188.46934887972),
    "cs": (0.7964696053595, 0.7964696053595, 177.038485931223),
}


@pytest.mark.parametrize("covariance", SAS_ARM)
def test_kenward_roger_of_sas(fev, covariance):
    full, first_order, df = SAS_ARM[covariance]
    result = fit(fev, "FEV1 ~ ARMCD", covariance=covariance).contrasts("ARMCD").iloc[0]
    linear = fit(fev, "FEV1 ~ ARMCD", covariance=covariance, df="kr_linear")
    assert result["contrast"] == "TRT - PBO"
    assert result["se"] == pytest.approx(full, rel=1.5e-4)
    assert linear.contrasts("ARMCD")["se"].item() == pytest.approx(first_order, rel=1.5e-4)
    assert result["df"] == pytest.approx(df, rel=5e-4)


def test_the_second_order_term_is_told_apart(fev):
    # For ar1 the two adjustments of SAS differ by 2e-3, far above the tolerance.
    ours = [
        fit(fev, "FEV1 ~ ARMCD", covariance="ar1", df=df).contrasts("ARMCD")["se"].item()
        for df in ("kr", "kr_linear")
    ]
    sas = SAS_ARM["ar1"]
    np.testing.assert_allclose(ours, sas[:2], rtol=1e-5)


def test_listing_of_sas_with_covariates(fev):
    # design/SAS/sas_log_reml.txt: MODEL FEV1 = ARMCD AVISIT ARMCD*AVISIT RACE SEX /
    # DDFM=SATTERTHWAITE; TYPE=UN. Estimate, standard error, df as printed.
    expected = {
        "Intercept": (30.7774, 0.8865, 219),
        "ARMCD[T.TRT]": (3.7745, 1.0741, 146),
        "AVISIT[T.VIS2]": (4.8396, 0.8016, 144),
        "AVISIT[T.VIS3]": (10.3422, 0.8227, 156),
        "AVISIT[T.VIS4]": (15.0537, 1.3129, 138),
        "ARMCD[T.TRT]:AVISIT[T.VIS4]": (0.6240, 1.8510, 130),
        "RACE[T.Black or African American]": (1.5305, 0.6244, 169),
        "RACE[T.White]": (5.6436, 0.6656, 157),
        "SEX[T.Female]": (0.3262, 0.5319, 166),
    }
    result = fit(fev, "FEV1 ~ RACE + SEX + ARMCD * AVISIT", df="satterthwaite")
    table = result.table.set_index("term")
    for term, (estimate, se, df) in expected.items():
        assert table.loc[term, "estimate"] == pytest.approx(estimate, abs=3e-4), term
        assert table.loc[term, "se"] == pytest.approx(se, abs=2e-4), term
        assert round(table.loc[term, "df"]) == df, term
    assert -2 * result.log_likelihood == pytest.approx(3386.44987722, abs=1e-4)
    assert result.aic == pytest.approx(3406.4, abs=0.06)
    # As R's mmrm counts them: 197 subjects have a measurement (SAS counts 200: 3439.4).
    assert result.bic == pytest.approx(3439.3, abs=0.06)


def test_type_three_tests_of_mmrm(fev):
    # mmrm 0.3: car::Anova(mmrm(FEV1 ~ RACE + SEX + ARMCD * AVISIT + us(AVISIT | USUBJID))),
    # tests/testthat/_snaps/mmrm-methods.md. Satterthwaite.
    expected = {
        "RACE": (36.9114313439307, 2, 165.555271036173),
        "SEX": (0.375714493693334, 1, 166.132390274818),
        "ARMCD": (31.6630556880233, 1, 168.517347862691),
        "AVISIT": (142.112225163932, 3, 148.115819022518),
        "ARMCD:AVISIT": (0.258059683823067, 3, 147.9145531646),
    }
    result = fit(fev, "FEV1 ~ RACE + SEX + ARMCD * AVISIT", df="satterthwaite")
    for term, (f, numerator, denominator) in expected.items():
        test = result.f_test(term.split(":")).iloc[0]
        assert test["f"] == pytest.approx(f, rel=2e-4), term
        assert test["df_numerator"] == numerator, term
        assert test["df_denominator"] == pytest.approx(denominator, rel=1e-4), term


@pytest.mark.parametrize("formula", ["FEV1 ~ RACE + SEX + ARMCD * AVISIT",
                                     "chg ~ FEV1_BL * AVISIT + ARMCD * AVISIT"])  # fmt: skip
def test_gls_rows_of_fev_data(fev, shared_data, formula):
    rows = pd.read_csv(shared_data("stats/reference_fev_gls.csv"))
    name = "fev_data" if formula.startswith("FEV1") else "fev_data_change"
    block = rows[rows["dataset"] == name]
    assert formula in block["r_call"].iloc[0]
    expected = block.set_index("quantity")["value"].astype(float)
    result = fit(fev, formula, df="satterthwaite")
    found = {"logREML_": result.log_likelihood}
    for row in result.table.itertuples():
        found |= {f"{r_name(row.term)}_est": row.estimate, f"{r_name(row.term)}_se": row.se}
    for row in result.contrasts("ARMCD").itertuples():
        name = r_name(f"contrast_{row.contrast}|{row.AVISIT}")
        found |= {f"{name}_est": row.estimate, f"{name}_se": row.se}
    # varIdent numbers the visits in the order of their first measurement in the file.
    found |= {f"sd_visit{k}_": sd for k, sd in enumerate(result.sd.iloc[[1, 3, 2, 0]], start=1)}
    wanted = {f"{r_name(name)}_{kind}": value for name, kind, value in split(expected)}
    assert len(wanted) == len(block) > 30
    for name, value in wanted.items():
        assert found[name] == pytest.approx(value, abs=GLS_TOLERANCE), name


def split(expected):
    """Yield name and kind (est, se) of each figure; others have no kind to split off."""
    for quantity, value in expected.items():
        name, _, kind = quantity.rpartition("_")
        yield (name, kind, value) if kind in ("est", "se") else (quantity, "", value)


def r_name(term):
    """Return a coefficient's name without the marks that R and patsy put differently."""
    plain = term.replace("[T.", "").replace("]", "").replace("(Intercept)", "Intercept")
    return ":".join(sorted(plain.split(":")))


@pytest.fixture(scope="module")
def orthodont(shared_data):
    table = pd.read_csv(shared_data("stats/Orthodont_change.csv"))
    table["Sex"] = pd.Categorical(table["Sex"], ["Male", "Female"])
    formula = "chg ~ base * visit + Sex * visit"
    return mmrm(table, formula, subject="id", df="satterthwaite")


def test_gls_rows_of_orthodont(orthodont, shared_data):
    # gls(chg ~ base * visit + Sex * visit, correlation=corSymm(form=~vnum|id),
    #     weights=varIdent(form=~1|visit), method='REML'), and emmeans of it.
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    expected = rows[rows["dataset"] == "Orthodont"].set_index(["topic", "quantity"])["value"]
    values = expected["MMRM gls"].astype(float)
    table = orthodont.table.set_index(orthodont.table["term"].map(r_name))
    assert orthodont.log_likelihood == pytest.approx(values.pop("chg_logREML"), abs=1e-6)
    assert len(values) == 2 * len(table)
    for quantity, value in values.items():
        name, _, kind = quantity.removeprefix("chg_").rpartition("_")
        column = "estimate" if kind == "est" else "se"
        assert table.loc[r_name(name), column] == pytest.approx(value, rel=1e-5, abs=1e-6)
    means = expected["MMRM gls emmeans"].astype(float)
    for visit, row in orthodont.contrasts("Sex").set_index("visit").iterrows():
        key = f"chg_Female - Male|{visit}"
        assert row["estimate"] == pytest.approx(means[f"{key}_est"], abs=1e-6)
        assert row["se"] == pytest.approx(means[f"{key}_se"], abs=1e-5)
        # mode='df.error' takes n − p degrees of freedom, which nobody should; the p is theirs.
        p_value = 2 * stats.t.sf(abs(row["estimate"] / row["se"]), means[f"{key}_appx_df"])
        assert p_value == pytest.approx(means[f"{key}_p"], rel=1e-4)


def test_complete_orthodont_is_ancova_at_each_visit(orthodont, shared_data):
    # lm(chg ~ base + Sex, visit == ...): with complete data and baseline by visit the two agree.
    rows = pd.read_csv(shared_data("stats/reference.csv"))
    expected = rows[rows["topic"] == "ANCOVA"].set_index("quantity")["value"].astype(float)
    for visit, row in orthodont.contrasts("Sex").set_index("visit").iterrows():
        for kind, column in {"est": "estimate", "se": "se", "t": "t", "p": "p_value"}.items():
            value = expected[f"ancova_{visit}_SexFemale_{kind}"]
            assert row[column] == pytest.approx(value, rel=1e-4), (visit, kind)
