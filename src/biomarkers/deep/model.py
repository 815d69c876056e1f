"""What networks have in common as models of a recipe: settings, fitting, several seeds."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from biomarkers.deep.checkpoints import Checkpoint, name_of
from biomarkers.deep.encoders import digest_of
from biomarkers.deep.fitted import FittedNetworks
from biomarkers.deep.inputs import Inputs, Scaling, Weights
from biomarkers.deep.training import Task, Training, device_of, train
from biomarkers.errors import InputError
from biomarkers.extras import load_extra
from biomarkers.predict.cases import Cases
from biomarkers.stats.arrays import Floats, Whole

_GROUPS = 4  # a width is a multiple of the channels that are normalised together


@dataclass(frozen=True)
class NetworkModel(ABC):
    """A network as declared: what it looks at, and how long and how often it is trained.

    Parameters
    ----------
    array
        Its name in the cohort (`Cohort.with_array`).
    clinical
        Whether the block `clinical` is joined before the last layer.
    epochs
        How often every training case is seen; of several numbers the inner folds choose one.
    seeds
        How many networks are trained, whose log odds are averaged.
    width
        Features of a slice, channels of a spectrum.
    training
        Rate, batch, augmentation, device.

    """

    array: str
    _: KW_ONLY
    clinical: bool = False
    epochs: int | tuple[int, ...] = 25
    seeds: int = 3
    width: int = 16
    training: Training = field(default_factory=Training)

    def __post_init__(self) -> None:
        """Refuse numbers that no network has."""
        several = self.epochs if isinstance(self.epochs, tuple) else (self.epochs,)
        if not several or not all(isinstance(each, int) and each >= 1 for each in several):
            raise InputError(f"epochs: found {self.epochs!r}, expected a whole number from 1, "
                             "or a tuple of several")  # fmt: skip
        if self.seeds < 1:
            raise InputError(f"seeds: found {self.seeds}, expected 1 or more")
        if self.width < _GROUPS or self.width % _GROUPS:
            raise InputError(f"width: found {self.width}, expected a multiple of {_GROUPS}")

    probabilistic: ClassVar[bool] = True  # scores are log odds

    @property
    def chooses_nothing(self) -> bool:
        """Whether the number of epochs is fixed."""
        return len(self.settings()) == 1

    @property
    def arrays(self) -> tuple[str, ...]:
        """The one array that is looked at."""
        return (self.array,)

    def settings(self) -> list[dict[str, Any]]:
        """Return the numbers of epochs, the fewest first.

        Examples
        --------
        >>> from biomarkers import deep
        >>> deep.SpectrumCNN("mrs", epochs=(20, 10)).settings()
        [{'epochs': 10}, {'epochs': 20}]

        """
        several = self.epochs if isinstance(self.epochs, tuple) else (self.epochs,)
        return [{"epochs": each} for each in sorted(set(several))]

    def features_of(self, cases: Cases) -> Sequence[str]:
        """Return the names of the clinical columns, where they are wanted.

        Raises
        ------
        InputError
            If they are wanted, and there are none.

        Examples
        --------
        >>> import pandas as pd
        >>> from biomarkers import deep, predict
        >>> people = pd.DataFrame({"subject": list("abcdef"), "age": range(50, 56),
        ...                        "response": [0, 0, 0, 1, 1, 1]})
        >>> blocks = {"clinical": ["age"]}
        >>> cohort = predict.Cohort.from_tables(
        ...     people[["subject"]], people, outcome="response", blocks=blocks)
        >>> deep.SpectrumCNN("mrs", clinical=True).features_of(cohort.cases)
        ['age']

        """
        if not self.clinical:
            return ()
        wanted = [name for name in cases.names if name in cases.blocks.get("clinical", ())]
        if not wanted:
            raise InputError(
                "clinical=True: the cohort has no block clinical; name its columns in blocks="
            )
        return wanted

    def fit(self, cases: Cases, settings: list[dict[str, Any]], seed: int) -> list[FittedNetworks]:
        """Return the networks after each number of epochs; one training gives them all.

        Raises
        ------
        InputError
            If torch is not installed, or the array has not the axes that are needed.

        Examples
        --------
        >>> import numpy as np
        >>> import pandas as pd
        >>> from biomarkers import deep, predict
        >>> names, truth = list("abcdefgh"), np.arange(8) % 2
        >>> people = pd.DataFrame({"subject": names, "response": truth})
        >>> cohort = predict.Cohort.from_tables(people[["subject"]], people, outcome="response")
        >>> cohort = cohort.with_array("mrs", dict(zip(names, np.eye(8, 64))))
        >>> model = deep.SpectrumCNN("mrs", epochs=(1, 2), seeds=1)
        >>> [each.provenance["epochs"] for each in model.fit(cohort.cases, model.settings(), 1)]
        [1, 2]

        """
        load_extra("torch", type(self).__name__)
        self._check_array(cases.arrays[self.array])
        labels, classes = labels_of(cases)
        scaling = self._scaling(cases.arrays[self.array])
        inputs = self._seen(Inputs.of(cases, self.array, scaling))
        plan = self.plan(inputs, len(classes))
        snapshots = tuple(sorted({each["epochs"] for each in settings}))
        tasks = [
            Task(partial(self._network, plan, inputs), inputs, labels, plan["outputs"], snapshots,
                 self.training, _seed(seed, number))
            for number in range(self.seeds)
        ]  # fmt: skip
        kept = [self._checkpoint(task) for task in tasks]
        trained = [train(*each) for each in zip(tasks, kept, strict=True)]
        for each in kept:
            if each is not None:
                each.drop()
        counts = np.bincount(labels, minlength=len(classes))
        places = [snapshots.index(each["epochs"]) for each in settings]
        by_setting = [[taken[place] for taken in trained] for place in places]
        return [
            FittedNetworks(
                plan=plan, array=self.array, mean=scaling.mean, sd=scaling.sd,
                prior=_prior(counts, plan["outputs"]), classes=classes,
                provenance=self._provenance(taken) | setting, weights=_joined(taken),
                encoder=self._frozen_encoder(),
            )
            for taken, setting in zip(by_setting, settings, strict=True)
        ]  # fmt: skip

    @abstractmethod
    def _check_array(self, array: Floats) -> None:
        """Refuse an array without the axes that are needed."""

    @abstractmethod
    def _scaling(self, array: Floats) -> Scaling:
        """Return mean and standard deviation of the training set."""

    @abstractmethod
    def plan(self, inputs: Inputs, classes: int) -> dict[str, Any]:
        """Return the sizes of the network as plain values.

        Parameters
        ----------
        inputs
            What a network is given of the training cases.
        classes
            How many.

        Examples
        --------
        >>> import numpy as np
        >>> from biomarkers import deep
        >>> from biomarkers.deep.inputs import Inputs
        >>> inputs = Inputs(np.zeros((9, 64)), np.ones((9, 1), dtype=bool), np.zeros((9, 0)))
        >>> deep.SpectrumCNN("mrs").plan(inputs, 3)["outputs"]
        3

        """

    def _seen(self, inputs: Inputs) -> Inputs:
        """Return what the network is given."""
        return inputs

    def _frozen_encoder(self) -> Any:
        """Return the encoder that was given, or None."""
        return None

    def _network(self, plan: dict[str, Any], inputs: Inputs) -> Any:
        """Return the network, its weights drawn."""
        from biomarkers.deep.networks import build  # noqa: PLC0415  (needs torch)

        return build(plan)

    def _checkpoint(self, task: Task) -> Checkpoint | None:
        folder = self.training.checkpoint
        if folder is None:
            return None
        inputs = {"values": task.inputs.values, "present": task.inputs.present,
                  "clinical": task.inputs.clinical, "labels": task.labels}  # fmt: skip
        name = name_of([version("biomarkers"), repr(self), digest_of(inputs),
                        task.seed, task.snapshots])  # fmt: skip
        return Checkpoint(Path(folder) / f"training-{name}.safetensors")

    def _provenance(self, taken: list[Weights]) -> dict[str, Any]:
        return {
            "device": device_of(self.training.device),
            "torch": version("torch"),
            "seeds": self.seeds,
            "parameters": sum(each.size for each in taken[0].values()),
            "weights_sha256": digest_of(_joined(taken)),
            "encoder_sha256": getattr(self, "encoder_sha256", ""),
        }


def check_array(model: NetworkModel, array: Floats) -> None:
    """Refuse an array without the axes that a network needs; `InputError`."""
    model._check_array(array)


def labels_of(cases: Cases) -> tuple[Whole, tuple[str, ...]]:
    """Return the class of each case, from 0, and the names of several classes, or of two."""
    if cases.labels is not None:
        return np.asarray(cases.labels, dtype=np.int64), cases.classes
    return cases.positive.astype(np.int64), ("negative", "positive")


def _seed(seed: int, number: int) -> int:
    """Return the seed of one of several networks, which shares nothing with its neighbours'."""
    return int(np.random.SeedSequence([seed, number]).generate_state(1)[0])


def _prior(counts: Whole, outputs: int) -> Floats:
    """Return the log odds, or log shares, that equal weights of the classes took away."""
    if outputs == 1:
        return np.array([np.log(counts[1] / counts[0])])
    return np.asarray(np.log(np.maximum(counts, 0.5) / counts.sum()))


def _joined(taken: list[Weights]) -> Weights:
    return {
        f"{number}.{name}": value
        for number, weights in enumerate(taken)
        for name, value in weights.items()
    }
