# The everyday commands. `make` or `make help` lists them.

# One configuration for the demo and the tests, so that everything is built once:
# optimised, with imports that tests may look into. These flags must be the same in
# every call of swift, or SwiftPM begins again from nothing.
SWIFT_FLAGS := -c release --scratch-path .build -Xswiftc -enable-testing
KOINON := .build/release/koinon

# Options for the demo, for instance: make demo ARGS=--no-serve; and for the simulator:
# make simulate ARGS=--alliance
ARGS ?=
# One test or a group of them, for instance: make test FILTER=KoinonLedgerTests
FILTER ?=
# Tests run in groups, one after the other: those that wait for nobody and keep all cores
# busy; then everything that is not named here; then nodes, etcd, simulations, browsers and
# schemathesis. Beside each other some would wait so long that they gave up.
LIBRARIES := ^(Koinon(Protocol|Ledger|Machine|Store|Client|Replay|Fuzzing)|Tidy)Tests
NODES := ^KoinonNodeTests
ETCD := ^KoinonEtcdTests
SIMULATIONS := ^KoinonSimulationTests
PROGRAMS := ^KoinonCommandTests\.(BrowserTests|InterfaceTests)
# And so many at the same time (Swift 6.3; before, all that are in the group).
AT_ONCE := SWT_EXPERIMENTAL_MAXIMUM_PARALLELIZATION_WIDTH
# Runs a group: what it is called, how many at once, and which it is.
RUN_GROUP = run() { scripts/with-progress.sh "$$1" env $(AT_ONCE)="$$2" \
	swift test $(SWIFT_FLAGS) --skip-build "$${@:3}"; }
ALL_GROUPS = run "testing the libraries" 8 --filter "$(LIBRARIES)"; \
	run "testing the server and the command" 6 --skip "$(LIBRARIES)" --skip "$(NODES)" \
		--skip "$(ETCD)" --skip "$(SIMULATIONS)" --skip "$(PROGRAMS)"; \
	run "testing nodes" 4 --filter "$(NODES)"; \
	run "testing etcd" 3 --filter "$(ETCD)"; \
	run "testing simulations" 4 --filter "$(SIMULATIONS)"; \
	run "testing with other programs" 3 --filter "$(PROGRAMS)"
# Random cases of each generator in long tests.
CASES ?= 100000
# The node that the example in Swift speaks to.
NODE ?= http://127.0.0.1:8080
# First seed and number of seeds of the simulator.
SEED ?= 1
SEEDS ?= 200
# One of the fuzzer's targets or several, for instance: make fuzz TARGET=proofs
TARGET ?=
# The folder of the alliance that `make alliance` founds and runs.
ALLIANCE ?= koinon-alliance

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo test build lease dependencies format lint clean invoice fuzz simulate test-long alliance faults models

help: ## List the commands
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' \
		$(MAKEFILE_LIST)

demo: dependencies ## Build, then replay a quarter of real bike trips and show what follows
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --product koinon
	@$(KOINON) demo $(ARGS)

test: dependencies ## Build, then run every test (FILTER=name for some)
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --build-tests
	@export KOINON_PYTHON="$$(scripts/find-python.sh)"; $(RUN_GROUP); \
	$(if $(FILTER),run testing 6 --filter "$(FILTER)",$(ALL_GROUPS))

alliance: dependencies ## Build, then run an alliance here: 3 servers of etcd and 4 nodes
	@scripts/with-etcd.sh
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --product koinon
	@[ -d "$(ALLIANCE)" ] || $(KOINON) alliance init --members 4 --folder "$(ALLIANCE)"
	@PATH="$(CURDIR)/.build/release:$$PATH" "$(ALLIANCE)/start.sh" \
		koinon status --watch --home members/member1

faults: dependencies ## Build, then break an alliance in every way and time its recovery (FILTER=name for some)
	@scripts/with-etcd.sh
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --build-tests
	@KOINON_FAULTS=1 swift test $(SWIFT_FLAGS) --skip-build --filter "(FaultTests|NewLogTests)/$(FILTER)"

test-long: dependencies ## Run every test with CASES=100000 random cases for each generator
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --build-tests
	@export KOINON_PYTHON="$$(scripts/find-python.sh)" KOINON_TEST_CASES="$(CASES)"; $(RUN_GROUP); \
	$(if $(FILTER),run testing 6 --filter "$(FILTER)",$(ALL_GROUPS))

simulate: dependencies ## Build, then attack ledgers for 100,000 blocks under SEEDS=200 seeds
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --product koinon
	@$(KOINON) simulate $(ARGS) --seed $(SEED) --seeds $(SEEDS) --blocks 500

models: ## Search small models of the rules, and of wrong ones, for a wrong state (in Python)
	@for model in guards records marks logs branches votes vote_sets; do \
		"$$(scripts/find-python.sh)" Tests/Models/$$model.py || exit 1; done

build: dependencies ## Build the command: .build/release/koinon
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --product koinon

lease: dependencies ## Build, then go through a lease in Swift on a node (NODE=http://127.0.0.1:8080)
	@scripts/with-progress.sh building swift build $(SWIFT_FLAGS) --product lease-example
	@.build/release/lease-example $(NODE)

dependencies: ## Install the missing Debian packages (without root: print the command)
	@scripts/install-dependencies.sh

format: ## Put all Swift sources into the project's format
	@swift format format --in-place --parallel $(SWIFT_SOURCES)

lint: ## Name what `make format` would change, and other breaches of style
	@swift format lint --parallel $(SWIFT_SOURCES)

fuzz: dependencies ## Look for bytes that break a parser (FUZZ_SECONDS=60 for each of 15)
	@Fuzz/run.sh $(TARGET)

invoice: dependencies ## Reckon the demo's invoices straight from the CSV files, in Python
	@"$$(scripts/find-python.sh)" Examples/invoice.py

clean: ## Remove everything that was built
	@rm -rf .build .build-fuzz*

# Generated sources keep the form their generator gave them.
SWIFT_SOURCES = $$(git ls-files '*.swift' ':!Sources/*/Generated')
