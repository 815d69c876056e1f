"""Networks that have seen their training cases."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from biomarkers.deep.encoders import encoded, frozen
from biomarkers.deep.inputs import Inputs, Scaling, Weights
from biomarkers.deep.training import one_thread, weights_of
from biomarkers.deep.weight_files import check_names, read_tensors, write_tensors
from biomarkers.errors import InputError
from biomarkers.predict.cases import Cases
from biomarkers.predict.nested import Trained
from biomarkers.predict.rule import Rule
from biomarkers.predict.storage import know
from biomarkers.predict.weights import changed
from biomarkers.stats.arrays import Floats

_BATCH = 64
_ENCODER = "encoder."


@dataclass(frozen=True, eq=False)
class FittedNetworks:
    """Networks of several seeds, as plain arrays: torch makes them again when they are asked.

    Parameters
    ----------
    plan
        Their sizes.
    array
        What they look at.
    mean, sd
        Of it in the training set.
    prior
        Log odds, or log shares, of the classes there, which training weighed alike.
    classes
        Their names.
    provenance
        Device, version of torch, epochs, and the SHA-256 of the weights.
    weights
        By the number of the network and the name in it.
    encoder
        That which was given; None where there is none, or where it was not given again.

    """

    plan: dict[str, Any]
    array: str
    mean: Floats
    sd: float
    prior: Floats
    classes: tuple[str, ...]
    provenance: dict[str, Any]
    weights: Weights = field(default_factory=dict, compare=False, repr=False)
    encoder: Any = field(default=None, compare=False, repr=False)

    room = "deep"

    @property
    def scaling(self) -> Scaling:
        """Mean and standard deviation of the array in the training set."""
        return Scaling(self.mean, self.sd)

    def scores_of(self, cases: Cases) -> Floats:
        """Return the log odds of each case, the mean over networks; of two classes only.

        Raises
        ------
        InputError
            If there are several classes, or the encoder has not been given again.

        """
        return np.asarray(self.spread_of(cases).mean(axis=0))

    def spread_of(self, cases: Cases) -> Floats:
        """Return the log odds by each network: networks × cases."""
        if self.plan["outputs"] > 1:
            raise InputError(f"of {len(self.classes)} classes there are no odds; see class_scores")
        return np.asarray(self.logits(cases)[..., 0] + self.prior)

    def class_scores(self, cases: Cases) -> Floats:
        """Return log probabilities: cases × classes; networks are averaged before."""
        if self.plan["outputs"] == 1:
            odds = self.scores_of(cases)
            return np.stack([special.log_expit(-odds), special.log_expit(odds)], axis=1)
        each = special.log_softmax(self.logits(cases) + self.prior, axis=-1)
        return np.asarray(special.log_softmax(each.mean(axis=0), axis=-1))

    def logits(self, cases: Cases) -> Floats:
        """Return what networks say, all classes weighing alike: networks × cases × outputs."""
        inputs = self.inputs(cases)
        with one_thread() as torch, torch.no_grad():
            return np.array([_logits(network, inputs) for network in self.networks()])

    def inputs(self, cases: Cases) -> Inputs:
        """Return what the networks are given of cases."""
        inputs = Inputs.of(cases, self.array, self.scaling)
        return self.encoded(inputs) if self.plan["encoded"] else inputs

    def encoded(self, inputs: Inputs) -> Inputs:
        """Return what the given encoder makes of slices."""
        return encoded(inputs, self.given_encoder())

    def given_encoder(self) -> Any:
        """Return the encoder that was given; `InputError` where it was not given again."""
        if self.encoder is None:
            raise InputError(
                "the rule was made with an encoder of yours, whose code no file holds; hand it in "
                "again: deep.with_encoder(rule, module)"
            )
        return self.encoder

    def networks(self) -> Iterator[Any]:
        """Yield each network, ready to be asked."""
        from biomarkers.deep.networks import build  # noqa: PLC0415  (needs torch)

        for number in range(self.provenance["seeds"]):
            with one_thread():  # weights are drawn before they are replaced
                network = build(self.plan)
            network.load_state_dict(_tensors(_below(f"{number}.", self.weights)))
            yield network.eval()

    def write_weights(self, path: Path) -> None:
        """Write all weights, those of a given encoder too, as safetensors."""
        own = {} if self.encoder is None else weights_of(self.encoder)
        given = {f"{_ENCODER}{name}": value for name, value in own.items()}
        write_tensors(path, self.weights | given, self.plan)

    def with_weights(self, path: Path) -> "FittedNetworks":
        """Return the networks with the weights of a file, whose names and shapes are checked."""
        tensors, _ = read_tensors(path, "the weights of a rule")
        own = {name: each for name, each in tensors.items() if not name.startswith(_ENCODER)}
        from biomarkers.deep.networks import build  # noqa: PLC0415  (needs torch)

        with one_thread():
            one = build(self.plan).state_dict()
        seeds = range(self.provenance["seeds"])
        expected = {f"{number}.{name}": each for number in seeds for name, each in one.items()}
        check_names(path, own, expected)
        return replace(self, weights=tensors)

    def with_encoder(self, encoder: Any) -> "FittedNetworks":
        """Return the networks with the encoder they were made with; its weights are the rule's."""
        given = _below(_ENCODER, self.weights)
        own = {name: each for name, each in self.weights.items() if not name.startswith(_ENCODER)}
        return replace(self, weights=own, encoder=frozen(encoder, given))


def with_encoder(rule: Rule, encoder: Any) -> Rule:
    """Return a rule that was loaded with the encoder it was made with.

    The code of an encoder is in no file; its weights are in the rule, and replace the module's.

    Parameters
    ----------
    rule
        From `predict.load`.
    encoder
        A module of torch like the one that was given to `SliceSequence`.

    Raises
    ------
    InputError
        If the rule has no such encoder.
    FileError
        If names or shapes are others.

    Examples
    --------
    >>> from biomarkers import deep, predict, sample_data
    >>> table, people = sample_data.measurements(), sample_data.participants()
    >>> rows = table[table["day"] == 10]
    >>> cohort = predict.Cohort.from_tables(rows, people, outcome="responder")
    >>> try:
    ...     deep.with_encoder(predict.fit(predict.recipe("logistic"), cohort), None)
    ... except ValueError as error:
    ...     print(error)
    the rule was not made with an encoder

    """

    def given(_: str, part: Trained) -> Trained:
        if not isinstance(part.model, FittedNetworks) or not part.model.plan["encoded"]:
            raise InputError("the rule was not made with an encoder")
        return replace(part, model=part.model.with_encoder(encoder))

    return replace(rule, trained=changed(rule.trained, given))


def _logits(network: Any, inputs: Inputs) -> Floats:
    rows = [np.arange(len(inputs))[at : at + _BATCH] for at in range(0, len(inputs), _BATCH)]
    parts = [network(*inputs.take(each).on("cpu")).numpy() for each in rows]
    return np.concatenate(parts).astype(float)


def _below(start: str, weights: Weights) -> Weights:
    return {name[len(start) :]: each for name, each in weights.items() if name.startswith(start)}


def _tensors(weights: Weights) -> dict[str, Any]:
    from torch import from_numpy  # noqa: PLC0415

    return {name: from_numpy(np.array(value)) for name, value in weights.items()}


know(FittedNetworks)
