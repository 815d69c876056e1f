"""An unfinished training on disk: safetensors, whose header holds the rest as JSON."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from biomarkers.deep.inputs import Weights
from biomarkers.deep.weight_files import read_tensors, write_tensors
from biomarkers.errors import FileError
from biomarkers.extras import load_extra

_NETWORK, _OPTIMISER, _TAKEN = "network", "optimiser", "taken"
_GENERATOR, _GENERATOR_GPU = "generator", "generator_gpu"


@dataclass(frozen=True)
class Checkpoint:
    """One training's file; another cohort, model, seed or version has another name.

    It holds the weights, the state of the optimiser and of the generators, and the weights that
    were taken on the way; it is whole or absent, one file, as both parts must be of one moment.
    """

    path: Path

    def keep(self, epoch: int, network: Any, optimiser: Any, taken: dict[int, Weights]) -> None:
        """Write the state after an epoch."""
        torch = load_extra("torch", "a network")
        states = optimiser.state_dict()["state"]
        tensors = {
            **_under(_NETWORK, network.state_dict()),
            **{f"{_OPTIMISER}.{number}.{name}": value
               for number, state in states.items() for name, value in state.items()},
            **{f"{_TAKEN}.{number}.{name}": torch.from_numpy(value)
               for number, weights in taken.items() for name, value in weights.items()},
            _GENERATOR: torch.get_rng_state(),
        }  # fmt: skip
        if any(each.is_cuda for each in network.parameters()):
            tensors[_GENERATOR_GPU] = torch.cuda.get_rng_state()
        arrays = {name: value.detach().cpu().numpy() for name, value in tensors.items()}
        write_tensors(self.path, arrays, {"epoch": epoch})

    def resume(self, network: Any, optimiser: Any) -> tuple[int, dict[int, Weights]]:
        """Put back a state that was kept; return its epoch (0: none) and the weights taken."""
        if not self.path.is_file():
            return 0, {}
        torch = load_extra("torch", "a network")
        arrays, header = read_tensors(self.path, "an unfinished training")
        tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
        try:
            network.load_state_dict(_below(_NETWORK, tensors))
            whole = optimiser.state_dict()
            states = _by_number(_below(_OPTIMISER, tensors))
            optimiser.load_state_dict({**whole, "state": states})
            torch.set_rng_state(tensors[_GENERATOR])
            if _GENERATOR_GPU in tensors:
                torch.cuda.set_rng_state(tensors[_GENERATOR_GPU])
            taken = _by_number(_below(_TAKEN, arrays))
            return int(header["epoch"]), taken
        except (KeyError, RuntimeError, ValueError) as error:
            raise FileError(
                f"{self.path} is no training of this network ({error}); remove it"
            ) from error

    def drop(self) -> None:
        """Remove what was kept."""
        self.path.unlink(missing_ok=True)


def _under(room: str, tensors: dict[str, Any]) -> dict[str, Any]:
    return {f"{room}.{name}": value for name, value in tensors.items()}


def _below(room: str, tensors: dict[str, Any]) -> dict[str, Any]:
    start = f"{room}."
    return {name[len(start) :]: each for name, each in tensors.items() if name.startswith(start)}


def _by_number(tensors: dict[str, Any]) -> dict[int, dict[str, Any]]:
    """Return tensors by the number that their names begin with."""
    numbered: dict[int, dict[str, Any]] = {}
    for name, value in tensors.items():
        number, _, rest = name.partition(".")
        numbered.setdefault(int(number), {})[rest] = value
    return numbered


def name_of(parts: list[Any]) -> str:
    """Return a short name that differs where any of some plain values does."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:16]
