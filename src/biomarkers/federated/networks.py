"""Networks of `deep` in a federation: weights as one vector of float64, full batches, no dropout.

`deep` needs torch, an extra: it is imported where a network is made.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from typing import Any

import numpy as np

from biomarkers.extras import load_extra
from biomarkers.federated.preparation import Preparation
from biomarkers.federated.sums import Sums, sums_of
from biomarkers.federated.terms import Terms
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Bools, Floats, Whole

# Settings of an estimator of `deep` that say how one machine trains it.
_OF_ONE_PLACE = ("epochs", "seeds", "training")
RATE = 0.1  # of a gradient step, where none is given


def array_of(cases: Cases) -> Floats:
    """Return the one array that a network looks at, cases × whatever."""
    (array,) = cases.arrays.values()
    return array


def array_sums(cases: Cases, terms: Terms, fold: Whole, folds: int, subject: Whole) -> Sums:
    """Return the sums of an array by fold: of each point of a spectrum, or of means of slices.

    The mean of all pixels of a case, and that of their squares, do not tell how many are missing.
    """
    array = array_of(cases).reshape(len(cases), -1)
    if terms.model["by_point"]:
        return sums_of(array, fold, folds, np.zeros(array.shape[1]), subject)
    known = (~np.isnan(array)).sum(axis=1, keepdims=True)
    means = np.column_stack([np.nansum(array, axis=1), np.nansum(array**2, axis=1)])
    means = np.where(known > 0, means / np.maximum(known, 1), np.nan)
    both = sums_of(means, fold, folds, np.zeros(2), subject)
    one, other = slice(0, 1), slice(1, 2)
    return Sums(
        both.cases, both.count[:, one], both.total[:, one], both.total[:, other], both.shown[:, one]
    )


@dataclass(frozen=True, eq=False)
class NetworkLearner:
    """The cases of a site as a network sees them; a `Learner`.

    Minimised is the mean of log(1 + exp(−y f)), f the logit plus the log odds of all sites.

    Parameters
    ----------
    network
        Of torch, in float64; its weights are set at every call.
    values
        Sets × cases × whatever: the array on the scale of each set.
    present
        Cases × slices: which are there.
    clinical
        Sets × cases × columns.
    positive
        The class of each case.
    prior
        Log odds of each set.

    """

    network: Any
    values: Floats
    present: Bools
    clinical: Floats
    positive: Bools
    prior: Floats

    def slopes(self, weights: Floats, rows: Bools) -> tuple[Floats, Floats]:
        """Return loss (sets,) and slope (sets × weights) of the mean over the rows of each set."""
        torch = _torch()
        measure = torch.nn.functional.binary_cross_entropy_with_logits
        loss, slope = np.zeros(len(weights)), np.zeros_like(weights)
        truth = torch.from_numpy(self.positive.astype(np.float64))
        for place in np.flatnonzero(rows.any(axis=1)).tolist():
            with _one_thread():
                odds = self._odds(place, weights[place], rows[place])
                mean = measure(odds, truth[rows[place]])
                self.network.zero_grad()
                mean.backward()
            loss[place] = float(mean.detach())
            slope[place] = flat(each.grad for each in self.network.parameters())
        return loss, slope

    def scores(self, weights: Floats) -> Floats:
        """Return the log odds of every case by the model of every set, sets × cases."""
        everyone = np.ones(len(self.positive), dtype=bool)
        with _one_thread(), _torch().no_grad():
            return np.array(
                [
                    self._odds(place, each, everyone).numpy().copy()
                    for place, each in enumerate(weights)
                ]
            )

    def _odds(self, place: int, weights: Floats, rows: Bools) -> Any:
        torch = _torch()
        _set(self.network, weights)
        given = (self.values[place], self.present, self.clinical[place])
        parts = [torch.from_numpy(np.ascontiguousarray(each[rows])) for each in given]
        return self.network(*parts)[:, 0] + self.prior[place]


def learner_of(
    cases: Cases, terms: Terms, steps: Preparation, clinical: Floats, prior: Floats
) -> NetworkLearner:
    """Return what a network sees of cases, under the steps of every set."""
    raw = array_of(cases)
    by_slice = raw.reshape(len(raw), raw.shape[1] if raw.ndim > 2 else 1, -1)
    present = np.asarray(~np.isnan(by_slice).all(axis=2))
    shape = (-1, 1, *(raw.shape[1:] if terms.model["by_point"] else [1] * (raw.ndim - 1)))
    sd = steps.array_sd.reshape(-1, *[1] * raw.ndim)
    values = np.nan_to_num((raw - steps.array_mean.reshape(shape)) / sd)
    network = network_of(terms, clinical.shape[2])
    return NetworkLearner(network, values, present, clinical, cases.positive, prior)


def network_of(terms: Terms, columns: int) -> Any:
    """Return the network of the terms in float64, its weights as torch draws them."""
    build = import_module("biomarkers.deep.networks").build
    return build(plan_of(terms, columns)).double().eval()


def first_weights(terms: Terms, columns: int, seed: int) -> Floats:
    """Return the weights that training starts from."""
    with _one_thread(), _torch().random.fork_rng(devices=[]):
        _torch().manual_seed(seed)
        return flat(network_of(terms, columns).parameters())


def plan_of(terms: Terms, columns: int) -> dict[str, Any]:
    """Return the sizes of the network of the terms."""
    inputs = import_module("biomarkers.deep.inputs").Inputs
    (shape,) = terms.arrays.values()
    one = inputs(np.zeros((1, *shape)), np.ones((1, 1), dtype=bool), np.zeros((1, columns)))
    plan: dict[str, Any] = declared(terms.model).plan(one, 2)
    return plan


def declared(model: Any) -> Any:
    """Return the estimator of `deep` that the terms name."""
    deep = import_module("biomarkers.deep")
    return getattr(deep, model["class"])(**model["declared"])


def ignored(model: Any) -> tuple[str, ...]:
    """Return the settings that the user gave to an estimator of `deep` and a federation drops."""
    default = type(model)(model.array)
    return tuple(name for name in _OF_ONE_PLACE if getattr(model, name) != getattr(default, name))


def as_trained(declared: Mapping[str, Any], terms: Terms) -> dict[str, Any]:
    """Return a network as a card declares it, with what a federation has in place of epochs."""
    kept = {name: value for name, value in declared.items() if name not in _OF_ONE_PLACE}
    steps = {"rounds": terms.rounds.rounds, "local_steps": terms.rounds.local_steps}
    return kept | {"seeds": 1, **steps, "batch": "all cases of a site"}


def fitted_networks(terms: Terms, steps: Preparation, weights: Floats, prior: float) -> Any:
    """Return the network of all sites as `deep` holds a fitted one."""
    columns = steps.mean.shape[1]
    network = network_of(terms, columns)
    _set(network, weights)
    named = {f"0.{name}": value.numpy() for name, value in network.state_dict().items()}
    digest_of = import_module("biomarkers.deep.encoders").digest_of
    (array,) = terms.arrays
    mean = steps.array_mean[0]
    return import_module("biomarkers.deep.fitted").FittedNetworks(
        plan=plan_of(terms, columns),
        array=array,
        mean=mean if terms.model["by_point"] else mean[0],
        sd=float(steps.array_sd[0]),
        prior=np.array([prior]),
        classes=("negative", "positive"),
        provenance={
            "device": "cpu", "torch": version("torch"), "seeds": 1, "parameters": weights.size,
            "weights_sha256": digest_of(named), "encoder_sha256": "",
        },
        weights=named,
    )  # fmt: skip


def flat(parts: Any) -> Floats:
    """Return tensors, in their order, as one vector."""
    return np.concatenate([each.detach().numpy().ravel() for each in parts]).astype(np.float64)


def _set(network: Any, weights: Floats) -> None:
    torch, start = _torch(), 0
    with torch.no_grad():
        for each in network.parameters():
            part = weights[start : start + each.numel()]
            each.copy_(torch.from_numpy(np.ascontiguousarray(part)).reshape(each.shape))
            start += each.numel()


def _torch() -> Any:
    return load_extra("torch", "a network")


def _one_thread() -> Any:
    return import_module("biomarkers.deep.training").one_thread()
