# Exhibit. The two commands are `make chat` and `make test`; `make help` lists the others.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help chat ask ingest eval gate gates test lint format clean install stress soak fuzz bench peers screenshots audit lock mcp

PYTHON ?= python3
VENV ?= .venv
PORT ?= 7860
# cpu or cuda: which build of torch is installed on Linux.
TORCH ?= cpu
BIN := $(VENV)/bin
MAIL := corpus/digest.jsonl
EVAL_INDEX := build/eval-index
# The emails word for word, where a copy lies beside the checkout; never part of the repository.
VERBATIM := $(wildcard ../shared/corpus/openai-emails-2024-12.txt)
RUNTIME := $(VENV)/.runtime-$(TORCH)
TESTING := $(VENV)/.testing-$(TORCH)
# The question as typed, dollar signs included.
override Q := $(value Q)
export Q VENV PYTHON TORCH

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

chat: ingest ## Install, fetch and index the emails if needed, open the chat in the browser
	@$(BIN)/exhibit chat --port $(PORT)

ask: ingest ## make ask Q="Who ...?": answer one question on the terminal
	@$(BIN)/exhibit ask -- "$$Q" || [ $$? -eq 1 ]

ingest: $(RUNTIME)
	@$(BIN)/exhibit ingest --if-needed

eval: $(RUNTIME) ## Measure retrieval, answers and citations on the bundled questions
	@$(BIN)/exhibit ingest "$(MAIL)" --index $(EVAL_INDEX) --offline \
	  || $(BIN)/exhibit ingest "$(MAIL)" --index $(EVAL_INDEX) --offline --rebuild
	@$(BIN)/exhibit eval --index $(EVAL_INDEX) $(ARGS)

gate: ## The same, failing when a figure falls below eval/gates.toml
	@$(MAKE) --no-print-directory eval ARGS="--gate --answerer extractive"
	@if [ -n "$(VERBATIM)" ]; then $(MAKE) --no-print-directory eval \
	  MAIL="$(VERBATIM)" EVAL_INDEX=build/eval-verbatim ARGS="--gate --answerer extractive"; fi

gates: ## Measure anew and renew eval/gates.toml, for a change that is meant; needs the real emails
	@test -n "$(VERBATIM)" || { echo "no real emails in ../shared/corpus"; exit 1; }
	@mkdir -p build
	@$(MAKE) --no-print-directory eval ARGS="--answerer extractive --json > build/restated.json"
	@$(MAKE) --no-print-directory eval MAIL="$(VERBATIM)" EVAL_INDEX=build/eval-verbatim \
	  ARGS="--answerer extractive --json > build/verbatim.json"
	@$(BIN)/python -m eval.gate build/restated.json build/verbatim.json \
	  --provenance "extractive run of $$(date +%F)" > build/gates.toml
	@mv build/gates.toml eval/gates.toml

test: $(TESTING) ## Run the tests
	@$(BIN)/python -m pytest $(ARGS)

lint: $(TESTING) ## Style, types, import direction
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(TESTING) ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

stress: $(TESTING) ## Long reliability runs: kills, full disks, many writers
	@EXHIBIT_STRESS=1 $(BIN)/python -m pytest -m stress $(ARGS)

soak: $(TESTING) ## Half an hour of eight users, arriving mail and a restart
	@EXHIBIT_STRESS=1 EXHIBIT_SOAK_S=1800 $(BIN)/python -m pytest -m stress -s tests/faults/test_soak.py

fuzz: $(TESTING) ## Damaged mail, streams, files and questions, thousands of each
	@EXHIBIT_STRESS=1 $(BIN)/python -m pytest -m stress -s $(ARGS) \
	  tests/ingest/test_fuzz_mail.py tests/faults/test_fuzz_llm.py tests/faults/test_fuzz_inputs.py

bench: $(RUNTIME) ## How fast Exhibit is; ARGS="peers": beside LangChain and others
	@$(BIN)/python -m bench $(ARGS)

peers: ## Install the pipelines that `make bench ARGS=peers` compares with (6 GB)
	@bench/peers/install

screenshots: $(TESTING) ## Redraw the pictures of the README and run its examples again
	@$(BIN)/python docs/screenshots.py
	@$(BIN)/python docs/readme_examples.py

audit: ## Known vulnerabilities of the locked dependencies; exit code 3 when it cannot tell
	@$(PYTHON) scripts/audit.py

lock: ## Write locks/ anew from pyproject.toml and constraints.txt
	@scripts/lock

mcp: $(RUNTIME) ## Also install what `exhibit chat --mcp` needs
	@scripts/install mcp

install: $(RUNTIME) ## Only install

$(RUNTIME): pyproject.toml constraints.txt scripts/install $(wildcard locks/*.txt)
	@scripts/install
	@touch $@

$(TESTING): $(RUNTIME)
	@scripts/install test mcp
	@touch $@

clean: ## Remove the environment and all that was built (your index and cache stay)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
