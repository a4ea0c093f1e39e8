# masterhand. "make" alone builds ./masterhand and lists the targets.
.DEFAULT_GOAL := all
SHELL := /bin/bash
FUNCTIONS := fulfill finish index intake collect receive widget
GO_NEEDED := 1.26
NODE_NEEDED := 20
# Reproducible: an untouched function gives the same bytes, and is not deployed again. The
# compiler inlines nothing into the SDK's generated code, which makes it half a MiB smaller.
DIST ?= dist
MACHINE ?= arm64
LAMBDA := CGO_ENABLED=0 go build -tags lambda.norpc -trimpath -buildvcs=false -ldflags='-s -w -buildid=' -gcflags='github.com/aws/aws-sdk-go-v2/service/...=-l'
FUZZ_LENGTH ?= 4000x
export CDK_DISABLE_CLI_TELEMETRY = true
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION = 20

.PHONY: all help demo run send test build load soak prove emulate bench mutate pictures lint fuzz clean setup

all: masterhand help

help: ## list the targets
	@echo "masterhand: hands original video and image files to the platforms that ask for them"; echo
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: setup ## the guided tour: real media files over real S3, DynamoDB and SQS protocols
	@go run ./infra/masterhand demo $(ARGS)

run: setup ## the whole system on this machine, until Ctrl-C
	@go run ./infra/masterhand up $(ARGS)

send: setup ## send an event to a running system: make send EVENT=events/requested-exact.json
	@go run ./infra/masterhand send $(ARGS) $(or $(EVENT),events/requested-exact.json)

# The race detector needs a C compiler. The CDK app has no concurrency of its own, and
# compiling CDK for the detector takes minutes. A thousand writers to one document take ten
# seconds without it, and over a minute with it, where fewer have to do. What holds a whole
# system to the second (leases, services that are silent) has the machine for itself.
TIMED = ./infra/local/proof/crash ./infra/local/proof/faults ./infra/local/proof/load ./infra/local/proof/browser
RACE = $(if $(shell command -v $$(go env CC)),-race)
test: setup ## every test, with the race detector where there is a C compiler
	@$(if $(RACE),,echo "no C compiler: testing without the race detector")
	cd infra/local/sim/versitygw && go test $(RACE) ./...
	go test ./infra
	go test ./shared/library/indexing -run Crowd -writers 1000
	go test $(RACE) -timeout 20m -p 1 $(TIMED)
	@command -v chromium-headless-shell chromium chromium-browser google-chrome >/dev/null || echo "no Chromium: the page was not tested in a browser"
	go test $(RACE) -timeout 20m $$(go list ./... | grep -vxF -e masterhand/infra $(TIMED:./%=-e masterhand/%))

build: ## the functions for Lambda, into dist/
	@for f in $(FUNCTIONS); do echo "$(DIST)/$$f/bootstrap"; GOOS=linux GOARCH=$(MACHINE) $(LAMBDA) -o $(DIST)/$$f/bootstrap ./functions/$$f || exit 1; done

load: setup ## a burst: 1,000 events, 200 at once, each checked; ARGS="--intake 100": announcements instead
	@go run ./infra/masterhand load $(ARGS)

soak: setup ## ten minutes of everything, with faults; fails if the functions' processes grow
	@go run ./infra/masterhand load --for 10m --faults $(ARGS)

prove: setup ## what "test" proves on samples, at length: 100,000 interleavings; 1,000 uploads asked for at once; 1,000 events of all sorts through all doors at once, each up to three times; 1,000 writers to one document in S3; a library of 200,000 masters in one chain of invocations; the model's calls for a library of 1,000,000 masters; 20,000 runs of each fuzz target
	go test ./shared/request/ledger -run RandomInterleavings -v -interleavings 100000
	go test ./infra/local/proof/system -run UploadAndAsk -uploads 1000 -timeout 30m
	go test ./infra/local/proof/system -run EventsOfAllSorts -v -mixed 1000 -timeout 30m
	go test ./shared/library/masters/s3store -run Crowd -v -writers 1000 -timeout 30m
	go test ./functions/index -run ReindexIsOneChain -v -masters 200000 -timeout 30m
	go test ./infra/bench/model -run ReindexIsThat -v -masters 1000000 -timeout 30m
	.ci/fuzz 20000x guided

emulate: setup ## deploy, update and destroy the stack against moto on this machine (pip install 'moto[server]')
	@infra/emulate.sh

bench: setup ## speed, memory and processor time beside other ways to do the same: half an hour; ARGS="--long" for hours, ARGS="--store infra/bench/results" to keep the results
	@go run ./infra/bench $(ARGS)

# Packages of the rules that decide what goes out, and what the index knows.
MUTATED = ./shared/request/... ./shared/library/indexing
mutate: ## make every small fault in the rules, one by one, and list those that no test notices; takes hours; ARGS="--since main"
	@go run ./infra/mutate --remember .masterhand/mutants $(ARGS) $(MUTATED)
	@go test ./infra/mutate -run Named -named -timeout 30m

pictures: setup ## the README's pictures of the page, taken by Chromium
	go test ./infra/local/proof/browser -run Readme -readme $(CURDIR)/docs -count=1

lint: ## formatting, vet, staticcheck, module files
	@test -z "$$(gofmt -l functions infra shared events)" || { gofmt -d functions infra shared events; exit 1; }
	go vet ./...
	go tool staticcheck ./...
	go mod tidy -diff
	cd infra/local/sim/versitygw && go vet ./... && $$(cd $(CURDIR) && go tool -n staticcheck) ./... && go mod tidy -diff

fuzz: ## every fuzz target for FUZZ_LENGTH each: runs (4000x) or a time (10s)
	@.ci/fuzz $(FUZZ_LENGTH) guided

clean: ## remove what was built and installed
	rm -rf dist node_modules .masterhand cdk.out masterhand

# The operator's commands, after a deployment: NAME is the environment, ARGS are further arguments.
OPS = go run ./infra/masterhand
ON = $(if $(NAME),--name "$(NAME)") $(ARGS)
.PHONY: masterhand url secret secrets secret-drop smoke logs upload coverage unplaced requests explain intake reindex redrive deploy destroy

masterhand: ## the one command, built into this folder: ./masterhand --help
	go build -o masterhand ./infra/masterhand

deploy: setup ## show what a deployment changes, ask, and deploy: make deploy NAME=staging
	@$(OPS) deploy $(ON)

url: ## of a deployment: where the platform's webhooks go (all of these take NAME=environment)
	@$(OPS) url $(ON)

secret: ## add a secret, asked for or read from a pipe, and keep the old ones: make secret DEST=acme
	@$(OPS) secret $(ON) "$(DEST)"

secrets: ## the destinations, and when each secret last matched
	@$(OPS) secrets $(ON)

secret-drop: ## take an old secret out: make secret-drop DEST=acme LAST4=1a2b
	@$(OPS) secret-drop $(ON) "$(DEST)" "$(LAST4)"

smoke: ## prove URL, signature, ledger and object events without touching a master
	@$(OPS) smoke $(ON)

logs: ## what the functions log: make logs ARGS=-f
	@$(OPS) logs $(ON)

upload: ## check a folder's names, show what each file becomes, upload: make upload DIR=films ARGS="--under HRT-1212"
	@$(OPS) upload $(ON) "$(DIR)"

coverage: ## which masters there are, are missing, were skipped: make coverage ARGS="--svg coverage.svg"
	@$(OPS) coverage $(ON)

unplaced: ## the files that no rule takes for a master, and why
	@$(OPS) unplaced $(ON)

requests: ## the newest requests: make requests ARGS="--outcome skipped"
	@$(OPS) requests $(ON)

explain: ## why a request gets its master, or none: make explain ARGS="HRT-1212-2 en video 9x16", or EVENT=file
	@$(OPS) explain $(ON) $(EVENT)

intake: ## what other platforms announced: make intake ARGS="list --state failed", "show hoox job/1"; alone, what there is
	@$(OPS) intake $(or $(ARGS),-h) $(if $(ARGS),$(if $(NAME),--name "$(NAME)"))

reindex: ## index a whole library anew, and show how far it is
	@$(OPS) reindex $(ON)

redrive: ## move dead letters back, but for requests past their expiry
	@$(OPS) redrive $(ON)

destroy: ## empty what keeps the stack from being deleted; masters only with keep=false, typed
	@$(OPS) destroy $(ON)

setup: node_modules/.package-lock.json
	@command -v go >/dev/null || { echo "Go is missing: install Go $(GO_NEEDED) or newer from https://go.dev/dl"; exit 1; }
	@go version | awk '{split(substr($$3,3),v,"."); split("$(GO_NEEDED)",n,"."); exit !(v[1]>n[1] || v[1]==n[1] && v[2]>=n[2])}' \
	  || { echo "$$(go version) is too old: install Go $(GO_NEEDED) or newer from https://go.dev/dl"; exit 1; }

node_modules/.package-lock.json: package.json package-lock.json
	@command -v npm >/dev/null || { echo "Node is missing: install Node $(NODE_NEEDED) or newer from https://nodejs.org"; exit 1; }
	@node -e 'process.exit(parseInt(process.versions.node) >= $(NODE_NEEDED) ? 0 : 1)' \
	  || { echo "Node $$(node --version) is too old: install Node $(NODE_NEEDED) or newer from https://nodejs.org"; exit 1; }
	@# Through a link npm would empty the folder of another working copy.
	@test -L node_modules || { set -x; npm ci --no-progress; }
	@touch $@
