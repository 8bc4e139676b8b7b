# `make demo` and `make test` need nothing but Debian or Ubuntu, a compiler and a network connection for the first run.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

# One build tree for the Python module, the C++ tests and the C++ examples; `build` makes the module alone.
BUILD_FLAGS := --no-build-isolation --no-deps --disable-pip-version-check --config-settings=build-dir=build \
    --config-settings=cmake.define.RADONC_WERROR=ON
TEST_FLAGS := --config-settings=cmake.define.RADONC_BUILD_TESTS=ON \
    --config-settings=cmake.define.RADONC_BUILD_EXAMPLES=ON --config-settings=build.targets=_core

# What the main build tree compiled already serves the sanitizers' tree.
SENTENCEPIECE := build/_deps/sentencepiece-build/src/libsentencepiece.a

.DEFAULT_GOAL := help
.PHONY: help setup build demo test soak lint sanitize asan-tree bench bench-large cuda-report docs wheel format clean

help:  ## list the targets
	@sed -nE 's/^([a-z-]+):.*## (.*)/\1 \2/p' $(MAKEFILE_LIST) | while read -r name text; do printf '%-13s%s\n' "$$name" "$$text"; done

setup:  ## install system packages, the virtual environment and the Python tools
	@tools/setup.sh

build: setup  ## compile the Python module and install the package in editable mode
	@echo "build: compiling what changed; the first time takes minutes"
	@start=$$SECONDS; $(PY) -m pip install -v $(BUILD_FLAGS) $(TEST_FLAGS) -e . && echo "build: done ($$((SECONDS - start)) s)"

demo: build  ## run the whole study on the example records, into out/demo
	$(VENV)/bin/radonc study --records examples/data/tcga_irradiated.jsonl --output out/demo --max-train-cases 900

# Each part runs whatever became of the one before, so that one failure does not hide another.
test: build  ## layout check, C++ tests, consumer project, Python tests
	@cmake --build build
	@status=0; \
	$(PY) tests/check_layout.py || status=1; \
	RADONC_SMOLLM2_GGUF="$$($(PY) tools/find_model.py)" || status=1; export RADONC_SMOLLM2_GGUF; \
	ctest --test-dir build --output-on-failure --no-tests=error || status=1; \
	bash tests/consumer/run.sh || status=1; \
	$(PY) -m pytest -q tests/python || status=1; \
	exit $$status

soak: build  ## kill a study at 20 random moments, twice each, and compare what the last run finds: minutes
	RADONC_NUM_KILLS=20 $(PY) -m pytest -q tests/python/test_resume.py

asan-tree: setup  # without the output of a tree that is as it was
	@log=$$(cmake --preset asan $(if $(wildcard $(SENTENCEPIECE)),-DRADONC_SENTENCEPIECE_LIBRARY=$(CURDIR)/$(SENTENCEPIECE)) 2>&1) || \
	  { echo "$$log"; exit 1; }

lint: asan-tree  ## ruff, clang-format, clang-tidy, the layout check and the documentation's links
	$(PY) tools/lint.py build/asan

sanitize: asan-tree  ## run the C++ tests of the layers without torch under AddressSanitizer and UBSan
	@cmake --build --preset asan
	@RADONC_SMOLLM2_GGUF="$$($(PY) tools/find_model.py)" ctest --preset asan --parallel 2

bench: build  ## run the benchmarks; PEERS=/path/to/python runs the peers of that environment beside radonc
	@set -e; shopt -s nullglob; for file in benchmarks/*.py; do \
	  echo "== $$file"; $(PY) "$$file" $(if $(PEERS),--peers "$(PEERS)"); done

bench-large: build  ## run the benchmarks of 7B models: 24 GB of memory, 16 GB of disk, ten minutes
	$(PY) benchmarks/large/seven_billion.py

cuda-report: setup  ## compile the CUDA kernels with nvcc and print their registers, shared memory and spills
	$(PY) tools/cuda_report.py

docs: setup  ## check that every link and path of the documentation exists
	$(PY) tools/check_docs.py

wheel: setup  ## write a wheel into dist
	$(PY) -m pip wheel -v $(BUILD_FLAGS) -w dist .

format: setup  ## format Python and C++ sources
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .
	git ls-files '*.cpp' '*.hpp' '*.cu' '*.cuh' | xargs $(VENV)/bin/clang-format -i

clean:  ## remove build products (the virtual environment stays)
	rm -rf build dist out .pytest_cache .ruff_cache
