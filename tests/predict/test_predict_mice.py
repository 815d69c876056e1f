"""The benchmark of 28 mice says which model was best, and calls no chance a gain."""

import pytest
from benchmarks.predict_mice import against_simple

SIMPLE = {"svm": [0.6, 0.6, 0.6], "logistic": [0.7, 0.6, 0.8]}


@pytest.mark.parametrize(
    ("network", "wanted"),
    [
        ([0.80, 0.71, 0.90], ("cnn 0.80, best simple model logistic 0.70: cnn was best",
                              "difference +0.10 (+0.10, +0.11, +0.10 by cohort)",
                              "95 % interval +0.09 to +0.12: a gain is shown.")),
        ([0.80, 0.55, 0.85], ("cnn was best", "no gain is shown.")),
        ([0.70, 0.60, 0.80], ("logistic was best", "no gain is shown.")),
        ([0.50, 0.50, 0.60], ("logistic was best", "difference -0.17", "no gain is shown.")),
    ],
)  # fmt: skip
def test_the_network_is_set_against_the_best_simple_model(network, wanted):
    text = against_simple({"cnn": network, **SIMPLE})
    assert all(each in text for each in wanted), text


def test_one_cohort_shows_no_gain():
    text = against_simple({"cnn": [0.9], "svm": [0.5]})
    assert text.endswith(
        "cnn was best; difference +0.40 (+0.40 by cohort); one cohort shows no gain."
    )
