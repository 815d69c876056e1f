"""Slices, or days, in their order: an encoder of each, and a head that reads them."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.deep.encoders import encoded, encoder_digest, frozen
from biomarkers.deep.inputs import Inputs, Scaling
from biomarkers.deep.model import NetworkModel
from biomarkers.errors import InputError
from biomarkers.stats.arrays import Floats
from biomarkers.stats.inputs import check_choice

HEADS = ("lstm", "transformer", "seq2seq", "mean")


@dataclass(frozen=True)
class SliceSequence(NetworkModel):
    """A network over the slices of a lesion, or over its days.

    The array of a case is slices × y × x. A slice of NaN is missing: it is not read, though the
    gap is seen; NaN within a slice is the mean of the training set.

    Parameters
    ----------
    array
        Its name in the cohort (`Cohort.with_array`).
    clinical
        Whether the block `clinical` is joined before the last layer, imputed and scaled in the
        training set, with the indicators of what was missing.
    epochs
        How often every training case is seen; of several numbers the inner folds choose one
        (early stopping: one training gives them all).
    seeds
        How many networks are trained, whose log odds are averaged; how far they differ is told.
    width
        Features of a slice.
    training
        Rate, batch, augmentation, device.
    head
        `lstm`, `transformer` (with positions), `seq2seq` (a bidirectional GRU, and a decoder that
        attends to it), or `mean`, which does not know the order.
    encoder
        A module of torch that makes n × features of n × 1 × y × x; it is frozen, and pixels are
        then not augmented. None: three convolutions with group normalisation, learned.
    weights
        A file of safetensors with the weights of `encoder`; None takes those that it has.

    Raises
    ------
    InputError
        If a number or a head is unknown, or weights come without an encoder.
    FileError
        If the weights are of another network, or a pickle.

    Notes
    -----
    A network that is trained from nothing on about a hundred cases often does no better than a
    logistic rule: give the cohort a block of simple features, which `evaluate` then sets beside it.

    Examples
    --------
    >>> from biomarkers import deep, predict
    >>> model = deep.SliceSequence("t1c", head="transformer", epochs=(10, 20, 40))
    >>> model.settings()
    [{'epochs': 10}, {'epochs': 20}, {'epochs': 40}]
    >>> predict.recipe(model).declared()["model"]["head"]
    'transformer'

    """

    head: str = "lstm"
    encoder: Any = None
    weights: Path | str | None = field(default=None, compare=False, repr=False)
    encoder_sha256: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Refuse what is unknown; look at the weights of an encoder before any work."""
        super().__post_init__()
        check_choice("head", self.head, HEADS)
        if self.encoder is None and self.weights is not None:
            raise InputError("weights: found a file, and no encoder that they are of")
        if self.encoder is not None:
            object.__setattr__(self, "encoder_sha256", encoder_digest(self._frozen_encoder()))

    def _check_array(self, array: Floats) -> None:
        """Refuse what is not slices × y × x."""
        if array.ndim != 4:
            raise InputError(
                f"{self.array}: found arrays of {array.shape[1:]}; expected slices × y × x"
            )

    def _scaling(self, array: Floats) -> Scaling:
        """Return that of all pixels."""
        return Scaling.of(array, by_point=False)

    def _seen(self, inputs: Inputs) -> Inputs:
        """Return slices, or what a given encoder makes of them."""
        return inputs if self.encoder is None else encoded(inputs, self._frozen_encoder())

    def _frozen_encoder(self) -> Any:
        """Return the encoder that was given, with its weights, or None."""
        return None if self.encoder is None else frozen(self.encoder, self.weights)

    def plan(self, inputs: Inputs, classes: int) -> dict[str, Any]:
        """Return the sizes of the network as plain values."""
        return {
            "kind": "sequence",
            "head": self.head,
            "width": self.width,
            "slices": int(inputs.values.shape[1]),
            "encoded": 0 if self.encoder is None else int(inputs.values.shape[2]),
            "clinical": int(inputs.clinical.shape[1]),
            "dropout": self.training.dropout,
            "outputs": classes if classes > 2 else 1,
        }

    def _network(self, plan: dict[str, Any], inputs: Inputs) -> Any:
        """Return the network, its weights drawn; what an encoder gave is scaled as it is here."""
        network = super()._network(plan, inputs)
        if plan["encoded"]:
            seen = inputs.values[inputs.present]
            spread = seen.std(axis=0)
            network.encoded_mean[:] = network.encoded_mean.new_tensor(seen.mean(axis=0))
            network.encoded_sd[:] = network.encoded_sd.new_tensor(np.where(spread > 0, spread, 1))
        return network
