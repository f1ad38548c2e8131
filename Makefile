# Mantlet. The first minute: make up. Everything that is tested: make test.
SHELL := /bin/bash
GO    ?= go
export MANTLET_CORPORA ?= $(abspath ../shared/data)
export MANTLET_NODE    ?= $(abspath .cache/npm/node_modules/.bin/node)

MAKEFLAGS += --no-builtin-rules
.PHONY: tools vulnerabilities up build test lint fuzz conformance attacks bench model eval docs peers cross generated

up: build ## build Mantlet and start it for this user
	./bin/mantlet up

build:
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "-s -w" -o bin/mantlet ./cmd/mantlet

peers: ## install what the tests speak with
	@test/peers/install.sh

test: peers build cross ## everything, with the race detector
	$(GO) vet ./...
	$(GO) test -race -timeout 15m ./...

cross: ## the systems that Mantlet compiles for beside Linux
	GOOS=darwin $(GO) build -o /dev/null ./cmd/mantlet
	GOOS=windows $(GO) build -o /dev/null ./cmd/mantlet

tools: .cache/tools/stamp ## the linters, compiled once

.cache/tools/stamp: tools/go.mod
	cd tools && GOBIN=$(abspath .cache/tools) CGO_ENABLED=0 $(GO) install tool
	@touch $@

lint: tools ## formatting, vet, golangci-lint, govulncheck and the module file
	@out=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$out" ] || { echo "not formatted:"; echo "$$out"; exit 1; }
	$(GO) vet ./...
	.cache/tools/golangci-lint run
	$(GO) mod tidy -diff
	$(GO) mod verify
	@$(MAKE) --no-print-directory vulnerabilities

vulnerabilities: tools ## govulncheck, where its database can be had
	@if out=$$(.cache/tools/govulncheck ./... 2>&1); then echo "govulncheck: no known vulnerability is reachable"; \
	elif grep -qE 'fetching vulnerabilities|no such host|connection refused|Forbidden|i/o timeout' <<<"$$out"; then \
	  echo "govulncheck: SKIPPED, its database cannot be reached from here"; \
	else echo "$$out"; exit 1; fi

fuzz: ## each fuzz target for a minute
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p 2>/dev/null | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f$$" -fuzztime 60s $$p || exit 1; \
	  done; done

conformance: peers ## the official suite, directly and through Mantlet; the last line is the verdict
	@set -o pipefail; failed=0; \
	  $(GO) test -count=1 -v -run 'TestNoPairIsWorse' ./test/conformance | tee .cache/conformance.log | grep -E '^(---|    official)' || failed=1; \
	  grep '^conformance: ' .cache/conformance.log && exit $$failed

attacks: ## each attack through Mantlet and without it; the last line is the count
	@set -o pipefail; $(GO) test -count=1 -v ./test/attacks | grep -E '^(---|    attacks_test|FAIL|attacks: )'

bench: build ## Mantlet beside nginx and Go's ReverseProxy, interleaved, as ratios
	$(GO) run ./test/bench
	$(GO) test ./internal/trust -run '^$$' -bench . -benchtime 5x | grep ^Benchmark
	$(GO) test ./internal/app -run '^$$' -bench Inspection -benchtime 300ms | grep ^Benchmark

model: ## train the embedded model from the corpora: the same bytes each time
	$(GO) run ./test/model

eval: ## measure every detector, write docs/detection.md, fail where a figure has fallen
	$(GO) run ./test/eval

docs: ## regenerate what is generated from the code
	$(GO) test ./cmd/mantlet -run TestGeneratedReferences -update
