# Short names for what the scripts in tools/ do. `make demo` and `make test` are all a newcomer needs.
PREFIX ?= /usr/local
DESTDIR ?=

.PHONY: demo build release test test-faults fuzz bench bench-peers install docs lint format clean help

help:           ## This list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' Makefile | expand -t 20

demo:           ## Install what is missing, build, bring up the example project
	@tools/demo

build:          ## Build with sanitizers and tests into build/dev
	@tools/install-deps test
	cmake --preset dev --log-level=NOTICE
	cmake --build --preset dev

release:        ## Build the program into build/release
	@tools/install-deps build
	cmake --preset release --log-level=NOTICE
	cmake --build --preset release

test:           ## Install what the tests need, build and run all of them
	@tools/test

test-faults:    ## Run the full fault matrices (long)
	@tools/test-faults

fuzz:           ## Feed the readers of SQL and .env with made-up input for a minute
	@tools/fuzz

test-versions: build ## Try PostgreSQL 16, 17 and 18 (needs npm and the network)
	@tools/test-versions

bench: release  ## Measure against the peers and the limits
	cmake --build build/release --target scan_speed
	@bench/run

bench-peers:    ## Install what the benchmarks compare with (npm and the network)
	@bench/install-peers

install: release ## Install into $(DESTDIR)$(PREFIX)
	DESTDIR="$(DESTDIR)" cmake --install build/release --prefix "$(PREFIX)" --strip

docs:           ## Write docs/commands and docs/settings.md from the tables
	@tools/install-deps test
	cmake --preset dev --log-level=NOTICE
	cmake --build build/dev --target docs

lint:           ## clang-tidy, shellcheck, include rules, documentation
	@tools/lint

format:         ## Reformat the sources
	@tools/format

clean:          ## Remove what was built; a running demo is stopped first
	@tools/clean
