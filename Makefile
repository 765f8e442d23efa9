# Two targets are all a newcomer needs: `make run` and `make test`.
PYTHON ?= python3
VENV   ?= .venv
PORT   ?= 8501
# Test files are shared out among so many processes; each starts a lab and a browser of its own. Four keep two cores
# busy: browser tests mostly wait.
TEST_WORKERS ?= 4
BIN    := $(VENV)/bin
# Where PyTorch comes from: cpu, usual (under Linux with CUDA), or an address. Left empty, Linux without an NVIDIA card
# takes it from PyTorch's own index without CUDA (1.5 GB instead of 6.4), if that answers.
TORCH_INDEX ?=
TORCH_PINS  := $(shell grep -E '^torch(vision)?==' requirements.txt)
NO_INDEX    := PyTorch's index without CUDA cannot be reached: the usual one is taken, which brings CUDA under Linux.

# Every process that a test starts would compile 20,000 files anew: 12 s of a processor instead of 2.
unexport PYTHONDONTWRITEBYTECODE
# uv takes a third of pip's time; where it finds nothing (an index that only pip has been told of), pip installs.
UV      := uv==0.13.9
install = $(BIN)/python -m uv pip install --quiet --compile-bytecode --python $(BIN)/python $(1) || $(BIN)/pip install $(1)

.PHONY: run test test-kernels proofs lessons lint lint-javascript benchmarks screenshots site reference lock pin clean

run: $(VENV)/.run
	$(BIN)/streamlit run serve.py --server.port $(PORT)

test: $(VENV)/.dev
	$(BIN)/python tests/browser_ready.py
	$(BIN)/python -m pytest -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder

# Tests marked delicate, under every kernel of this processor; KERNELS=--oldest takes that one: `make test` has the newest.
test-kernels: $(VENV)/.dev
	$(BIN)/python -m proofs.kernels $(KERNELS)

# What is too long for `make test`, as far as the code has changed since; up to two hours. SUBJECT=… proves one.
proofs: $(VENV)/.dev
	$(BIN)/python -m proofs $(SUBJECT)

# For whoever edits the course: tries every link and every answer of assets/lessons.toml and questions.toml.
lessons: $(VENV)/.run
	$(BIN)/python -m ui.course.checking

lint: $(VENV)/.dev lint-javascript
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/hadolint Dockerfile deploy/proxy.Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec compose.yaml
	! command -v caddy >/dev/null || caddy validate --adapter caddyfile --config deploy/Caddyfile

# Types, form and common mistakes of assets/components/. The lab itself, and its tests, need no Node.
lint-javascript:
	@if command -v npm >/dev/null; then $(MAKE) --no-print-directory node_modules/.lint && npm run --silent lint; \
	else echo "The browser components are not checked: there is no npm here."; fi

node_modules/.lint: package.json package-lock.json
	npm ci --no-audit --no-fund
	touch $@

benchmarks: $(VENV)/.dev
	$(BIN)/python -m benchmarks

screenshots: $(VENV)/.dev
	$(BIN)/python tests/browser_ready.py
	$(BIN)/python docs/take_screenshots.py

# The static edition in site/, for any static host or a disk; LAB=https://… is the lab that its pages link to.
site: $(VENV)/.run
	$(BIN)/python -m ui.site site $(if $(LAB),--lab $(LAB))

# A page for each room of dlcore in reference/, from its docstrings; open reference/index.html.
reference: $(VENV)/.dev
	$(BIN)/python docs/reference.py

# Hashes of all that the image installs from PyPI, for all platforms; needs the network.
lock: $(VENV)/.venv
	$(BIN)/python deploy/lock.py

# Digests of the images that ours are made of, where a registry is reachable.
pin:
	$(PYTHON) deploy/pin.py

$(VENV)/.venv:
	$(PYTHON) -m venv $(VENV)
	-$(BIN)/pip install --quiet $(UV)
	touch $@

$(VENV)/.run: $(VENV)/.venv requirements.txt constraints.txt
	@index=$$($(BIN)/python deploy/torch_index.py $(TORCH_INDEX)) \
	&& { test -z "$$index" || { $(call install,--no-deps --index-url $$index $(TORCH_PINS)); }; } \
	|| echo "$(NO_INDEX)"
	$(call install,-r requirements.txt)
	touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.txt requirements-server.txt requirements-peers.txt
	$(call install,-r requirements-dev.txt)
	$(call install,--no-deps -r requirements-peers.txt)
	touch $@

clean:
	rm -rf $(VENV)
