# SPDX-License-Identifier: Apache-2.0
# knamed: build, test, run. `make help` lists the targets. V=1 shows commands, SAN=address,undefined or SAN=thread
# instruments, BUILD=dir builds elsewhere. Objects of each variant lie in a directory of their own.

VERSION := 0.1.0
PREFIX  ?= /usr/local
BUILD   ?= build
REVISION ?= $(shell git describe --always --dirty --abbrev=12 2>/dev/null)
SAN     ?=
COVER   ?=
V       ?= 0
Q       := $(if $(filter 0,$(V)),@,)
say      = $(if $(Q),@echo "  $1")
comma   := ,
OBJ     := $(BUILD)/$(if $(SAN),$(subst $(comma),-,$(SAN)),$(if $(COVER),cover,obj))
BIN     := $(if $(SAN)$(COVER),$(OBJ),$(BUILD))

# The architecture: which stage may use which. STAGES is also the link order, users first.
STAGES        := serve upstream cache policy answers kube source model config traffic observe dns base
USES_base     :=
USES_dns      := base
USES_observe  := base
USES_traffic  := observe dns base
USES_config   := dns base
USES_model    := dns base
USES_source   := model config observe dns base
USES_kube     := source model config observe dns base
USES_answers  := model dns base
USES_policy   := answers config observe dns base
USES_cache    := config observe dns base
USES_upstream := config observe dns base
USES_serve    := answers policy cache upstream config traffic observe dns base
# Programs beside the server. What they are made of is an archive too, so that unit tests can link it. src: what stands on top
# of it, libtop.a.
TOOLS         := knamectl blast
USES_knamectl := src serve upstream cache policy answers kube source model config observe dns base
USES_blast    :=

CC       := gcc
AR       := $(if $(findstring clang,$(CC)),ar,gcc-ar)
PACKAGES := libcurl libevent libevent_pthreads jansson liburcu-qsbr yaml-0.1 libssl libcrypto libpcre2-8 libmnl libseccomp
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wpointer-arith \
            -Wwrite-strings -Wformat-security -Werror
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection -D_FORTIFY_SOURCE=2 \
            $(if $(filter x86_64,$(shell uname -m)),-fcf-protection)
ALL       = -std=gnu17 -D_GNU_SOURCE -Iinclude $(WARN) $(CFLAGS) $(MODE) -fno-strict-aliasing -pthread $(PACKAGE_FLAGS)
# At link time gcc sees all files at once and takes "set if it returned true" for "may be unset".
LINK      = $(CC) $(ALL) -Wno-maybe-uninitialized $(LDFLAGS) $(if $(SAN),,-pie -Wl,-z,relro,-z,now,--as-needed)
ifneq ($(SAN),)
MODE     := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifneq ($(COVER),)
MODE     := -O0 --coverage
else
MODE     := $(HARDEN) -flto=auto -ffat-lto-objects
endif
# What of the sandbox a variant can bear, see src/sandbox.c.
SANDBOX  := $(if $(COVER),off,$(if $(SAN),no-seccomp,on))
# Asked once, and only when something is compiled: a machine without pkg-config can still read this file.
PACKAGE_FLAGS = $(eval PACKAGE_FLAGS := $(shell pkg-config --cflags $(PACKAGES)))$(PACKAGE_FLAGS)
LDLIBS        = $(eval LDLIBS := $(shell pkg-config --libs $(PACKAGES)) -lldns -lm)$(LDLIBS)

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: force

all: $(BIN)/knamed $(BIN)/knamectl ## build the server and the tool

closure = $1 $(foreach used,$(USES_$1),$(call closure,$(used)))
libs    = $(patsubst %,$(OBJ)/lib%.a,$(filter $(call closure,$1),$(TOOLS) $(STAGES)))
objects = $(patsubst %.c,$(OBJ)/%.o,$(sort $(wildcard $1)))

# Files that change only when what they say changes: other flags or another commit rebuild what depends on them.
keep = $(Q)mkdir -p $(@D); echo '$1' | cmp -s - $@ || echo '$1' > $@
$(OBJ)/flags: force | toolchain
	$(call keep,$(CC) $(ALL))
$(OBJ)/revision: force
	$(call keep,$(REVISION))

$(OBJ)/%.o: %.c $(OBJ)/flags
	$(Q)mkdir -p $(@D)
	$(call say,CC $<)
	$(Q)$(CC) $(ALL) $(OWN_FLAGS) -MMD -MP -c -o $@ $<

archive = $(Q)rm -f $@ && $(AR) rcs $@ $^

# Tests of kube bring a server of their own.
TEST_LIBS_kube := -levent_openssl -lssl -lnghttp2
# And those of upstream a resolver.
TEST_LIBS_upstream := -levent_openssl -lssl

define stage # of the stage or tool $1 in the folder $2
$(OBJ)/lib$1.a: $(call objects,$2/*.c)
	$$(archive)
UNIT_$1 := $(patsubst %.c,$(OBJ)/%,$(sort $(wildcard tests/unit/$1/*_test.c)))
$(call objects,tests/unit/$1/*.c): OWN_FLAGS := -I$2
$$(UNIT_$1): %: %.o $(call objects,$(filter-out %_test.c,$(wildcard tests/unit/$1/*.c))) $(call libs,$1)
	$$(call say,LD $$@)
	$$(Q)$$(LINK) -fno-lto -o $$@ $$^ $$(LDLIBS) $(TEST_LIBS_$1) -lcmocka
UNIT += $$(UNIT_$1)
test-$1: $$(UNIT_$1)
	$$(Q)tools/run-tests $$^
.PHONY: test-$1
endef
$(foreach s,$(STAGES),$(eval $(call stage,$s,src/$s)))
$(foreach t,$(TOOLS),$(eval $(call stage,$t,tools/$t)))

LIBS := $(patsubst %,$(OBJ)/lib%.a,$(STAGES))
libs: $(LIBS)
TOP  := $(call objects,src/*.c)
$(TOP) $(call objects,tools/knamectl/*.c): OWN_FLAGS = -DKNAMED_VERSION='"$(VERSION)"' \
	-DKNAMED_REVISION='"$(shell cat $(OBJ)/revision)"' -DKNAMED_SANDBOX='"$(SANDBOX)"'
$(TOP) $(call objects,tools/knamectl/*.c): $(OBJ)/revision
$(call objects,tools/knamectl/*.c): OWN_FLAGS += -Isrc
$(OBJ)/lint/tools/knamectl/%: OWN_FLAGS := -Isrc
$(OBJ)/src/page.o: src/page.html
# What main.c is made of beside main(), and what tests share, for tests to link as they need.
$(OBJ)/libtop.a: $(filter-out $(OBJ)/src/main.o,$(TOP))
	$(archive)
$(OBJ)/libsupport.a: $(call objects,tests/support/*.c)
	$(archive)

$(BIN)/knamed: $(TOP) $(LIBS)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)
# `knamectl dump` reads a Corefile's sources through the server's own pipeline.
$(BIN)/knamectl: $(OBJ)/tools/knamectl/main.o $(OBJ)/libknamectl.a $(OBJ)/libtop.a $(LIBS)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)

# --- tests ------------------------------------------------------------------------------------------------------

WHOLE = $(OBJ)/libsupport.a $(OBJ)/libknamectl.a $(OBJ)/libtop.a $(LIBS)
define program # the test program $1 of the objects $2 and the libraries $3
$(OBJ)/$1: $2 $(WHOLE)
	$$(call say,LD $$@)
	$$(Q)$$(LINK) -fno-lto -o $$@ $$^ $$(LDLIBS) $3
endef
INTEGRATION := $(patsubst %.c,%,$(sort $(wildcard tests/integration/*_test.c)))
FUZZ_ALL    := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
REPLAYS     := $(FUZZ_ALL:%=tests/fuzz/fuzz_%)
CASES       := $(if $(wildcard tests/cases/*.c),tests/cases/run_cases)
$(call objects,tests/integration/*.c): OWN_FLAGS := -Isrc
$(foreach t,$(INTEGRATION),$(eval $(call program,$t,$(OBJ)/$t.o,-lcmocka)))
$(foreach t,$(REPLAYS),$(eval $(call program,$t,$(OBJ)/$t.o $(OBJ)/tests/fuzz/replay.o)))
$(if $(CASES),$(eval $(call program,$(CASES),$(call objects,tests/cases/*.c))))

$(call objects,tests/fuzz/*.c): OWN_FLAGS := -Wno-missing-prototypes # the fuzzer's header declares none

# The API server of the integration tests; it shares its HTTP with the unit tests of the client. Where races are looked for
# it is the plain one: it has one thread, and would be silent over large objects for so long that it seemed dead.
TEST_API := $(if $(filter thread,$(SAN)),$(BUILD)/obj,$(OBJ))/tests/support/kube_server/kube_server
ifeq ($(SAN),thread)
$(TEST_API): force
	$(Q)$(MAKE) --no-print-directory SAN= $@
else
$(TEST_API): $(call objects,tests/support/kube_server/*.c tests/unit/kube/web_*.c tests/unit/kube/pki.c) \
		$(OBJ)/libbase.a
	$(call say,LD $@)
	$(Q)$(LINK) -fno-lto -o $@ $^ $(LDLIBS) $(TEST_LIBS_kube)
endif

PROGRAMS := $(UNIT) $(patsubst %,$(OBJ)/%,$(REPLAYS) $(CASES) $(INTEGRATION))
SCRIPTS  := $(sort $(wildcard tests/integration/*_test.py tests/integration/*.t tests/tools/*.t tests/bench/*.t))
# Programs that speak no TAP: what counts is how they end.
ORACLE   ?= --clusters 8 --questions 400
PLAIN     = $(if $(wildcard tests/oracle),'python3 tests/oracle/oracle_test.py' \
	'tests/oracle/differential.py --knamed $(KNAMED) $(ORACLE)')
export KNAMED   := $(abspath $(BIN)/knamed)
export KNAMECTL := $(abspath $(BIN)/knamectl)
export BLAST := $(abspath $(BIN)/blast)
export KUBE_SERVER := $(abspath $(TEST_API))
export RUN_CASES := $(abspath $(CASES:%=$(OBJ)/%))

test: ## run every test (SAN=address,undefined or SAN=thread: instrumented)
	$(Q)tools/install-deps build test
	$(Q)$(MAKE) --no-print-directory test-all
test-all: all bench-tools $(PROGRAMS) $(TEST_API)
	$(Q)tools/run-tests $(PROGRAMS) $(SCRIPTS) --plain $(PLAIN)
unit: $(UNIT) ## run the unit tests alone; test-STAGE runs those of one stage
	$(Q)tools/run-tests $(UNIT)
replay: $(REPLAYS:%=$(OBJ)/%) ## feed the fuzz corpora to their targets
	$(Q)tools/run-tests $^

E2E ?= $(sort $(wildcard tests/e2e/*_test.py))
e2e: ## test against a real control plane, built once from its Go modules (E2E=tests/e2e/services_test.py: one of them)
	$(Q)tools/install-deps build test e2e
	$(Q)$(MAKE) --no-print-directory all $(TEST_API) $(CASES:%=$(OBJ)/%) $(BIN)/blast
	$(Q)E2E_PROGRAMS=$$(tests/e2e/build) && export E2E_PROGRAMS && TEST_JOBS=1 tools/run-tests $(E2E)

golden: ## the Corefiles of the field and each option through CoreDNS and us, side by side (GOLDEN="kubeadm hosts/": some)
	$(Q)tools/install-deps build test e2e
	$(Q)$(MAKE) --no-print-directory all $(TEST_API)
	$(Q)TEST_JOBS=1 tools/run-tests $(if $(GOLDEN),'tests/golden/golden_test.py $(GOLDEN)',$(wildcard tests/golden/*_test.py))

# clang makes the fuzzers, in a variant of their own.
FUZZ ?= $(FUZZ_ALL)
T    ?= 60
$(OBJ)/fuzzer/%: $(OBJ)/tests/fuzz/fuzz_%.o $(WHOLE)
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) $(ALL) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
fuzz: ## fuzz with libFuzzer: FUZZ=query (default all), T=60 seconds each, KEEP=1: new inputs join the corpus
	$(Q)tools/install-deps build fuzz
	$(Q)$(MAKE) --no-print-directory SAN=fuzzer-no-link,address,undefined CC=clang FUZZ='$(FUZZ)' T=$(T) fuzz-all
fuzz-all: $(FUZZ:%=$(OBJ)/fuzzer/%)
	$(Q)tools/fuzz $(T) $^
SOAK_SEEDS ?= 1 7 8 $(shell od -An -N4 -tu4 /dev/urandom) $(shell od -An -N4 -tu4 /dev/urandom)
soak: ## the long forms: 10 minutes of each fuzzer, 1,000 reloads, 100 hand-overs, 1,000,000 names, 100 replicas replaced, 200 servers killed and 200 told to go, 200 random clusters, 20,000 questions to CoreDNS and us per SOAK_SEEDS
	$(Q)$(MAKE) --no-print-directory fuzz T=600
	$(Q)$(MAKE) --no-print-directory bench-tools test-traffic
	$(Q)TRAFFIC_DISTINCT=5000000 $(OBJ)/tests/unit/traffic/heavy_test
	$(Q)RELOADS=1000 RELOAD_RATE=20000 tests/integration/reload_test.py under_load
	$(Q)NODE_KILLS=200 NODE_LEAVES=200 TEST_LIMIT_S=3600 $(MAKE) --no-print-directory e2e E2E=tests/e2e/node_test.py
	$(Q)programs=$$(tests/e2e/build) && FLOOD_S=60 KNAMED_BENCH_COREDNS=$$programs/coredns tests/integration/flood_test.py
	$(Q)HANDOVERS=100 HANDOVER_RATE=5000 tests/integration/lifecycle_test.py hand_over
	$(Q)ROLLOUTS=50 ROLLOUT_RATE=5000 ROLLOUT_BESIDE=50 TEST_LIMIT_S=3600 $(MAKE) --no-print-directory e2e E2E=tests/e2e/rollout_test.py
	$(Q)$(MAKE) --no-print-directory test ORACLE='--clusters 200 --questions 2000'
	$(Q)SERIES_NAMES=1000000 tests/integration/series_test.py
	$(Q)failed=0; for seed in $(SOAK_SEEDS); do echo "E2E_SEED=$$seed"; \
	E2E_SEED=$$seed E2E_QUESTIONS=20000 TEST_LIMIT_S=1200 $(MAKE) --no-print-directory e2e E2E=tests/e2e/differential_test.py \
	|| failed=1; done; exit $$failed
cover: ## line coverage of all tests, and of each parser by its fuzz corpus alone
	$(Q)tools/install-deps build test
	$(Q)$(MAKE) --no-print-directory COVER=1 cover-all
cover-all: all $(PROGRAMS) $(TEST_API)
	$(Q)tools/cover $(OBJ) corpora $(REPLAYS:%=$(OBJ)/%)
	$(Q)tools/cover $(OBJ) tests $(PROGRAMS) $(SCRIPTS) --plain $(PLAIN)

# --- bench ------------------------------------------------------------------------------------------------------

$(BIN)/blast: $(OBJ)/tools/blast/blast.o $(call libs,blast)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ -lm
$(BIN)/bench/%: $(OBJ)/tests/bench/%.o
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^
$(BIN)/bench/churn: $(OBJ)/tests/bench/churn.o
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)
$(BIN)/bench/change: $(OBJ)/tests/bench/change.o $(call libs,answers)
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)
$(BIN)/bench/upstream: $(OBJ)/tests/bench/upstream.o $(call libs,upstream)
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)
$(BIN)/bench/cache: $(OBJ)/tests/bench/cache.o $(call libs,cache)
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(LINK) -o $@ $^ $(LDLIBS)
$(BIN)/bench/malloc_trap.so: tests/bench/malloc_trap.c $(OBJ)/flags
	$(Q)mkdir -p $(@D)
	$(call say,LD $@)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE $(WARN) $(CFLAGS) -fPIC -shared -pthread -o $@ $<
bench-tools: all $(BIN)/blast $(BIN)/bench/echo $(BIN)/bench/churn $(BIN)/bench/change $(BIN)/bench/cache $(BIN)/bench/upstream \
	$(BIN)/bench/malloc_trap.so
bench: ## CPU, rate, latency, freshness, memory against other servers (BENCH="--quick": one minute, no API server)
	$(Q)tools/install-deps build bench
	$(Q)$(MAKE) --no-print-directory bench-tools
	$(Q)tests/bench/run --build $(BIN) $(BENCH)
	$(Q)$(BIN)/bench/change
	$(Q)$(BIN)/bench/cache
	$(Q)$(BIN)/bench/upstream
	$(if $(BENCH),,$(Q)tests/bench/forwarding --build $(BIN))
	$(if $(BENCH),,$(Q)$(MAKE) --no-print-directory bench-watch)
	$(if $(BENCH),,$(Q)$(MAKE) --no-print-directory bench-image)
bench-watch: ## its part with a real API server (W9, W10): freshness, start and relist, beside CoreDNS
	$(Q)tools/install-deps build bench e2e
	$(Q)$(MAKE) --no-print-directory bench-tools
	$(Q)E2E_PROGRAMS=$$(tests/e2e/build) && export E2E_PROGRAMS && tests/bench/watch --build $(BIN) $(BENCH_WATCH)
bench-image: ## its part in the image: kubeadm's Deployment and Corefile unedited, as a pod beside the echo
	$(Q)tools/install-deps build bench e2e
	$(Q)$(MAKE) --no-print-directory bench-tools
	$(Q)E2E_PROGRAMS=$$(tests/e2e/build) && export E2E_PROGRAMS && tests/bench/image --build $(BIN) $(BENCH_IMAGE)

# --- lint -------------------------------------------------------------------------------------------------------

C_FILES   = $(shell git ls-files -co --exclude-standard '*.c' '*.h')
LINTED   := $(sort $(wildcard src/*.c src/*/*.c tools/*/*.c))
CHECKS   := uses config size headers symbols links man tidy cppcheck shell format
lint: ## check structure, style and bugs; every check runs, each says what it found
	$(Q)tools/install-deps build lint
	$(Q)$(MAKE) --no-print-directory -k $(CHECKS:%=lint-%) && echo "lint: nothing found"
lint-uses:
	$(Q)tools/check-uses $(foreach s,$(STAGES) $(TOOLS),'$s: $(USES_$s)')
lint-config:
	$(Q)tools/check-config
lint-size:
	$(Q)tools/check-size
lint-links:
	$(Q)tools/check-links
lint-man:
	$(Q)mandoc -Tlint -Wwarning tools/man/*
lint-headers: $(addprefix $(OBJ)/lint/,$(wildcard include/knamed/*.h src/*.h src/*/*.h tools/*/*.h tests/*/*.h tests/*/*/*.h))
$(OBJ)/lint/%.h: %.h $(OBJ)/flags
	$(Q)mkdir -p $(@D)
	$(Q)tools/check-header $< $(CC) $(ALL) $(OWN_FLAGS) -I$(patsubst tests/unit/%,src/%,$(<D)) && touch $@
lint-symbols: all bench-tools $(PROGRAMS)
	$(Q)tools/check-symbols $(OBJ)
lint-tidy: $(LINTED:%.c=$(OBJ)/lint/%.tidy)
$(OBJ)/lint/%.tidy: $(OBJ)/%.o .clang-tidy # rebuilt with the object, hence also when a header changes
	$(Q)mkdir -p $(@D)
	$(call say,TIDY $*.c)
	$(Q)clang-tidy --quiet $*.c -- -std=gnu17 -D_GNU_SOURCE -Iinclude $(OWN_FLAGS) -DKNAMED_VERSION='""' -DKNAMED_REVISION='""' \
		2>$@.err || { cat $@.err; exit 1; }
	$(Q)touch $@
lint-cppcheck:
	$(Q)cppcheck -q -j2 --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--library=posix --suppress=missingIncludeSystem --suppressions-list=tools/cppcheck-suppressions \
		-D_GNU_SOURCE -Iinclude -Isrc src tools
lint-shell:
	$(Q)shellcheck $$(git ls-files -co --exclude-standard | xargs grep -lIE '^#!.*/(env )?(ba)?sh$$')
lint-format:
	$(Q)tools/check-format
fmt: ## lay out all C files with clang-format
	$(Q)clang-format -i $(C_FILES)

# --- the rest ---------------------------------------------------------------------------------------------------

toolchain:
	$(Q)tools/install-deps --check build
deps: ## install what building, testing and linting need
	$(Q)tools/install-deps build run test lint fuzz
run: ## serve the sample cluster on loopback, with dig lines to try
	$(Q)tools/install-deps build run
	$(Q)$(MAKE) --no-print-directory all
	$(Q)exec tools/run $(BIN)/knamed
image: ## build the container image of the last commit (IMAGE=name:tag, ALIAS=coredns:v1.14.2: another name)
	$(Q)command -v docker >/dev/null || tools/install-deps image
	$(Q)tools/make-image
install: all ## install to $(DESTDIR)$(PREFIX)
	install -D -m 755 $(BIN)/knamed $(DESTDIR)$(PREFIX)/sbin/knamed
	install -D -m 755 $(BIN)/knamectl $(DESTDIR)$(PREFIX)/bin/knamectl
	install -D -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/knamed/LICENSE
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man1 tools/man/knamectl.1
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man5 tools/man/knamed-corefile.5
	install -D -m 644 -t $(DESTDIR)$(PREFIX)/share/man/man8 tools/man/knamed.8
clean: ## remove what was built
	rm -rf $(BUILD)
help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(firstword $(MAKEFILE_LIST)) | expand -t 20

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
.PHONY: all libs test test-all unit replay e2e fuzz fuzz-all soak cover cover-all golden bench bench-watch bench-image bench-tools lint $(CHECKS:%=lint-%) fmt \
	toolchain deps run image install clean help
