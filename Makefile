# Firstline. `make help` lists the targets.
SHELL := /bin/bash
.DEFAULT_GOAL := help
CACHE := $(or $(FIRSTLINE_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/firstline)
export CGO_ENABLED := 0
export FIRSTLINE_CACHE := $(CACHE)

.PHONY: help run setup build test check sim bench bench-history fuzz fuzz-api generate clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

run: setup build ## install what is missing and run the whole product with demo calls (DEMO=0: without; KAFKA=apache)
	@deploy/scripts/run

setup: ## install what is missing (says so before it touches the system)
	@deploy/scripts/setup

build: ## build bin/firstline
	@go build -o bin/firstline ./cmd/firstline

test: ## set up and run every test
	@deploy/scripts/test

check: ## format, vet, lint, go.mod tidy
	@deploy/scripts/check

sim: ## simulate: SEED=n STEPS=n for one seed, SEEDS=n for many fresh ones
	@deploy/scripts/sim

bench: setup build ## compare with app_queue side by side, ratios (ROUNDS=n, LENGTH=10s, ONLY=connect,busy,desk)
	@deploy/scripts/bench

bench-history: setup build ## fill in years of calls and ask about them (CALLS=n, ROUNDS=n, DIR=folder; hours)
	@deploy/scripts/bench-history

fuzz: ## fuzz every decoder for FUZZTIME each (default 20s)
	@deploy/scripts/fuzz

fuzz-api: setup build ## try the API by its OpenAPI document (schemathesis, EXAMPLES=n, SEED=n)
	@deploy/scripts/fuzz-api

generate: ## write the generated reference pages again
	@deploy/scripts/generate

clean: ## remove what was built and recorded here (the engines' cache stays)
	rm -rf bin data build dashboards/web/dist/assets dashboards/web/node_modules
