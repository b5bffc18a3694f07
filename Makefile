# RustSocks. `make help` lists the targets.

GO         ?= go
PREFIX     ?= /usr
BINDIR     ?= $(PREFIX)/bin
SBINDIR    ?= $(PREFIX)/sbin
LIBEXECDIR ?= $(PREFIX)/libexec/rustsocks
MANDIR     ?= $(PREFIX)/share/man
DESTDIR    ?=

# SEED=n repeats a differential run, which prints its own. The short run is the
# same every time, so that a failure in CI is a change's; the long one is not.
SEED       ?=
FUZZTIME   ?= 5m
# Flags of the benchmark, such as "-loads bulk -servers ours,danted -rounds 5".
BENCH      ?=

BUILD_PACKAGES := gcc libc6-dev libpam0g-dev
RUN_PACKAGES   := $(BUILD_PACKAGES) curl
BENCH_PACKAGES := $(BUILD_PACKAGES) dante-server microsocks
# None of the packages starts a server where it is installed, but dante-server,
# which is what the tests compare with: hence dropbear-bin and pyftpdlib.
TEST_PACKAGES  := dante-server dante-client curl proxychains4 mandoc strace iproute2 util-linux procps \
	dnsmasq-base dropbear-bin knot-dnsutils libwrap0-dev netcat-openbsd openssh-client openssh-sftp-server \
	python3-pyftpdlib python3-socks tnftp
# Large, or much like those above.
CLIENT_PACKAGES := chromium connect-proxy lftp python3-requests

# No cgo in anything but the auth helper; pkg/repocheck holds the tree to it.
PURE_PROGRAMS := ./cmd/danted ./cmd/rustsocks-worker ./cmd/rustsocks
CGO_PROGRAMS  := ./cmd/rustsocks-auth

# The checkout may belong to another user than the one who builds, which git,
# and with it Go's version stamp, refuses.
export GOFLAGS := $(GOFLAGS) -buildvcs=false

# libexecDir is where danted finds its children when they are not beside it.
VERSION ?= $(shell git describe --tags --dirty 2>/dev/null)
LDFLAGS := $(if $(VERSION),-X main.version=$(VERSION)) \
	-X github.com/rustsocks/rustsocks/pkg/privsep.libexecDir=$(LIBEXECDIR)

TOOL := $(GO) tool -modfile=.ci/tools/go.mod

.DEFAULT_GOAL := help
.PHONY: help deps deps-build deps-run deps-test deps-bench deps-check deps-clients run build test check race \
	compat compat-short clients soak bench fuzz fuzz-short fmt generate install clean

help: ## print this list
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/\1\t\2/p' $(firstword $(MAKEFILE_LIST)) | sort | \
		awk -F '\t' '{ printf "  %-14s %s\n", $$1, $$2 }'

deps: deps-build deps-test ## install the Debian packages that building and testing need

deps-build: ## install the Debian packages that building needs
	@.ci/deps $(BUILD_PACKAGES)

deps-run: ## install the Debian packages that `make run` needs
	@.ci/deps $(RUN_PACKAGES)

deps-test: ## install the Debian packages that testing needs, the original danted among them
	@.ci/deps $(TEST_PACKAGES)

deps-bench: ## install the Debian packages that the benchmark needs
	@.ci/deps $(BENCH_PACKAGES)

deps-check: ## install the Debian package that checking the man pages needs
	@.ci/deps mandoc

deps-clients: deps ## install the Debian packages that `make clients` needs, Chromium among them
	@.ci/deps $(CLIENT_PACKAGES)

run: deps-run build ## build and start danted on loopback with an example configuration
	@CGO_ENABLED=0 $(GO) build -o bin/hello ./packaging/examples/hello
	@packaging/examples/run.sh bin

build: deps-build ## build all programs into bin/
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ $(PURE_PROGRAMS)
	CGO_ENABLED=1 $(GO) build -trimpath -ldflags "$(LDFLAGS)" -o bin/ $(CGO_PROGRAMS)
	ln -sf danted bin/sockd

# Not cached: Go does not see that a program the tests start has changed.
test: deps build ## build and run the quick suite
	$(GO) test -count=1 ./...

race: deps-build ## run the tests of what is concurrent under the race detector
	$(GO) test -race ./pkg/... ./sockd/...

check: deps-build deps-check ## formatting, vet, staticcheck, module and generated files, layering, documents
	@files=$$($(TOOL) gofumpt -l .); [ -z "$$files" ] || { echo "make fmt would change:" $$files; exit 1; }
	$(GO) vet ./...
	$(TOOL) staticcheck ./...
	$(GO) mod tidy -diff
	$(GO) test -count=1 ./pkg/repocheck ./danted/manual

compat: deps build ## compare with the original danted at length; SEED=n repeats a run
	$(GO) test ./compat-tests/corpus -count=1 -v -timeout 60m -args \
		-generated all -mutants 5000 -seed $(or $(SEED),$(shell date +%s))
	$(GO) test ./compat-tests/differential -count=1 -v -timeout 60m -args \
		-configs 70 -requests 2400 -seed $(or $(SEED),$(shell date +%s))

compat-short: deps build ## compare with the original danted for a minute
	$(GO) test ./compat-tests/corpus -count=1
	$(GO) test ./compat-tests/differential -run TestDifferential -count=1 -v -timeout 10m \
		-args -configs 20 -requests 600 -seed $(or $(SEED),2)

clients: deps-clients build ## run more clients through it than the quick suite does, Chromium among them
	$(GO) test ./compat-tests/clients -count=1 -v -timeout 20m -args -long

soak: deps build ## 9,000 idle sessions, 10 minutes of sessions of all kinds, shared bandwidth
	$(GO) test ./compat-tests/soak -count=1 -v -timeout 30m -args -idle 9000 -mixed 1000 -during 10m -longest 10s -sharing 30s

bench: deps-bench build ## compare with the original danted and microsocks under load; BENCH="-flag ..."
	$(GO) run ./compat-tests/bench/measure $(BENCH)

fuzz: deps-build ## fuzz every target for FUZZTIME, 5m if not set
	.ci/fuzz $(FUZZTIME)

fuzz-short: deps-build ## fuzz every target for ten seconds
	.ci/fuzz 10s

fmt: ## format the Go sources
	$(TOOL) gofumpt -w .

generate: ## write the generated files anew
	$(GO) generate ./...

install: build ## install programs and man pages below DESTDIR and PREFIX (/usr if not set)
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR)
	install -m 755 bin/danted $(DESTDIR)$(SBINDIR)/danted
	ln -sf danted $(DESTDIR)$(SBINDIR)/sockd
	install -m 755 bin/rustsocks $(DESTDIR)$(BINDIR)/rustsocks
	install -m 755 bin/rustsocks-worker bin/rustsocks-auth $(DESTDIR)$(LIBEXECDIR)
	install -d $(DESTDIR)$(MANDIR)/man5
	install -m 644 man/sockd.conf.5 $(DESTDIR)$(MANDIR)/man5
	ln -sf sockd.conf.5 $(DESTDIR)$(MANDIR)/man5/danted.conf.5

clean: ## remove what the build made
	rm -rf bin
