"""Weights on disk: safetensors, read without running anything; never a pickle."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from biomarkers.deep.inputs import Weights
from biomarkers.errors import FileError
from biomarkers.extras import load_extra
from biomarkers.files import replacing, require_file
from biomarkers.predict.weights import refuse_pickle
from biomarkers.stats.words import listed


def write_tensors(path: Path, tensors: Mapping[str, Any], header: Mapping[str, Any]) -> None:
    """Write arrays by name, and a header of plain values: the same bytes for the same content."""
    save = load_extra("safetensors.numpy", "weights on disk").save
    # One entry: the library does not keep the order of several.
    text = {"json": json.dumps(header, sort_keys=True)}
    whole = {name: np.ascontiguousarray(value) for name, value in tensors.items()}
    content = save(whole, text)
    try:
        with replacing(path) as temporary:
            temporary.write_bytes(content)
    except OSError as error:
        raise FileError(f"{path} cannot be written: {error}") from error


def read_tensors(path: Path | str, what: str) -> tuple[Weights, dict[str, Any]]:
    """Return arrays by name, and the header.

    Raises
    ------
    FileError
        If the file is missing, a pickle, or no safetensors.

    """
    refuse_pickle(path)
    path = require_file(path, what)
    safetensors = load_extra("safetensors", "weights on disk")
    try:
        with safetensors.safe_open(path, framework="numpy") as opened:
            text = (opened.metadata() or {}).get("json", "{}")
            return {name: opened.get_tensor(name) for name in opened.keys()}, json.loads(text)  # noqa: SIM118
    except (safetensors.SafetensorError, OSError, ValueError, TypeError) as error:
        raise FileError(f"{path} is no file of safetensors ({error}); expected {what}") from error


def check_names(path: Path | str, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Refuse weights whose names or shapes are not those of a network.

    Raises
    ------
    FileError
        Naming the first that differ.

    """
    lacking = [name for name in expected if name not in found]
    strange = [name for name in found if name not in expected]
    if lacking or strange:
        parts = [f"lacks {listed(lacking[:3])}"] if lacking else []
        parts += [f"has {listed(strange[:3])}, which the network has not"] if strange else []
        raise FileError(f"{path} holds weights of another network: it {' and '.join(parts)}")
    for name, wanted in expected.items():
        if tuple(found[name].shape) != tuple(wanted.shape):
            raise FileError(
                f"{path}: {name} is of shape {tuple(found[name].shape)}, the network's of "
                f"{tuple(wanted.shape)}"
            )
