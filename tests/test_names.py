"""Every module can be reached by its dotted name."""

import importlib
import importlib.util
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import biomarkers

PACKAGES = [module.name for module in pkgutil.iter_modules(biomarkers.__path__) if module.ispkg]

# Modules that only an extra can load.
OF_EXTRAS = {"biomarkers.deep.networks": "torch"}


def modules(package: ModuleType) -> list[str]:
    return [
        module.name
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__")
    ]


@pytest.mark.parametrize("name", PACKAGES)
def test_no_attribute_hides_a_module_of_its_name(name: str) -> None:
    package = importlib.import_module(f"biomarkers.{name}")
    hidden = set()
    for module in modules(package):
        if module in OF_EXTRAS and importlib.util.find_spec(OF_EXTRAS[module]) is None:
            continue
        importlib.import_module(module)
        parent, _, last = module.rpartition(".")
        if not isinstance(getattr(importlib.import_module(parent), last), ModuleType):
            hidden.add(module)
    assert not hidden


def test_every_public_folder_and_file_of_the_package_is_an_attribute() -> None:
    there = {
        path.stem
        for path in Path(biomarkers.__file__).parent.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    public = {name for name in there if not name.startswith("_")}
    assert public <= set(dir(biomarkers))
    assert {name for name in dir(biomarkers) if not name.startswith("_")} - public <= {
        "ModuleType", "import_module", "iter_modules",
    }  # fmt: skip
    for name in public:
        assert getattr(biomarkers, name).__name__ == f"biomarkers.{name}"


def test_a_room_is_loaded_when_first_used_and_not_before() -> None:
    code = (
        "import sys, biomarkers; assert 'biomarkers.cbv' not in sys.modules; "
        "print(biomarkers.cbv.__name__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "biomarkers.cbv"


def test_what_is_no_module_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="no attribute 'mri'"):
        _ = biomarkers.mri


def test_every_room_has_its_place_in_the_reference() -> None:
    path = Path(__file__).parents[1] / "docs" / "site_api.py"
    spec = importlib.util.spec_from_file_location("site_api", path)
    site_api = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(site_api)
    placed = {name for names in site_api.ROOMS.values() for name in names} | site_api.INTERNAL
    assert set(biomarkers.__all__) - placed == {"__version__"}
