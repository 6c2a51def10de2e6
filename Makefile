# The commands of the project; `make` lists them. `make run` and `make test` need only Go.

GOLANGCI_LINT_VERSION = v2.15.0
GOVULNCHECK_VERSION = v1.9.0
DEADCODE_VERSION = v0.52.0
TOOLS = .tools
MODULE = github.com/linkgraph/linkgraph
BENCH = .

.PHONY: help run test test-all test-browser tools race robust fractures events kills generate lint deadcode vulnerabilities bench bench-go bench-compare bench-data bench-queries siege medusa-check module-path verify ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve the API on a private Postgres, with a demo store
	go run .

# `make lint` vets, so the tests do not do it again.
GOTEST = go test -vet=off

test: ## the tests, on a real Postgres; -short leaves out or shortens those that take minutes
	$(GOTEST) -short ./...
	cd examples && $(GOTEST) ./...

# The packages that take longest start first, so that none of them runs alone at the end.
test-all: ## all tests at full length, as CI runs them; needs Chromium
	$(GOTEST) ./playground ./internal/cli ./graph/gen ./graph ./linkstore ./...
	cd examples && $(GOTEST) ./...

test-browser: ## the tests of the playground and the map in Chromium
	$(GOTEST) ./playground -run TestBrowser -count=1

# The detector finds a race only where goroutines meet, and makes tests several times slower. So it does not run over golden
# cases and plans: of the large packages it runs the tests that these names match, the packages below it runs whole.
CONCURRENT = Concurrent|Contended|Deadlocks|Behind|Restores|InOrder|AnotherProgram|Revok|Together|Flood|Slow|HoldStill
CONCURRENT := $(CONCURRENT)|CountedByMany|Snapshot|AnswersThatNobodyReads|Walk|Timeout|OneLookUp

race: ## the tests of concurrent calls, with the race detector
	go test -race -short -vet=off -run '$(CONCURRENT)' ./linkstore ./graph ./internal/access
	go test -race -short -vet=off ./graph/internal/... ./graph/transport ./internal/overload ./internal/lazytx

FOR = 60s
SEED = 0

robust: ## check random concurrent histories for linearizability, FOR each kind; SEED repeats a run
	go test ./internal/tools/robust -count=1 -v -timeout 0 -for $(FOR) -seed $(SEED)

ANSWERS = 1000000

fractures: ## read ANSWERS answers beside a writer and look for one that mixes two moments; minutes
	go test ./graph -run TestAnswerIsOneSnapshot -count=1 -v -timeout 0 -answers $(ANSWERS)

EVENTS_FOR = 60s
EVENTS_HOLD = 5s

events: ## follow the events of transactions of up to EVENTS_HOLD while the server and Postgres are killed, for EVENTS_FOR
	go test ./internal/cli -run TestEventsThroughKills -count=1 -v -timeout 0 -events-for $(EVENTS_FOR) -events-hold $(EVENTS_HOLD)

KILLS = 50

kills: ## kill first starts, and the server while it writes, at KILLS moments; takes minutes
	LINKGRAPH_TEST_KILLS=$(KILLS) go test ./internal/cli -run 'TestFirstStartIsKilled|TestKillDocuments' -count=1 -v -timeout 0

generate: ## generate graph/internal/exec, docs/modules and the examples' clients from the schemas
	go run ./graph/gen
	cd examples && go generate ./...

lint: $(TOOLS)/golangci-lint ## the linters
	$(TOOLS)/golangci-lint run ./...
	go vet ./...
	cd examples && ../$(TOOLS)/golangci-lint run ./... && go vet ./...

$(TOOLS)/golangci-lint:
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

deadcode: $(TOOLS)/deadcode ## fail if a function is never called, not even by tests
	@out=$$($(TOOLS)/deadcode -test ./...) && test -z "$$out" || { echo "$$out"; exit 1; }

$(TOOLS)/deadcode:
	GOBIN=$(CURDIR)/$(TOOLS) go install golang.org/x/tools/cmd/deadcode@$(DEADCODE_VERSION)

tools: $(TOOLS)/golangci-lint $(TOOLS)/deadcode $(TOOLS)/govulncheck ## build the linters

$(TOOLS)/govulncheck:
	GOBIN=$(CURDIR)/$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

vulnerabilities: $(TOOLS)/govulncheck ## known vulnerabilities of dependencies, or newer versions if their database is unreachable
	@.ci/vulnerabilities $(TOOLS)/govulncheck

bench: bench-go bench-compare ## the benchmarks, and the comparison with code written by hand

bench-go: ## Go benchmarks; BENCH selects them
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./linkstore ./graph

PRODUCTS = 3000
COMPARE =

bench-compare: ## compare the API with hand-written pgx and single statements; COMPARE='-queries page -only plan'
	go run ./internal/tools/bench -products $(PRODUCTS) -compare $(COMPARE)

SCALE = 1000000

bench-data: ## create a store of SCALE products and five times as many variants, for bench-queries
	go run ./internal/tools/bench -products $(SCALE) -load

bench-queries: ## measure ten queries on that store
	go run ./internal/tools/bench -products $(SCALE)

SIEGE =

siege: ## load test with hostile clients, on a server of its own; minutes; Linux; SIEGE='-seconds 5 -slack 3'
	go run ./internal/tools/siege $(SIEGE)

medusa-check: ## compare with a real Medusa, every link in both directions; minutes; needs Node and the network
	go run ./internal/tools/medusacheck

# The module path occurs in go.mod, in imports and in the linters' rules. Generated names contain it in another spelling.
module-path: ## change the module path: make module-path TO=example.com/shop/api
	@test -n "$(TO)" || { echo 'usage: make module-path TO=example.com/shop/api'; exit 2; }
	git grep -lzF '$(MODULE)' | xargs -0 sed -i 's|$(MODULE)|$(TO)|g'
	gofmt -w $$(git ls-files '*.go')
	$(MAKE) generate

GENERATED = graph/internal/exec docs/modules examples/storefront/api examples/scripts/bulklink/api

verify: generate ## fail if the generated code and pages are out of date
	@git diff --exit-code -- $(GENERATED) && test -z "$$(git status --porcelain -- $(GENERATED))" \
		|| { echo '$(GENERATED): out of date, run `make generate` and commit'; exit 1; }

ci: verify lint deadcode vulnerabilities test-all race ## what CI runs; .ci/run installs what it needs first
