"""The literature a methods text may cite."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Reference:
    """A paper or book, known in the text by its first author; `doi` is empty for a book."""

    author: str
    text: str
    doi: str = ""


REFERENCES = (
    Reference(
        "DeLong",
        "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more correlated "
        "receiver operating characteristic curves: a nonparametric approach. Biometrics "
        "1988;44:837–845.",
        "10.2307/2531595",
    ),
    Reference(
        "Newcombe",
        "Newcombe RG. Confidence intervals for an effect size measure based on the Mann–Whitney "
        "statistic. Part 2: asymptotic methods and evaluation. Statistics in Medicine "
        "2006;25:559–573.",
        "10.1002/sim.2324",
    ),
    Reference(
        "Phipson",
        "Phipson B, Smyth GK. Permutation p-values should never be zero: calculating exact "
        "p-values when permutations are randomly drawn. Statistical Applications in Genetics and "
        "Molecular Biology 2010;9:39.",
        "10.2202/1544-6115.1585",
    ),
    Reference(
        "Westfall",
        "Westfall PH, Young SS. Resampling-based multiple testing: examples and methods for "
        "p-value adjustment. New York: Wiley; 1993.",
    ),
)


def cited(text: str) -> list[Reference]:
    """Return the references that `text` cites, in the order of their authors."""
    return [reference for reference in REFERENCES if reference.author in text]
