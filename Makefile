# masterhand. "make" alone builds ./masterhand and lists the targets.
.DEFAULT_GOAL := all
SHELL := /bin/bash
FUNCTIONS := fulfill finish index intake collect receive widget
GO_NEEDED := 1.26
NODE_NEEDED := 20
# Builds are reproducible: an unchanged function has the same bytes and is not deployed again. The
# compiler inlines nothing into the AWS SDK, which makes a function half a MiB smaller.
DIST ?= dist
MACHINE ?= arm64
LAMBDA := CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -gcflags='github.com/aws/aws-sdk-go-v2/...=-l'
FUZZ_LENGTH ?= 4000x
export CDK_DISABLE_CLI_TELEMETRY = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 20

.PHONY: test-timed test-beside all help demo run send test build load soak prove emulate bench mutate pictures lint fuzz clean setup

all: masterhand help

help: ## list the targets
	@echo "masterhand: hands original video and image files to the platforms that ask for them"; echo
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## show the whole system at work: real media files over real S3, DynamoDB and SQS protocols
	@go run ./infra/masterhand demo $(ARGS)

run: setup ## run the whole system on this machine, until Ctrl-C
	@go run ./infra/masterhand up $(ARGS)

send: setup ## send an event to a running system: make send EVENT=events/requested-exact.json
	@go run ./infra/masterhand send $(ARGS) $(or $(EVENT),events/requested-exact.json)

# The race detector needs a C compiler. ./infra runs without it: the CDK app has no concurrency,
# and compiling CDK for the detector takes minutes. The test of 1,000 writers to one document and the
# property of skips over 6,000 worlds take ten seconds each without the detector and over a minute
# with it; with it, both are smaller. The S3 gateway is a module of its own, which takes minutes to
# compile once more: "make prove" tests it with the detector. Tests that depend on exact times (leases,
# silent services) run one package at a time. They wait much, so tests that use one core run beside
# them. "make lint" vets what is tested here.
TIMED = ./infra/local/proof/crash ./infra/local/proof/faults ./infra/local/proof/load ./infra/local/proof/browser
RACE = $(if $(shell command -v $$(go env CC)),-race)
test: setup ## run every test, with the race detector if there is a C compiler
	@$(if $(RACE),,echo "no C compiler: testing without the race detector")
	go test ./shared/library/indexing -run Crowd -writers 1000
	go test ./shared/request/fulfillment -run NoSkipIsFalse -worlds 6000
	@$(MAKE) --no-print-directory -j2 test-timed test-beside
	@command -v chromium-headless-shell chromium chromium-browser google-chrome >/dev/null || echo "no Chromium: the page was not tested in a browser"
	go test $(RACE) -vet=off -timeout 20m $$(go list ./... | grep -v ^masterhand/shared/library | grep -vxF -e masterhand/infra $(TIMED:./%=-e masterhand/%))

test-timed:
	go test $(RACE) -vet=off -timeout 20m -p 1 $(TIMED)
test-beside:
	go test ./infra
	cd infra/local/sim/versitygw && go test ./...
	go test $(RACE) -vet=off -timeout 20m -p 1 ./shared/library/...

build: ## build the functions for Lambda, into dist/
	@for f in $(FUNCTIONS); do echo "$(DIST)/$$f/bootstrap"; GOOS=linux GOARCH=$(MACHINE) $(LAMBDA) -o $(DIST)/$$f/bootstrap ./functions/$$f || exit 1; done

load: setup ## send and check a burst of 1,000 events, 200 at once; ARGS="--intake 100" sends announcements instead
	@go run ./infra/masterhand load $(ARGS)

soak: setup ## run all kinds of events with faults for ten minutes; fails if the functions' memory grows
	@go run ./infra/masterhand load --for 10m --faults $(ARGS)

prove: setup ## run long versions of tests: 100,000 interleavings; 1,000 uploads requested at once; 1,000 events of all kinds through all doors, each up to three times; 1,000 writers to one document in S3; a reindex of 200,000 masters in one chain of invocations; the model of 1,000,000 masters; the S3 gateway with the race detector; 20,000 runs of each fuzz target
	go test ./shared/request/ledger -run RandomInterleavings -v -interleavings 100000
	go test ./infra/local/proof/system -run UploadAndAsk -uploads 1000 -timeout 30m
	go test ./infra/local/proof/system -run EventsOfAllSorts -v -mixed 1000 -timeout 30m
	go test ./shared/library/masters/s3store -run Crowd -v -writers 1000 -timeout 30m
	go test ./functions/index -run ReindexIsOneChain -v -masters 200000 -timeout 30m
	cd infra/local/sim/versitygw && go test $(RACE) ./...
	go test ./infra/bench/model -run ReindexIsThat -v -masters 1000000 -timeout 30m
	.ci/fuzz 20000x guided

emulate: setup ## deploy, update and destroy the stack against moto on this machine (pip install 'moto[server]')
	@infra/emulate.sh

bench: setup ## compare speed, memory and processor time with other tools: half an hour; ARGS="--long" takes hours, ARGS="--store infra/bench/results" keeps the results
	@go run ./infra/bench $(ARGS)

# The packages whose rules decide which master is delivered and what the index holds.
MUTATED = ./shared/request/... ./shared/library/indexing
mutate: ## put each small fault into the rules, one by one, and list those that no test detects; takes hours; ARGS="--since main"
	@go run ./infra/mutate --remember .masterhand/mutants $(ARGS) $(MUTATED)
	@go test ./infra/mutate -run Named -named -timeout 30m

pictures: setup ## take the README's pictures of the page with Chromium
	go test ./infra/local/proof/browser -run Readme -readme $(CURDIR)/docs -count=1

lint: ## check formatting, vet, staticcheck and module files
	@test -z "$$(gofmt -l functions infra shared events)" || { gofmt -d functions infra shared events; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	cd infra/local/sim/versitygw && go vet ./... && $$(cd $(CURDIR) && go tool -n staticcheck) ./... && go mod tidy -diff

fuzz: ## run every fuzz target for FUZZ_LENGTH: a number of runs (4000x) or a time (10s)
	@.ci/fuzz $(FUZZ_LENGTH) guided

clean: ## remove built and installed files
	rm -rf dist node_modules .masterhand cdk.out masterhand

# The operator's commands for a deployment: NAME is the environment, ARGS are further arguments.
OPS = go run ./infra/masterhand
ON = $(if $(NAME),--name "$(NAME)") $(ARGS)
.PHONY: masterhand url secret secrets secret-drop smoke logs upload coverage unplaced requests explain intake reindex redrive deploy destroy

masterhand: ## build the operator's command into this folder: ./masterhand --help
	go build -o masterhand ./infra/masterhand

deploy: setup ## show the changes of a deployment, ask, and deploy: make deploy NAME=staging
	@$(OPS) deploy $(ON)

url: ## print the URL for the platform's webhooks (this and the next targets take NAME=environment)
	@$(OPS) url $(ON)

secret: ## add a secret, typed or from a pipe, and keep the old ones: make secret DEST=acme
	@$(OPS) secret $(ON) "$(DEST)"

secrets: ## list the destinations, and when each secret last matched
	@$(OPS) secrets $(ON)

secret-drop: ## remove an old secret: make secret-drop DEST=acme LAST4=1a2b
	@$(OPS) secret-drop $(ON) "$(DEST)" "$(LAST4)"

smoke: ## check URL, signature, ledger and object events without touching a master
	@$(OPS) smoke $(ON)

logs: ## print the functions' logs: make logs ARGS=-f
	@$(OPS) logs $(ON)

upload: ## check a folder's file names, show where each file goes, and upload: make upload DIR=films ARGS="--under HRT-1212"
	@$(OPS) upload $(ON) "$(DIR)"

coverage: ## list masters that exist, are missing or were skipped: make coverage ARGS="--svg coverage.svg"
	@$(OPS) coverage $(ON)

unplaced: ## list the files that masterhand cannot place, and why
	@$(OPS) unplaced $(ON)

requests: ## list the newest requests: make requests ARGS="--outcome skipped"
	@$(OPS) requests $(ON)

explain: ## say why a request gets its master, or none: make explain ARGS="HRT-1212-2 en video 9x16", or EVENT=file
	@$(OPS) explain $(ON) $(EVENT)

intake: ## show other platforms' announcements: make intake ARGS="list --state failed", "show hoox job/1"; without ARGS, the help
	@$(OPS) intake $(or $(ARGS),-h) $(if $(ARGS),$(if $(NAME),--name "$(NAME)"))

reindex: ## index a whole library again, and show the progress
	@$(OPS) reindex $(ON)

redrive: ## move dead letters back to their queue, except expired requests
	@$(OPS) redrive $(ON)

destroy: ## empty the buckets that block the deletion of the stack, and print the command that deletes it
	@$(OPS) destroy $(ON)

setup: node_modules/.package-lock.json
	@command -v go >/dev/null || { echo "Go is missing: install Go $(GO_NEEDED) or newer from https://go.dev/dl"; exit 1; }
	@go version | awk '{split(substr($$3,3),v,"."); split("$(GO_NEEDED)",n,"."); exit !(v[1]>n[1] || v[1]==n[1] && v[2]>=n[2])}' \
	  || { echo "$$(go version) is too old: install Go $(GO_NEEDED) or newer from https://go.dev/dl"; exit 1; }

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node is missing: install Node $(NODE_NEEDED) or newer from https://nodejs.org"; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) >= $(NODE_NEEDED) ? 0 : 1)' \
	  || { echo "Node $$(node --version) is too old: install Node $(NODE_NEEDED) or newer from https://nodejs.org"; exit 1; }
	@# If node_modules is a link, npm would empty the folder of another working copy.
	@test -L node_modules || { set -x; npm ci --no-progress; }
	@touch $@
