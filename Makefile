# The commands of the project; `make` lists them. `make run` and `make test` need nothing but Go.

GOLANGCI_LINT_VERSION = v2.15.0
GOVULNCHECK_VERSION = v1.9.0
DEADCODE_VERSION = v0.52.0
TOOLS = .tools
MODULE = github.com/linkgraph/linkgraph
BENCH = .

.PHONY: help run test race robust kills generate lint deadcode vulnerabilities bench bench-go bench-compare bench-data bench-queries siege medusa-check module-path verify ci

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## serve the API on a private Postgres, with a demo store
	go run .

test: ## all tests, on a real Postgres
	go test ./...
	cd examples && go test ./...

race: ## the tests of traversal and links, with the race detector
	go test -race ./linkstore/... ./graph/... ./internal/recordstore/...

FOR = 60s
SEED = 0

robust: ## histories of concurrent clients, checked for linearizability: FOR of each kind; SEED repeats those of a run
	go test ./internal/tools/robust -count=1 -v -timeout 0 -for $(FOR) -seed $(SEED)

KILLS = 50

kills: ## end first starts of the server at KILLS moments; minutes
	LINKGRAPH_TEST_KILLS=$(KILLS) go test ./internal/cli -run TestFirstStartIsKilled -count=1 -v -timeout 0

generate: ## write graph/internal/exec, docs/modules and the clients of the examples from the schemas
	go run ./graph/gen
	cd examples && go generate ./...

lint: $(TOOLS)/golangci-lint ## the linters
	$(TOOLS)/golangci-lint run ./...
	go vet ./...
	cd examples && ../$(TOOLS)/golangci-lint run ./... && go vet ./...

$(TOOLS)/golangci-lint:
	GOBIN=$(CURDIR)/$(TOOLS) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)

deadcode: $(TOOLS)/deadcode ## functions that nothing calls, tests included
	@out=$$($(TOOLS)/deadcode -test ./...) && test -z "$$out" || { echo "$$out"; exit 1; }

$(TOOLS)/deadcode:
	GOBIN=$(CURDIR)/$(TOOLS) go install golang.org/x/tools/cmd/deadcode@$(DEADCODE_VERSION)

$(TOOLS)/govulncheck:
	GOBIN=$(CURDIR)/$(TOOLS) go install golang.org/x/vuln/cmd/govulncheck@$(GOVULNCHECK_VERSION)

vulnerabilities: $(TOOLS)/govulncheck ## known faults of what is used; where their database cannot be reached, newer versions of it
	@.ci/vulnerabilities $(TOOLS)/govulncheck

bench: bench-go bench-compare ## the benchmarks, and the comparison with code written by hand

bench-go: ## benchmarks; BENCH names those to run
	go test -run '^$$' -bench '$(BENCH)' -benchmem ./linkstore ./graph

PRODUCTS = 3000
COMPARE =

bench-compare: ## compare the API with pgx by hand and with one statement; COMPARE='-queries page -only plan' and the like
	go run ./internal/tools/bench -products $(PRODUCTS) -compare $(COMPARE)

SCALE = 1000000

bench-data: ## make a store of SCALE products and five times as many variants, to measure queries on
	go run ./internal/tools/bench -products $(SCALE) -load

bench-queries: ## measure ten queries on that store
	go run ./internal/tools/bench -products $(SCALE)

SIEGE =

siege: ## attack a server of its own and see what others notice; minutes; Linux; SIEGE='-seconds 5 -slack 3' and the like
	go run ./internal/tools/siege $(SIEGE)

medusa-check: ## compare with a real Medusa, in both directions of every link; needs Node and the network, and minutes
	go run ./internal/tools/medusacheck

# The module's path stands in go.mod, in imports and in the rules of the linters. Generated names contain it in another spelling.
module-path: ## give the module another path: make module-path TO=example.com/shop/api
	@test -n "$(TO)" || { echo 'say which: make module-path TO=example.com/shop/api'; exit 2; }
	git grep -lzF '$(MODULE)' | xargs -0 sed -i 's|$(MODULE)|$(TO)|g'
	gofmt -w $$(git ls-files '*.go')
	$(MAKE) generate

GENERATED = graph/internal/exec docs/modules examples/storefront/api examples/scripts/bulklink/api

verify: generate ## fail if the generated code and pages are not what the schemas give
	@git diff --exit-code -- $(GENERATED) && test -z "$$(git status --porcelain -- $(GENERATED))" \
		|| { echo '$(GENERATED): out of date, run `make generate` and commit'; exit 1; }

ci: verify lint deadcode vulnerabilities test race ## what CI runs; .ci/run installs what it needs first
