# On a fresh Debian: python3 (3.11 or newer), pip, make, git. Nothing else is assumed: the system
# Python refuses `pip install`, and venv may be missing, so uv is fetched into .tools first.
PYTHON ?= python3
UV := UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=$(CURDIR)/.venv .tools/bin/uv
BIN := .venv/bin
OUT ?= demo
# What Python makes of the sources on their first import, seconds of every process, is made once.
BYTECODE := PYTHONDONTWRITEBYTECODE= $(BIN)/python -c 'import biomarkers.workflow.demonstration'

.DEFAULT_GOAL := help
.PHONY: help demo test test-oldest test-python test-wheel check check-deep check-federated check-report docs check-site bench clean

help:  ## say what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/' | expand -t 14

demo: .venv/user  ## simulate a rat study, measure it, analyse it, write the report
	@$(BIN)/biomarkers demo --out $(OUT)

# A process a core; each module stays in one, whose fixtures it shares, in the order of
# tests/conftest.py. More threads than that only get in each other's way.
PYTEST := -m pytest --numprocesses logical --maxprocesses 8 --dist loadfile

test: .venv/dev  ## run the test suite
	@OPENBLAS_NUM_THREADS=1 $(BIN)/python $(PYTEST)

# Environments beside that of the checkout, each a folder of .tools: the lowest versions that
# pyproject.toml allows; another Python, maybe with packages that constraints.txt does not have.
PY ?= $(PYTHON)
OTHER = .tools/$(subst /,_,$(PY))
IN = UV_PYTHON_DOWNLOADS=never VIRTUAL_ENV=$(CURDIR)/$(1) .tools/bin/uv

test-oldest: .tools/bin/uv  ## run the suite, or TESTS, with the oldest versions that are allowed
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .tools/oldest
	@$(call IN,.tools/oldest) pip install --quiet --resolution lowest-direct -e . --group test
	@OPENBLAS_NUM_THREADS=1 .tools/oldest/bin/python $(PYTEST) $(TESTS)

test-python: .tools/bin/uv  ## run the suite, or TESTS, on another Python (PY=python3.13, WITH='pandas<3')
	@$(UV) venv --quiet --allow-existing --python $(PY) $(OTHER)
	@$(call IN,$(OTHER)) pip install --quiet -e . --group test -c constraints.txt
	@$(if $(WITH),$(call IN,$(OTHER)) pip install --quiet "$(WITH)")
	@OPENBLAS_NUM_THREADS=1 $(OTHER)/bin/python $(PYTEST) $(TESTS)

test-wheel: .tools/bin/uv  ## install the wheel for a user without a home, who may write nothing but results
	@.ci/wheel

check: .venv/dev  ## lint, types, layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# An environment with torch. pip itself fetches a CPU build, a quarter of the size, where it has one,
# which uv would not; the rest is by uv.
torch_in = $(UV) venv --quiet --allow-existing --python $(PYTHON) $(1) && $(PYTHON) -m pip \
	--python $(1)/bin/python install --quiet --disable-pip-version-check --root-user-action=ignore \
	torch==2.13.0

DEEP := .venv-deep
DEEP_TESTS := tests/deep tests/federated tests/predict/test_predict_shap.py \
	tests/predict/test_predict_boosted.py src/biomarkers/deep src/biomarkers/federated
check-deep: $(DEEP)/made  ## run tests and notebooks that need PyTorch, SHAP and boosted trees, in .venv-deep
	@OPENBLAS_NUM_THREADS=1 $(DEEP)/bin/python -m pytest $(wildcard $(DEEP_TESTS))
	@OPENBLAS_NUM_THREADS=1 $(DEEP)/bin/python docs/run_examples.py --deep

$(DEEP)/made: .tools/bin/uv pyproject.toml constraints.txt
	@$(call torch_in,$(DEEP))
	@$(call IN,$(DEEP)) pip install --quiet -e . --group test -c constraints.txt \
		safetensors captum shap xgboost lightgbm tenseal jupytext nbclient ipykernel
	@touch $@

# Flower and NVFlare each need versions of other packages that the other, and constraints.txt, forbid.
check-federated: .venv-flower/done .venv-nvflare/done  ## let Flower and NVFlare carry a federation, over loopback
	@for engine in flower nvflare; do OPENBLAS_NUM_THREADS=1 NUMBA_NUM_THREADS=1 \
		.venv-$$engine/bin/python -m pytest -m engines tests/federated tests/cli/test_cli_federated.py \
		|| exit 1; done

.venv-%/done: .tools/bin/uv pyproject.toml constraints-%.txt
	@$(call torch_in,.venv-$*)
	@$(call IN,.venv-$*) pip install --quiet --compile-bytecode -e ".[$*,encrypted]" safetensors pytest \
		-c constraints-$*.txt
	@.venv-$*/bin/python -m compileall -q src  # each site is several processes
	@touch $@

check-report: .venv/user .tools/node_modules/axe-core  ## look at the demonstration's pages in Chromium (OUT), light, dark, narrow, printed
	@test -f $(OUT)/report.html || $(BIN)/biomarkers demo --out $(OUT)
	@$(BIN)/python docs/check_report.py $(OUT)/report.html $(OUT)/looks

docs: .venv/dev  ## execute every example, build the documentation as a site, check every link
	@$(BIN)/python docs/build_site.py

check-site: docs .tools/node_modules/axe-core  ## look at pages of the site in Chromium, light, dark, narrow
	@$(BIN)/python docs/check_site.py build/docs/html build/docs/looks

bench: .venv/dev  ## print every benchmark; mutants and predict_intervals (hours) and before_after (needs a commit) are run by name; those of networks in .venv-deep, where it is made
	@for file in $(filter-out benchmarks/mutants.py benchmarks/before_after.py benchmarks/predict_intervals.py,$(wildcard benchmarks/*.py)); do \
		name=$$(basename $$file .py); python=$(BIN)/python; \
		case $$name in deep|predict_mice|federated_encryption) test -x $(DEEP)/bin/python && python=$(DEEP)/bin/python;; esac; \
		$$python -m benchmarks.$$name || exit 1; done

clean:  ## remove everything that was made
	@rm -rf .venv .venv-deep .venv-flower .venv-nvflare .tools $(OUT) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache

.tools/bin/uv:
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --target .tools uv

.tools/node_modules/axe-core:
	@npm install --silent --no-fund --no-audit --no-save --prefix .tools axe-core@4

.venv/bin/python: .tools/bin/uv
	@$(UV) venv --quiet --allow-existing --python $(PYTHON) .venv

.venv/user: .venv/bin/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet -e . -c constraints.txt
	@$(BYTECODE)
	@touch $@

.venv/dev: .venv/bin/python pyproject.toml constraints.txt
	@$(UV) pip install --quiet -e . --group test --group lint --group docs -c constraints.txt
	@$(BYTECODE)
	@touch $@ .venv/user
