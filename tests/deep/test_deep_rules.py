"""Rules of networks on disk: safetensors and JSON, checked, and never a pickle."""

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra deep")

from order import cohort  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch import nn  # noqa: E402

from biomarkers import deep, predict  # noqa: E402
from biomarkers.errors import FileError, InputError  # noqa: E402

SMALL = {"count": 4, "size": 12}
PLAIN = deep.Training(device="cpu")


class Encoder(nn.Module):
    """A user's own."""

    def __init__(self, features=5):
        super().__init__()
        self.conv = nn.Conv2d(1, features, 3)

    def forward(self, x):
        return self.conv(x).mean(dim=(2, 3))


def rule_of(some, **how):
    model = deep.SliceSequence("t1c", **{"epochs": 2, "seeds": 2, "training": PLAIN} | how)
    return predict.fit(predict.recipe(model), some)


def test_a_saved_rule_predicts_the_same_bytes(tmp_path):
    age = np.where(np.arange(24) == 5, np.nan, np.arange(24.0))
    some = cohort(24, clinical=age, **SMALL)
    rule = rule_of(some, clinical=True, head="transformer")
    folder = rule.save(tmp_path / "rule")
    assert sorted(path.name for path in folder.iterdir()) == [
        "card.md", "model.skops", "rule.json", "weights.safetensors",
    ]  # fmt: skip
    same = predict.load(folder)
    assert same.predict(some).tobytes() == rule.predict(some).tobytes()
    assert same.card["made"] == rule.card["made"]
    assert same.card["made"]["device"] == "cpu"
    again = predict.load(same.save(tmp_path / "again"))
    name = "weights.safetensors"
    assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()
    assert again.predict(some).tobytes() == rule.predict(some).tobytes()


def test_other_weights_are_refused(tmp_path):
    folder = rule_of(cohort(24, **SMALL)).save(tmp_path)
    path = folder / "weights.safetensors"
    content = path.read_bytes()
    path.write_bytes(content[:-1] + b"x")
    with pytest.raises(FileError, match="is not the file that was saved"):
        predict.load(folder)
    path.unlink()
    with pytest.raises(FileError, match=r"weights.safetensors is missing"):
        predict.load(folder)


def test_a_card_cannot_name_a_module_to_be_imported(tmp_path):
    folder = rule_of(cohort(24, **SMALL)).save(tmp_path)
    card = json.loads((folder / "rule.json").read_text())
    (folder / "rule.json").write_text(json.dumps(card | {"room": "antigravity"}))
    with pytest.raises(FileError, match="room 'antigravity'; known: deep"):
        predict.load(folder)


@pytest.mark.parametrize("name", ["rule.pt", "rule.pth", "rule.pkl"])
def test_a_pickle_is_refused_unread(tmp_path, name):
    with pytest.raises(FileError, match="is a pickle by its name, which may run anything"):
        predict.load(tmp_path / name)
    with pytest.raises(FileError, match="keep weights as safetensors"):
        deep.SliceSequence("t1c", encoder=Encoder(), weights=tmp_path / name)


def test_a_pickle_by_another_name_is_refused(tmp_path):
    path = tmp_path / "weights.safetensors"
    torch.save(Encoder().state_dict(), path)
    with pytest.raises(FileError, match="is no file of safetensors"):
        deep.SliceSequence("t1c", encoder=Encoder(), weights=path)


def test_a_given_encoder_is_frozen_and_its_weights_are_known(tmp_path):
    path, given = tmp_path / "encoder.safetensors", Encoder()
    save_file(given.state_dict(), path)
    some = cohort(24, **SMALL)
    rule = rule_of(some, encoder=Encoder(), weights=path)
    plan = rule.trained.model.plan
    assert plan["encoded"] == 5
    kept = rule.trained.model.encoder.state_dict()
    assert all(torch.equal(kept[name], given.state_dict()[name]) for name in kept)
    own = deep.SliceSequence("t1c", encoder=given)
    assert rule.card["made"]["encoder_sha256"] == own.encoder_sha256
    same = predict.load(rule.save(tmp_path / "rule"))
    with pytest.raises(InputError, match=r"deep\.with_encoder"):
        same.predict(some)
    same = deep.with_encoder(same, Encoder())
    assert same.predict(some).tobytes() == rule.predict(some).tobytes()
    with pytest.raises(FileError, match=r"conv\.weight is of shape"):
        deep.with_encoder(predict.load(tmp_path / "rule"), Encoder(7))


def test_weights_of_another_encoder_are_refused(tmp_path):
    path = tmp_path / "encoder.safetensors"
    save_file(Encoder(7).state_dict(), path)
    with pytest.raises(FileError, match=r"conv.weight is of shape \(7, 1, 3, 3\)"):
        deep.SliceSequence("t1c", encoder=Encoder(), weights=path)
    save_file({"other": torch.ones(3)}, path)
    with pytest.raises(FileError, match=r"lacks conv.weight, conv.bias and has other"):
        deep.SliceSequence("t1c", encoder=Encoder(), weights=path)


def test_an_encoder_of_another_form_is_refused():
    with pytest.raises(InputError, match=r"encoder: made \(64, 1, 12, 12\) of 64 slices"):
        rule_of(cohort(24, **SMALL), encoder=nn.Conv2d(1, 1, 3, padding=1))
