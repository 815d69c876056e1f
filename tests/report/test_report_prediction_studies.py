"""A page or a card is of one study: judgement, cohort, rule, validation and comparison agree."""

from dataclasses import replace

import pytest
from prediction_cohorts import BARE, cohort

from biomarkers import predict
from biomarkers.errors import InputError
from biomarkers.report import PredictionReport


@pytest.fixture(scope="module")
def studies():
    """Two studies of one recipe, and a validation of a rule of each, and of another recipe's."""
    recipe, other = predict.recipe("logistic"), predict.recipe("logistic", uncorrelated=0.9)
    made = []
    for seed in (1, 2):
        cases, elsewhere = cohort(seed=seed), cohort(seed=9, prefix="x")
        rule = predict.fit(recipe, cases)
        both = predict.compare({"one": recipe, "two": other}, cases, settings=BARE)
        made.append({
            "seen": predict.evaluate(recipe, cases, settings=BARE), "cohort": cases, "rule": rule,
            "external": predict.validate(rule, elsewhere), "comparison": both,
        })  # fmt: skip
    made[1]["stranger"] = predict.validate(predict.fit(other, cohort()), elsewhere)
    return made


def test_a_page_is_of_one_study(studies):
    first, second = studies
    assert PredictionReport(**first).view.seen is first["seen"]
    for name in ("cohort", "rule", "external", "comparison"):
        with pytest.raises(InputError, match=f"^{name}: found one of another"):
            PredictionReport(**first | {name: second[name]})
    with pytest.raises(InputError, match="external: found one of another recipe or cohort"):
        PredictionReport(first["seen"], external=second["stranger"])
    unknown = replace(second["seen"], cohort_digest="")  # kept from before digests were
    assert PredictionReport(unknown, cohort=first["cohort"], rule=first["rule"])


def test_a_card_is_of_one_study(studies):
    first, second = studies
    assert first["seen"].headline in first["rule"].model_card(first["seen"])
    with pytest.raises(InputError, match="another cohort"):
        first["rule"].model_card(second["seen"])


def test_several_classes_are_not_mixed_either():
    recipe = predict.recipe("logistic")
    one, two = cohort("group"), cohort("group", seed=2)
    seen, rules = predict.evaluate(recipe, one, settings=BARE), [
        predict.fit(recipe, each) for each in (one, two)
    ]  # fmt: skip
    own, other = (predict.validate(each, cohort("group", seed=9, prefix="x")) for each in rules)
    assert PredictionReport(seen, cohort=one, rule=rules[0], external=own)
    for given in ({"cohort": two}, {"rule": rules[1]}, {"external": other}):
        with pytest.raises(InputError, match="of another"):
            PredictionReport(seen, **given)


def test_a_saved_rule_is_of_its_study(studies, tmp_path):
    pytest.importorskip("skops", reason="an extra")
    first = studies[0]
    again = predict.load(first["rule"].save(tmp_path / "rule", seen=first["seen"]))
    external = predict.validate(again, cohort(seed=9, prefix="x"))
    assert PredictionReport(first["seen"], rule=again, external=external)
