"""Weights of models of a higher room: files of their own beside the rest of a rule."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

from biomarkers.errors import FileError
from biomarkers.files import sha256
from biomarkers.predict.classes.training import TrainedClasses
from biomarkers.predict.models.model import WeightedModel
from biomarkers.predict.nested import Trained

AnyTrained = Trained | TrainedClasses
# Modules that know fitted models, by the name that a card gives.
_ROOMS = {"deep": "biomarkers.deep"}
_PICKLES = (".pt", ".pth", ".pkl", ".pickle", ".joblib")


def parts_of(trained: AnyTrained) -> tuple[Trained, ...]:
    """Return what was fitted: one part, or one for each of several classes."""
    return trained.parts if isinstance(trained, TrainedClasses) else (trained,)


def write_weights(trained: AnyTrained, folder: Path) -> dict[str, str]:
    """Write the weights of every part that has some; return the SHA-256 of each file."""
    written = {}
    for name, part in _named(trained).items():
        if isinstance(part.model, WeightedModel):
            part.model.write_weights(folder / name)
            written[name] = sha256(folder / name)
    return written


def with_weights(trained: AnyTrained, folder: Path, known: Mapping[str, str]) -> AnyTrained:
    """Return what was fitted with the weights that were saved.

    Raises
    ------
    FileError
        If a file is missing, or is not the one that was saved.

    """

    def of_file(name: str, part: Trained) -> Trained:
        if not isinstance(part.model, WeightedModel):
            return part
        path = kept(folder, name, known.get(name))
        return replace(part, model=part.model.with_weights(path))

    return changed(trained, of_file)


def made_in(parts: Sequence[Trained]) -> dict[str, Any]:
    """Return the room of models of a higher one, and how they say they were made."""
    models = [part.model for part in parts if isinstance(part.model, WeightedModel)]
    if not models:
        return {}
    made = [model.provenance for model in models]
    return {"room": models[0].room, "made": made[0] if len(made) == 1 else made}


def kept(folder: Path, name: str, known: str | None) -> Path:
    """Return a file of a rule; `FileError` where it is not the one that was saved."""
    path = folder / name
    if not path.is_file():
        raise FileError(f"{path} is missing; expected the model of {folder / 'rule.json'}")
    if sha256(path) != known:
        raise FileError(f"{path} is not the file that was saved with {folder / 'rule.json'}")
    return path


def load_room(name: str) -> None:
    """Load the room that knows a saved model; `FileError` if it is none of this package."""
    if name not in _ROOMS:
        raise FileError(f"a saved rule is of the room {name!r}; known: {', '.join(_ROOMS)}")
    import_module(_ROOMS[name])


def refuse_pickle(path: Path | str) -> None:
    """Refuse a file that by its name is a pickle, saying what to do instead."""
    if Path(path).suffix.lower() in _PICKLES:
        raise FileError(
            f"{path} is a pickle by its name, which may run anything when it is read; keep weights "
            "as safetensors (safetensors.torch.save_file), and rules with Rule.save"
        )


def _named(trained: AnyTrained) -> dict[str, Trained]:
    parts = parts_of(trained)
    if len(parts) == 1:
        return {"weights.safetensors": parts[0]}
    return {f"weights-{number}.safetensors": part for number, part in enumerate(parts)}


def changed(trained: AnyTrained, change: Callable[[str, Trained], Trained]) -> AnyTrained:
    """Return what was fitted with every part changed, by the name of its file of weights."""
    parts = tuple(change(name, part) for name, part in _named(trained).items())
    return replace(trained, parts=parts) if isinstance(trained, TrainedClasses) else parts[0]
