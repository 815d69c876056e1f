"""The literature a report may cite."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A paper or book; `key` is how a text cites it, `doi` is empty where there is none."""

    key: str
    text: str
    doi: str = ""


# In the order of their authors.
REFERENCES = (
    Reference(
        "Anderson, Cain & Gelber",
        "Anderson JR, Cain KC, Gelber RD. Analysis of survival by tumor response. Journal of "
        "Clinical Oncology 1983;1:710–719.",
        "10.1200/JCO.1983.1.11.710",
    ),
    Reference(
        "Austin",
        "Austin PC. Balance diagnostics for comparing the distribution of baseline covariates "
        "between treatment groups in propensity-score matched samples. Statistics in Medicine "
        "2009;28:3083–3107.",
        "10.1002/sim.3697",
    ),
    Reference(
        "Benjamini & Hochberg",
        "Benjamini Y, Hochberg Y. Controlling the false discovery rate: a practical and powerful "
        "approach to multiple testing. Journal of the Royal Statistical Society B 1995;57:289–300.",
        "10.1111/j.2517-6161.1995.tb02031.x",
    ),
    Reference(
        "Bland & Altman",
        "Bland JM, Altman DG. Measuring agreement in method comparison studies. Statistical "
        "Methods in Medical Research 1999;8:135–160.",
        "10.1177/096228029900800204",
    ),
    Reference(
        "Brier 1950",
        "Brier GW. Verification of forecasts expressed in terms of probability. Monthly Weather "
        "Review 1950;78:1–3.",
        "10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2",
    ),
    Reference(
        "TRIPOD+AI",
        "Collins GS, Moons KGM, Dhiman P, et al. TRIPOD+AI statement: updated guidance for "
        "reporting clinical prediction models that use regression or machine learning methods. "
        "BMJ 2024;385:e078378.",
        "10.1136/bmj-2023-078378",
    ),
    Reference(
        "Cox 1972",
        "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B "
        "1972;34:187–220.",
        "10.1111/j.2517-6161.1972.tb00899.x",
    ),
    Reference(
        "DeLong",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated "
        "receiver operating characteristic curves: a nonparametric approach. Biometrics "
        "1988;44:837–845.",
        "10.2307/2531595",
    ),
    Reference(
        "Efron & Tibshirani",
        "Efron B, Tibshirani R. Improvements on cross-validation: the .632+ bootstrap method. "
        "Journal of the American Statistical Association 1997;92:548–560.",
        "10.1080/01621459.1997.10474007",
    ),
    Reference(
        "Harrell, Lee & Mark",
        "Harrell FE, Lee KL, Mark DB. Multivariable prognostic models: issues in developing "
        "models, evaluating assumptions and adequacy, and measuring and reducing errors. "
        "Statistics in Medicine 1996;15:361–387.",
        "10.1002/(SICI)1097-0258(19960229)15:4<361::AID-SIM168>3.0.CO;2-4",
    ),
    Reference(
        "Holm",
        "Holm S. A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
        "Statistics 1979;6:65–70.",
    ),
    Reference(
        "Hommel",
        "Hommel G. A stagewise rejective multiple test procedure based on a modified Bonferroni "
        "test. Biometrika 1988;75:383–386.",
        "10.1093/biomet/75.2.383",
    ),
    Reference(
        "Johnson, Li & Rabinovic",
        "Johnson WE, Li C, Rabinovic A. Adjusting batch effects in microarray expression data "
        "using empirical Bayes methods. Biostatistics 2007;8:118–127.",
        "10.1093/biostatistics/kxj037",
    ),
    Reference(
        "Kaplan & Meier",
        "Kaplan EL, Meier P. Nonparametric estimation from incomplete observations. Journal of the "
        "American Statistical Association 1958;53:457–481.",
        "10.1080/01621459.1958.10501452",
    ),
    Reference(
        "Kenward & Roger",
        "Kenward MG, Roger JH. Small sample inference for fixed effects from restricted maximum "
        "likelihood. Biometrics 1997;53:983–997.",
        "10.2307/2533558",
    ),
    Reference(
        "METRICS",
        "Kocak B, Akinci D’Antonoli T, Mercaldo N, et al. METhodological RadiomICs Score "
        "(METRICS): a quality scoring tool for radiomics research endorsed by EuSoMII. Insights "
        "into Imaging 2024;15:8.",
        "10.1186/s13244-023-01572-w",
    ),
    Reference(
        "Laird & Ware",
        "Laird NM, Ware JH. Random-effects models for longitudinal data. Biometrics "
        "1982;38:963–974.",
        "10.2307/2529876",
    ),
    Reference(
        "Mallinckrodt",
        "Mallinckrodt CH, Lane PW, Schnell D, Peng Y, Mancuso JP. Recommendations for the primary "
        "analysis of continuous endpoints in longitudinal clinical trials. Drug Information "
        "Journal 2008;42:303–319.",
        "10.1177/009286150804200402",
    ),
    Reference(
        "Mantel",
        "Mantel N. Evaluation of survival data and two new rank order statistics arising in its "
        "consideration. Cancer Chemotherapy Reports 1966;50:163–170.",
    ),
    Reference(
        "REMARK",
        "McShane LM, Altman DG, Sauerbrei W, et al. REporting recommendations for tumour MARKer "
        "prognostic studies (REMARK). British Journal of Cancer 2005;93:387–391.",
        "10.1038/sj.bjc.6602678",
    ),
    Reference(
        "Newcombe",
        "Newcombe RG. Confidence intervals for an effect size measure based on the Mann–Whitney "
        "statistic. Part 2: asymptotic methods and evaluation. Statistics in Medicine "
        "2006;25:559–573.",
        "10.1002/sim.2324",
    ),
    Reference(
        "Obuchowski 1997",
        "Obuchowski NA. Nonparametric analysis of clustered ROC curve data. Biometrics "
        "1997;53:567–578.",
        "10.2307/2533958",
    ),
    Reference(
        "Obuchowski & McClish",
        "Obuchowski NA, McClish DK. Sample size determination for diagnostic accuracy studies "
        "involving binormal ROC curve indices. Statistics in Medicine 1997;16:1529–1542.",
        "10.1002/(SICI)1097-0258(19970715)16:13<1529::AID-SIM565>3.0.CO;2-H",
    ),
    Reference(
        "ARRIVE",
        "Percie du Sert N, Hurst V, Ahluwalia A, et al. The ARRIVE guidelines 2.0: updated "
        "guidelines for reporting animal research. PLoS Biology 2020;18:e3000410.",
        "10.1371/journal.pbio.3000410",
    ),
    Reference(
        "Phipson",
        "Phipson B, Smyth GK. Permutation p-values should never be zero: calculating exact "
        "p-values when permutations are randomly drawn. Statistical Applications in Genetics and "
        "Molecular Biology 2010;9:39.",
        "10.2202/1544-6115.1585",
    ),
    Reference(
        "Platt 1999",
        "Platt JC. Probabilistic outputs for support vector machines and comparisons to "
        "regularized likelihood methods. In: Advances in large margin classifiers. Cambridge, MA: "
        "MIT Press; 1999:61–74.",
    ),
    Reference(
        "Raunig",
        "Raunig DL, McShane LM, Pennello G, et al. Quantitative imaging biomarkers: a review of "
        "statistical methods for technical performance assessment. Statistical Methods in Medical "
        "Research 2015;24:27–67.",
        "10.1177/0962280214537344",
    ),
    Reference(
        "Shrout & Fleiss",
        "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. "
        "Psychological Bulletin 1979;86:420–428.",
        "10.1037/0033-2909.86.2.420",
    ),
    Reference(
        "STARD",
        "Bossuyt PM, Reitsma JB, Bruns DE, et al. STARD 2015: an updated list of essential items "
        "for reporting diagnostic accuracy studies. BMJ 2015;351:h5527.",
        "10.1136/bmj.h5527",
    ),
    Reference(
        "CLAIM",
        "Tejani AS, Klontzas ME, Gatti AA, et al. Checklist for artificial intelligence in medical "
        "imaging (CLAIM): 2024 update. Radiology: Artificial Intelligence 2024;6:e240300.",
        "10.1148/ryai.240300",
    ),
    Reference(
        "Varma & Simon",
        "Varma S, Simon R. Bias in error estimation when using cross-validation for model "
        "selection. BMC Bioinformatics 2006;7:91.",
        "10.1186/1471-2105-7-91",
    ),
    Reference(
        "Vickers & Elkin",
        "Vickers AJ, Elkin EB. Decision curve analysis: a novel method for evaluating prediction "
        "models. Medical Decision Making 2006;26:565–574.",
        "10.1177/0272989X06295361",
    ),
    Reference(
        "Westfall",
        "Westfall PH, Young SS. Resampling-based multiple testing: examples and methods for "
        "p-value adjustment. New York: Wiley; 1993.",
    ),
    Reference(
        "Wilson",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. Journal "
        "of the American Statistical Association 1927;22:209–212.",
        "10.1080/01621459.1927.10502953",
    ),
    Reference(
        "Youden",
        "Youden WJ. Index for rating diagnostic tests. Cancer 1950;3:32–35.",
        "10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3",
    ),
)


def cited(text: str) -> list[Reference]:
    """Return the references that `text` cites, in the order of their authors."""
    mine = [reference for reference in REFERENCES if reference.key in text]
    return sorted(mine, key=lambda reference: reference.text)
