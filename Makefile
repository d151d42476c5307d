# Everything happens in .venv, which `make install` makes from envs/cpu.lock.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.NOTPARALLEL:
.DEFAULT_GOAL := help

CORES ?= all
PLAN := demo
CONFIG := config/paper.yaml
REPORT := results/report/$(PLAN)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Other packages and other settings that a shell may bring along.
unexport PYTHONPATH PYTHONHOME PYTHONDONTWRITEBYTECODE PYTEST_ADDOPTS SNAKEMAKE_PROFILE

.PHONY: help
help:  ## Say what there is to make
	@sed -nE 's/^#: (.*)/\n\1:/p; s/^([a-z-]+):[^#]*## (.*)/make \1\t\2/p' Makefile | expand -t 24


#: To use it

.PHONY: install
install:  ## Make .venv from PYTHON=..., or from the first Python that suits
	@envs/install.sh $(PYTHON)

.PHONY: demo
demo: install unlock  ## Run the default plan on CORES=... (all), and say where to look
	@snakemake --cores 1 --quiet all -- results/cost/$(PLAN).txt
	head --lines 1 results/cost/$(PLAN).txt
	echo "snakemake --cores $(CORES)"
	snakemake --cores $(CORES) || { echo "Not finished. What is made is kept, unfinished work too: make demo goes on from here." >&2; exit 1; }
	shown="results/tables/$(PLAN) results/figures/$(PLAN)"
	if [[ ! -e $(REPORT).html || -n "$$(find $$shown -newer $(REPORT).html -print -quit)" ]]; then
	    snakemake --report $(REPORT).html
	fi
	echo
	python scripts/show_matrix.py results/tables/$(PLAN)/codesign.csv
	echo
	echo "The report, down to single responses  $(REPORT)/index.html"
	echo "Its pictures                          results/figures/$(PLAN)/*.png, also .svg and .pdf"
	echo "Its numbers                           results/tables/$(PLAN)/*.csv"
	echo "Snakemake's own, in one file          $(REPORT).html"

.PHONY: report
report: install  ## Write the report of the plan from the results that there are
	@snakemake --cores $(CORES) --config partial=true -- $(REPORT)/index.html
	echo "The report, down to single responses  $(REPORT)/index.html"

.PHONY: unlock
unlock: install
	@# First who is at work: a call beside it that ended has taken its lock away with its own.
	for process in /proc/[0-9]*; do
	    [[ "$$(readlink $$process/cwd)" == "$(realpath .)" ]] || continue
	    command="$$(tr '\0' ' ' < $$process/cmdline)" || continue
	    [[ "$$command" =~ python.*\ (-m\ |[^\ ]*/bin/)snakemake\  ]] || continue
	    echo "error: Snakemake is at work here already, as process $${process#/proc/}" >&2
	    exit 1
	done
	compgen -G ".snakemake/locks/*" > /dev/null || exit 0
	echo "The last run was killed, so it left its lock: snakemake --unlock"
	snakemake --unlock

.PHONY: doctor
doctor:  ## Say what is at work here, what was left behind, what hangs, and how to mend it
	@python scripts/doctor.py

.PHONY: pin
pin: install  ## Write the newest revision behind every hub: of CONFIG=... (config/paper.yaml) that has none
	@python scripts/pin.py $(CONFIG)

.PHONY: gpu-check
gpu-check: install  ## Run the demo's way on one GPU, in environments that Conda makes, beside its price
	@command -v conda mamba micromamba > /dev/null || { echo "error: no Conda on the PATH, which makes the environments with CUDA" >&2; exit 2; }
	nvidia-smi --list-gpus || { echo "error: no GPU here" >&2; exit 2; }
	snakemake --cores $(CORES) --resources gpu=1 --software-deployment-method conda --configfile config/gpu.yaml
	python perf/device.py --configfile config/gpu.yaml

.PHONY: clean
clean:  ## Remove .venv and caches, no results
	@rm -rf .venv .hypothesis .pytest_cache .ruff_cache
	find . -name __pycache__ -prune -exec rm -r {} +


#: To test it

.PHONY: test
test: lint unit workflow  ## Run every check but the long ones, in about 25 minutes

.PHONY: lint
lint: install  ## Check the form of scripts and rules
	@ruff check
	ruff format --check
	snakefmt --check Snakefile rules
	snakemake --lint

.PHONY: unit
unit: install  ## Test what scripts are made of
	@pytest -n auto --dist worksteal tests/unit scripts

.PHONY: workflow
workflow: install  ## Test the plan, and one small run through all real parts
	@pytest -n auto --dist worksteal -m "not slow and not long and not slurm" tests/workflow tests/faults
	pytest -m "slow and not long and not slurm" tests/workflow tests/faults

.PHONY: test-long
test-long: install  ## Make one plan twice, and find equal bytes: takes minutes
	@pytest -m "long and not slurm" tests/workflow

.PHONY: test-slurm
test-slurm: install slurm  ## Run the workflow on a SLURM of its own on this machine; as root
	@pytest --durations 0 --durations-min 1 -m "slurm and not long" tests/slurm

.PHONY: test-slurm-long
test-slurm-long: install slurm  ## Let one thing after the other die there; outcomes into tests/slurm/outcomes.csv
	@ITS_OUTCOMES=1 pytest -s -m "slurm and long" tests/slurm

.PHONY: slurm
slurm: install
	@why="$$(python tests/slurm/cluster.py)" || { echo "error: $$why" >&2; exit 2; }

.PHONY: slurm-install
slurm-install:  ## Install SLURM from Debian's packages, for test-slurm; as root
	@command -v apt-get > /dev/null || { echo "error: no apt-get on the PATH" >&2; exit 2; }
	apt-get update
	export DEBIAN_FRONTEND=noninteractive
	apt-get install -y --no-install-recommends slurm-wlm munge
	apt-get install -y --no-install-recommends slurmdbd mariadb-server || echo "Without them test-slurm-long leaves out accounting"

.PHONY: chromium-install
chromium-install:  ## Install Debian's Chromium, which reads the report in the tests; as root
	@DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends chromium


#: To work on it

.PHONY: format
format: install  ## Bring scripts and rules into form
	@ruff check --fix
	ruff format
	snakefmt Snakefile rules

.PHONY: schema
schema: install  ## Write config/schema.json and the reference in config/README.md
	@PYTHONPATH=scripts python -m its.config

.PHONY: bad-input
bad-input: install  ## Write docs/bad_input.md: what is refused, and in which words
	@PYTHONPATH=scripts:tests python tests/bad_input.py

.PHONY: lock
lock: install  ## Pin what envs/*.in ask for; with UPGRADE=1, the newest of it
	@python envs/lock.py $(if $(UPGRADE),--upgrade)

.PHONY: check-envs
check-envs: install  ## Check that every pinned set can be had today, and that scripts import what they need
	@python envs/check_envs.py

.PHONY: licences
licences: install  ## List the licences of what is installed, in docs/licences.csv
	@python envs/licences.py

.PHONY: audit
audit:  ## Ask for known holes in what the locks pin; fails where nobody answers, too
	@audit="$$(mktemp -d)"
	trap 'rm -rf "$$audit"' EXIT
	python3 -m venv "$$audit"
	"$$audit/bin/pip" install --quiet --disable-pip-version-check pip-audit==2.10.1
	for lock in envs/*.lock; do
	    echo "$$lock"
	    # What cannot be looked up counts as a hole, or silence would read as safety.
	    "$$audit/bin/pip-audit" --strict --no-deps --disable-pip --requirement "$$lock" || failed=1
	done
	[[ ! -v failed ]] || { echo "error: a hole, or no answer: see above" >&2; exit 1; }


#: To measure and to break it

.PHONY: perf
perf: install  ## Measure speed and memory beside neighbours, into docs/performance.md; perf/README.md says how
	@python perf/run.py $(PARTS) $(if $(AGAIN),--again) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	    $(if $(PROBLEMS),--problems $(PROBLEMS)) $(if $(OPEN_R1),--open-r1 $(OPEN_R1))
	python perf/write_performance.py

.PHONY: calibrate
calibrate: install  ## Simulate what intervals and tests are worth, into docs/calibration.csv and .png; goes on
	@OMP_NUM_THREADS=1 POLARS_MAX_THREADS=1 python perf/calibration.py
	python perf/draw_calibration.py

.PHONY: faults
faults: install  ## Kill, fail and fill the disk under scripts and plans, into docs/faults.csv; goes on
	@python tests/faults/scripts.py "$${TMPDIR:-/tmp}/faults"
	python tests/faults/plans.py "$${TMPDIR:-/tmp}/faults" --faults 80
	python tests/faults/page.py

.PHONY: fuzz
fuzz: install  ## Look for input that breaks a parser, SECONDS=... (300) for each property
	@brought="$$(mktemp -d)"
	trap 'rm -rf "$$brought"' EXIT
	python -m pip install --quiet --disable-pip-version-check --no-deps --target "$$brought" atheris==3.0.0
	PYTHONPATH="$$brought:scripts:tests/unit" python tests/fuzz.py --seconds $(or $(SECONDS),300)

.PHONY: mutants
mutants: install  ## Break MODULE=scripts/its/... in every way, in a copy; show what TESTS=tests/unit/... lets pass
	@: "$${MODULE:?is to be a file, as scripts/its/voting.py}" "$${TESTS:?is to be its tests, as tests/unit/test_voting.py}"
	mutants="$$(mktemp -d)"
	trap 'rm -rf "$$mutants"' EXIT
	mkdir "$$mutants/copy"
	git ls-files -z | xargs -0 cp --parents --target-directory "$$mutants/copy"
	python3 -m venv "$$mutants/tool"
	"$$mutants/tool/bin/pip" install --quiet --disable-pip-version-check cosmic-ray==8.7.0
	cd "$$mutants/copy"
	export PATH="$$mutants/tool/bin:$$PATH" PYTHONDONTWRITEBYTECODE=1  # a mutant of the same second and size
	printf > ../config.toml '%s\n' \
	    '[cosmic-ray]' 'timeout = 120' "module-path = '$$MODULE'" 'distributor = {name = "local"}' \
	    "test-command = '$(CURDIR)/.venv/bin/python -m pytest -x -q -p no:cacheprovider $$TESTS $$MODULE'" \
	    '[cosmic-ray.filters.operators-filter]' \
	    'exclude-operators = ["core/ReplaceBinaryOperator_.*_(Bit|FloorDiv|LShift|Mod|Pow|RShift).*"]'
	cosmic-ray baseline ../config.toml
	cosmic-ray init ../config.toml ../session.sqlite
	cr-filter-operators ../session.sqlite ../config.toml
	cosmic-ray exec ../config.toml ../session.sqlite
	cr-report --surviving-only --show-diff ../session.sqlite
