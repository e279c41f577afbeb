# Thin: what a developer types. The build itself is CMake's (CMakePresets.json).
#
#   make demo    orders through the gateway to two brokers, with crashes, and the proof
#   make run     the same world, left running to try things in
#   make test    everything a change must pass, from a bare Debian 12 machine
#   make check   format, tidy, layers and purity
#   make sim     simulated worlds from seeds (SEED=42 tells one whole, SEEDS=1..100000 lives many)
#   make week    a week of trading with random outages: one broker alone, two with the router
#   make mutate  breaks the product in many ways, one by one, and shows that the worlds notice
#   make torture half an hour of blows on real processes, and the judgement (MINUTES=5 SEED=42)
#   make fuzz    a minute of each fuzz target, and which lines of fix/ they reach
#   make bench   our figures beside peers and limits, in one run

SHELL := /bin/sh
JOBS ?= 2
CMAKE := cmake
FUZZ_SECONDS ?= 60
MINUTES ?= 30
SEEDS ?= 1..10000

.PHONY: all packages build debug release clang demo run test check format sim week mutate torture fuzz bench clean

all: build

packages:
	@config/install-packages

build: release

release debug clang: packages
	@$(CMAKE) --preset $@ >build-$@.log 2>&1 || { cat build-$@.log; exit 1; }
	@rm -f build-$@.log
	@$(CMAKE) --build build/$@ -j $(JOBS) --

demo: release
	@build/release/bin/demo

run: release
	@build/release/bin/demo --keep-running

test:
	@tests/run

check: packages
	@tests/check

format:
	@git ls-files '*.c' '*.h' | xargs clang-format -i

sim: release
	@build/release/tests/sim/sim $(if $(SEED),--seed $(SEED) --trace,--seeds $(SEEDS) --jobs $(JOBS))

week: release
	@build/release/tests/sim/week

# The product is broken in each of the ways that tests/sim/mutants.txt names: all are caught.
mutate: packages
	@tests/sim/mutate

torture: release
	@build/release/tests/torture/torture --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))

fuzz: packages
	@$(CMAKE) --preset fuzz >/dev/null
	@$(CMAKE) --build build/fuzz -j $(JOBS) --target fuzzers
	@tests/fuzz/run build/fuzz $(FUZZ_SECONDS)
	@$(CMAKE) --preset coverage >/dev/null
	@$(CMAKE) --build build/coverage -j $(JOBS) --target fuzzers fix_tests
	@tests/fuzz/coverage build/coverage build/fuzz

bench: release
	@tests/bench/run build/release

clean:
	rm -rf build run
