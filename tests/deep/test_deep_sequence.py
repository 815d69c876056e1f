"""Networks over slices: what they find, what they may not know, and that bytes do not change."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from order import cohort, slices

from biomarkers import deep, predict
from biomarkers.deep import training
from biomarkers.deep.inputs import Inputs, Scaling
from biomarkers.errors import InputError
from biomarkers.predict.running import run_tasks
from biomarkers.predict.tasks import Task, make_judged
from biomarkers.predict.worth import worth

torch = pytest.importorskip("torch", reason="needs the extra deep")

HEADS = ("lstm", "transformer", "seq2seq", "mean")
PLAIN = deep.Training(device="cpu")
QUICK = {"epochs": 3, "seeds": 1, "training": PLAIN}
ONE = predict.Validation(folds=3, repeats=1, permutations=0)
SMALL = {"count": 4, "size": 12}


def model(head="lstm", **how):
    return deep.SliceSequence(
        "t1c", head=head, **{"epochs": 3, "seeds": 1, "training": PLAIN} | how
    )


def weights(fitted):
    return {name: value.tobytes() for name, value in fitted.weights.items()}


def fitted(some, model, seed=1):
    (made,) = model.fit(some.cases, model.settings()[-1:], seed)
    return made


@pytest.mark.parametrize("head", HEADS)
def test_order_is_found_by_heads_that_know_it(head):
    rule = predict.fit(predict.recipe(model(head, epochs=15)), cohort(60, size=16))
    new = cohort(100, size=16, seed=2)
    area = worth(rule.odds(new)[None], new.cases, np.ones((1, 100), dtype=bool))
    assert area > 0.85 if head != "mean" else area < 0.7


@pytest.mark.parametrize("head", HEADS)
def test_the_same_seed_gives_the_same_bytes_and_another_seed_others(head):
    some = cohort(24, **SMALL)
    first = weights(fitted(some, model(head)))
    assert first == weights(fitted(some, model(head)))
    assert first != weights(fitted(some, model(head), seed=2))


@pytest.mark.parametrize("head", HEADS)
def test_a_missing_slice_is_not_read(head):
    some = cohort(24, **SMALL)
    array = some.arrays["t1c"].copy()
    array[::3, 2] = np.nan
    lacking = fitted(cohort_of(some, array), model(head))
    cases = cohort_of(some, array).cases
    scores = lacking.scores_of(cases)
    assert np.isfinite(scores).all()
    (network,) = lacking.networks()
    values, present, clinical = lacking.inputs(cases).on("cpu")
    assert present.numpy()[:, 2].tolist() == [number % 3 > 0 for number in range(24)]
    spoiled = values.clone()
    spoiled[::3, 2] = 99.0
    same = network(values, present, clinical).detach().numpy()
    assert np.allclose(network(spoiled, present, clinical).detach().numpy(), same, atol=1e-6)
    spoiled[1, 2] = 99.0
    assert not np.allclose(network(spoiled, present, clinical).detach().numpy()[1], same[1])


def cohort_of(some, array):
    return replace(some, arrays={"t1c": array})


def test_the_mean_head_does_not_know_the_order():
    some = cohort(24, **SMALL)
    made = fitted(some, model("mean"))
    backwards = cohort_of(some, some.arrays["t1c"][:, ::-1])
    assert np.allclose(made.scores_of(some.cases), made.scores_of(backwards.cases), atol=1e-5)


def test_clinical_columns_are_joined_imputed_and_scaled():
    age = 60 + 9 * np.random.default_rng(1).normal(size=40) + 10 * (np.arange(40) % 2)
    age[3] = np.nan
    some = cohort(40, clinical=age, make=lambda positive, seed: slices(positive * 0, **SMALL))
    seen = predict.evaluate(predict.recipe(model(clinical=True, epochs=12)), some, settings=ONE)
    assert seen.performance["auc"][0] > 0.6
    assert {"age", "missing: age", "t1c"} == set(seen.selection["feature"])
    note = next(note for note in seen.notes if "A model of arrays learns from 40" in note)
    assert "clinical only" in note
    assert "was best" in note
    with pytest.raises(InputError, match="has no block clinical"):
        predict.evaluate(predict.recipe(model(clinical=True)), cohort(24, **SMALL), settings=ONE)


def test_epochs_are_chosen_in_inner_folds_and_seeds_averaged():
    some = cohort(40, **SMALL)
    several = model(epochs=(1, 3), seeds=3)
    assert not several.chooses_nothing
    seen = predict.evaluate(predict.recipe(several), some, settings=ONE)
    assert any("By the seed alone it reaches" in note for note in seen.notes)
    rule = predict.fit(predict.recipe(several), some)
    assert rule.card["setting"]["epochs"] in (1, 3)
    assert rule.card["made"]["seeds"] == 3
    cases = rule.trained.prepared(some.cases)
    spread = rule.trained.model.spread_of(cases)
    assert spread.shape == (3, 40)
    assert np.allclose(spread.mean(axis=0), rule.trained.model.scores_of(cases))


def test_snapshots_are_those_of_shorter_trainings():
    some = cohort(24, **SMALL)
    both = model(epochs=(2, 3))
    early, late = both.fit(some.cases, both.settings(), 1)
    assert weights(early) == weights(fitted(some, model(epochs=2)))
    assert weights(late) == weights(fitted(some, model(epochs=3)))


def test_no_array_of_a_held_out_subject_reaches_a_fit(monkeypatch):
    some, seen = cohort(24, **SMALL), []
    kept = deep.SliceSequence.fit

    def spy(self, cases, settings, seed):
        seen.append(cases.subject.tolist())
        return kept(self, cases, settings, seed)

    monkeypatch.setattr(deep.SliceSequence, "fit", spy)
    predict.evaluate(predict.recipe(model(epochs=1)), some, settings=ONE)
    held_out = [{*some.subject} - {*each} for each in seen if len(each) == 16][:3]
    assert sum(map(len, held_out)) == 24
    assert set.union(*held_out) == {*some.subject}


def test_shifted_or_mirrored_training_cases_keep_their_pixels():
    some = cohort(6, **SMALL)
    inputs = Inputs.of(some.cases, "t1c", Scaling.of(some.arrays["t1c"], by_point=False))
    augmented = inputs.augmented()
    assert augmented.values.shape == inputs.values.shape
    assert not np.allclose(augmented.values, inputs.values)
    assert np.allclose(
        augmented.values.mean(axis=(2, 3)), inputs.values.mean(axis=(2, 3)), atol=0.1
    )


def test_bytes_are_the_same_at_one_and_two_jobs_whatever_threads_torch_has():
    some, recipe = cohort(24, **SMALL), predict.recipe(model("seq2seq", epochs=2))
    judged = make_judged(some.cases, (recipe,), predict.Validation(2, 1, 0))
    tasks = [Task(judged, "outer", number) for number in range(2)]
    before, scores = torch.get_num_threads(), []
    try:
        for threads, jobs in ((1, 1), (3, 1), (1, 2)):
            torch.set_num_threads(threads)
            results = run_tasks(tasks, jobs=jobs)
            scores.append(np.hstack([each["scores"][0] for each in results]).tobytes())
    finally:
        torch.set_num_threads(before)
    assert len({*scores}) == 1


KILLED = """
import os, signal, sys
sys.path.insert(0, {folder!r})
from order import cohort
from biomarkers import deep
from biomarkers.deep.checkpoints import Checkpoint

keep = Checkpoint.keep
def fatal(self, epoch, *state):
    keep(self, epoch, *state)
    if epoch == 2:
        os.kill(os.getpid(), signal.SIGKILL)

Checkpoint.keep = fatal
some = cohort(24, count=4, size=12)
training = deep.Training(device="cpu", checkpoint={checkpoint!r})
model = deep.SliceSequence("t1c", epochs=(1, 4), seeds=1, training=training)
model.fit(some.cases, model.settings(), 1)
"""


def test_a_training_that_was_killed_is_taken_up_again_to_the_same_bytes(tmp_path, monkeypatch):
    code = KILLED.format(folder=str(Path(__file__).parent), checkpoint=str(tmp_path))
    killed = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"OMP_NUM_THREADS": "3"}, check=False
    )
    assert killed.returncode == -signal.SIGKILL
    (kept,) = tmp_path.iterdir()
    epochs, step = [], training._one_epoch
    monkeypatch.setattr(deep.training, "_one_epoch", lambda *args: epochs.append(1) or step(*args))
    some = cohort(24, **SMALL)
    resumed = model(epochs=(1, 4), training=deep.Training(device="cpu", checkpoint=tmp_path))
    first, last = resumed.fit(some.cases, resumed.settings(), 1)
    assert len(epochs) == 2  # the third and the fourth
    assert not kept.exists()
    whole = model(epochs=(1, 4))
    wanted = whole.fit(some.cases, whole.settings(), 1)
    assert [weights(first), weights(last)] == [weights(each) for each in wanted]


def test_a_folder_for_checkpoints_is_no_part_of_the_recipe(tmp_path):
    kept = model(training=deep.Training(device="cpu", checkpoint=tmp_path))
    assert predict.recipe(kept).digest == predict.recipe(model()).digest
    assert predict.recipe(model(head="mean")).digest != predict.recipe(model()).digest


def test_torch_gets_back_its_threads_and_its_generator():
    threads, state = torch.get_num_threads(), torch.get_rng_state()
    torch.set_num_threads(3)
    try:
        fitted(cohort(24, **SMALL), model())
        assert torch.get_num_threads() == 3
        assert torch.equal(torch.get_rng_state(), state)
        assert not torch.are_deterministic_algorithms_enabled()
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"head": "gru"}, "head: found 'gru', expected lstm"),
        ({"epochs": 0}, "epochs: found 0"),
        ({"epochs": ()}, "epochs: found "),
        ({"seeds": 0}, "seeds: found 0"),
        ({"width": 10}, "width: found 10, expected a multiple of 4"),
        ({"weights": "some.safetensors"}, "weights: found a file, and no encoder"),
        ({"encoder": 3}, "expected a module of torch"),
    ],
)
def test_what_is_no_network_is_refused(how, message):
    with pytest.raises(InputError, match=message):
        model(**how)


def test_arrays_of_other_axes_and_absent_devices_are_refused():
    flat = cohort(24, make=lambda positive, seed: slices(positive, **SMALL)[:, 0, 0])
    with pytest.raises(InputError, match=r"expected slices × y × x"):
        predict.fit(predict.recipe(model()), flat)
    with pytest.raises(InputError, match="device: found 'gpu'"):
        deep.Training(device="gpu")
    if not torch.cuda.is_available():
        with pytest.raises(InputError, match="torch sees no GPU"):
            fitted(cohort(24, **SMALL), model(training=deep.Training(device="cuda")))
