# ctlock: see README.md. `make help` lists the targets.

PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
MANDIR ?= $(PREFIX)/share/man
DOCDIR ?= $(PREFIX)/share/doc/ctlock
UNITDIR ?= $(PREFIX)/lib/systemd/system
INSTALL ?= install
PKG_CONFIG ?= pkg-config
CFLAGS ?= -O2 -g
FUZZ_SECONDS ?= 60

# Builds of another kind (asan, coverage, ...) call make again with these three set.
BUILD = .build
PROGRAM = ctlock
SANITIZE =

PKGS = libcjson libisal
WARNINGS = -Werror=implicit-function-declaration -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wwrite-strings

# What asks the compiler or pkg-config is worked out once, at the first use: after `make deps` has
# brought them. $(call once,NAME,VALUE)
once = $(eval $1 := $2)$($1)
if_supported = $(shell for f in $1; do \
	$(CC) -Werror $$f -x c -c -o /dev/null /dev/null 2>/dev/null && echo " $$f"; done)
PKG_CFLAGS = $(call once,PKG_CFLAGS,$(shell $(PKG_CONFIG) --cflags $(PKGS)))
PKG_LIBS = $(call once,PKG_LIBS,$(shell $(PKG_CONFIG) --libs $(PKGS)))
CHECK_FLAGS = $(call once,CHECK_FLAGS,$(shell $(PKG_CONFIG) --cflags --libs check zlib))
HARDEN_CFLAGS = $(call once,HARDEN_CFLAGS,-fPIE $(call if_supported,-fstack-protector-strong \
	-fstack-clash-protection -fcf-protection -mbranch-protection=standard))
# glibc wants optimisation for this one.
FORTIFY = $(if $(filter-out -O0,$(filter -O%,$(CFLAGS))),-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
ifeq ($(SANITIZE),)
HARDEN = $(HARDEN_CFLAGS) $(FORTIFY)
HARDEN_LDFLAGS = -pie -Wl,-z,relro,-z,now,-z,noexecstack
endif

# The program is optimised as a whole, where the compiler can leave in an object what the tests, which
# are linked without that, need besides.
ifeq ($(SANITIZE),)
WHOLE = $(call once,WHOLE,$(shell f='-flto=auto -ffat-lto-objects'; \
	$(CC) -Werror $$f -x c -c -o /dev/null /dev/null 2>/dev/null && echo "$$f"))
APART = $(if $(WHOLE),-fno-lto)
endif

COMPILE = $(CC) -std=c11 -D_XOPEN_SOURCE=700 -Iinclude $(PKG_CFLAGS) $(HARDEN) $(WARNINGS) \
	$(WERROR) $(SANITIZE) $(if $(findstring address,$(SANITIZE)),-DWAITING_KEPT=0) $(CPPFLAGS) $(CFLAGS)
LINK = $(CC) $(HARDEN_LDFLAGS) $(WHOLE) $(SANITIZE) $(CFLAGS) $(LDFLAGS)
LIBS = $(PKG_LIBS) -pthread $(LDLIBS)

SRC := $(filter-out src/main.c,$(wildcard src/*.c))
OBJ := $(SRC:src/%.c=$(BUILD)/src/%.o)
LIB := $(BUILD)/libctlock.a
UNIT := $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))
BENCH := $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c))
FUZZ := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
ORACLE := $(addprefix tests/oracle/,test_reading.py compare.py invariants.py resume.py)
FAULTS := $(wildcard tests/faults/test_*.py) $(wildcard tests/install/test_*.py)
INJECT := $(BUILD)/faults/inject.so
MAN := $(wildcard man/*.[1-9])
C_FILES := $(wildcard include/ctlock/*.h src/*.[ch] tests/*/*.[ch])

# `make V=1` shows the commands.
SAY = $(if $V,,@echo '  $1';)

$(PROGRAM): $(BUILD)/src/main.o $(LIB)
	$(call SAY,LD $@)$(LINK) -o $@ $(BUILD)/src/main.o $(LIB) $(LIBS)

$(LIB): $(OBJ)
	$(call SAY,AR $@)rm -f $@.new && $(AR) rcs $@.new $(OBJ) && mv $@.new $@

$(BUILD)/src/%.o: src/%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call SAY,CC $<)$(COMPILE) $(WHOLE) -MMD -MP -c -o $@ $<

# Test programs: one source each, linked with the library.
$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(call SAY,CC $<)$(COMPILE) $(APART) $(HARDEN_LDFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(CHECK_FLAGS) $(LIBS)

$(BUILD)/bench/%: tests/bench/%.c $(LIB)
	@mkdir -p $(@D)
	$(call SAY,CC $<)$(COMPILE) $(WHOLE) $(HARDEN_LDFLAGS) $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(LIBS)

# Loaded before the C library, so it is of no sanitizer.
$(INJECT): tests/faults/inject.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call SAY,CC $<)$(CC) -std=c11 -D_GNU_SOURCE $(WARNINGS) $(WERROR) -O1 -g -fPIC -shared -o $@ $< -ldl

# Changes when the compiler or its flags do; everything is then compiled anew.
$(BUILD)/flags: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' '$(subst ','\'',$(COMPILE) $(WHOLE))' | cmp -s - $@ || \
		printf '%s\n' '$(subst ','\'',$(COMPILE) $(WHOLE))' >$@

# In `make deps check` the rest waits for the libraries.
ifneq ($(filter deps deps-ci,$(MAKECMDGOALS)),)
$(BUILD)/flags: | $(filter deps deps-ci,$(MAKECMDGOALS))
endif

deps: ## install what is missing for building and testing (apt-get)
	@CC='$(CC)' sh .ci/deps

deps-ci: ## install what is missing for the targets that check the source, too
	@CC='$(CC)' sh .ci/deps ci

deps-arm64: ## install what is missing for arm64
	@CC='$(CC)' sh .ci/deps arm64
	@sh .ci/sysroot arm64 $(BUILD)/arm64/sysroot

demo: $(PROGRAM) ## replay a trail in which a stolen credential is used
	./$(PROGRAM) testdata/demo

check: $(PROGRAM) $(UNIT) $(INJECT) ## run all tests
	@CTLOCK='$(abspath $(PROGRAM))' INJECT_SO='$(abspath $(INJECT))' PYTHONDONTWRITEBYTECODE=1 LC_ALL=C.UTF-8 \
		tests/run $(BUILD)/log $(UNIT) tests/run-cases $(patsubst %,'python3 %',$(ORACLE) $(FAULTS))

unit: $(UNIT) ## run the unit tests
	@tests/run $(BUILD)/log $(UNIT)

everything: $(PROGRAM) $(UNIT) $(BENCH)

bench: $(BENCH) $(PROGRAM) ## measure against igzip, jq and a cJSON tree (BENCH_FLAGS)
	python3 tests/bench/bench.py ./$(PROGRAM) $(BUILD)/bench $(BENCH_FLAGS)

bench-parts: $(BENCH) ## measure the parts that have a benchmark of their own
	@for b in $(filter $(BUILD)/bench/bench_%,$(BENCH)); do $$b || exit 1; done

install: $(PROGRAM) ## install program, manual, systemd units, cron line (PREFIX, DESTDIR, ...)
	$(INSTALL) -d '$(DESTDIR)$(BINDIR)' '$(DESTDIR)$(MANDIR)/man1' '$(DESTDIR)$(MANDIR)/man5' \
		'$(DESTDIR)$(UNITDIR)' '$(DESTDIR)$(DOCDIR)'
	$(INSTALL) -m 755 $(PROGRAM) '$(DESTDIR)$(BINDIR)/ctlock'
	$(INSTALL) -m 644 man/ctlock.1 '$(DESTDIR)$(MANDIR)/man1/ctlock.1'
	$(INSTALL) -m 644 man/ctlock-exceptions.5 '$(DESTDIR)$(MANDIR)/man5/ctlock-exceptions.5'
	$(call install_edited,ctlock.service,$(UNITDIR))
	$(call install_edited,ctlock.timer,$(UNITDIR))
	$(call install_edited,ctlock-flush.service,$(UNITDIR))
	$(call install_edited,ctlock-flush.timer,$(UNITDIR))
	$(INSTALL) -d '$(DESTDIR)$(UNITDIR)/ctlock-flush.service.d'
	ln -sf ../ctlock.service '$(DESTDIR)$(UNITDIR)/ctlock-flush.service.d/ctlock.conf'
	$(call install_edited,flush.conf,$(UNITDIR)/ctlock-flush.service.d)
	$(call install_edited,ctlock.cron,$(DOCDIR))

# A file that names the program: $(call install_edited,FILE,DIRECTORY)
install_edited = sed 's|@BINDIR@|$(BINDIR)|' src/systemd/$1 >'$(DESTDIR)$2/$1' && \
	chmod 644 '$(DESTDIR)$2/$1'

uninstall: ## remove what install put there
	rm -f '$(DESTDIR)$(BINDIR)/ctlock' '$(DESTDIR)$(MANDIR)/man1/ctlock.1' \
		'$(DESTDIR)$(MANDIR)/man5/ctlock-exceptions.5' '$(DESTDIR)$(UNITDIR)/ctlock.service' \
		'$(DESTDIR)$(UNITDIR)/ctlock.timer' '$(DESTDIR)$(UNITDIR)/ctlock-flush.service' \
		'$(DESTDIR)$(UNITDIR)/ctlock-flush.timer' \
		'$(DESTDIR)$(UNITDIR)/ctlock-flush.service.d/ctlock.conf' \
		'$(DESTDIR)$(UNITDIR)/ctlock-flush.service.d/flush.conf' '$(DESTDIR)$(DOCDIR)/ctlock.cron'
	d='$(DESTDIR)$(UNITDIR)/ctlock-flush.service.d' && { [ ! -d "$$d" ] || rmdir "$$d"; }

# Another build in its own directory: $(call variant,NAME,FLAGS)
variant = +$(MAKE) --no-print-directory BUILD=$(BUILD)/$1 PROGRAM=$(BUILD)/$1/ctlock SANITIZE='$2'

asan: export ASAN_OPTIONS = detect_stack_use_after_return=1:strict_string_checks=1
asan tsan: export CK_TIMEOUT_MULTIPLIER = 10
asan: export UBSAN_OPTIONS = print_stacktrace=1
asan: ## all tests with address and undefined-behaviour sanitizers
	$(call variant,asan,-fsanitize=address$(,)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer) check

tsan: ## all tests with the thread sanitizer
	$(call variant,tsan,-fsanitize=thread -fno-omit-frame-pointer) check

valgrind: $(PROGRAM) $(UNIT) ## unit tests and cases under valgrind
	@mkdir -p $(BUILD)/valgrind
	@printf '#!/bin/sh\nexec $(VALGRIND) %s --no-sandbox "$$@"\n' '$(abspath $(PROGRAM))' >$(BUILD)/valgrind/ctlock
	@chmod +x $(BUILD)/valgrind/ctlock
	@CK_FORK=no CK_TIMEOUT_MULTIPLIER=20 CTLOCK='$(abspath $(BUILD)/valgrind/ctlock)' \
		tests/run $(BUILD)/valgrind/log $(UNIT:%='$(VALGRIND) %') tests/run-cases
VALGRIND = valgrind -q --error-exitcode=99 --leak-check=full --errors-for-leak-kinds=definite

arm64: export PKG_CONFIG_SYSROOT_DIR = $(abspath $(BUILD))/arm64/sysroot
arm64: export PKG_CONFIG_LIBDIR = $(ARM64_LIBDIR)/pkgconfig
arm64: | $(filter deps-arm64,$(MAKECMDGOALS))
arm64: ## cross-build for arm64; unit tests and cases under qemu-user (after deps-arm64)
	@test -e $(ARM64_LIBDIR)/libisal.so || { echo 'no libraries for arm64: make deps-arm64'; exit 1; }
	$(call variant,arm64,) CC=aarch64-linux-gnu-gcc LDFLAGS=-Wl,-rpath,$(ARM64_LIBDIR) emulated
ARM64_LIBDIR = $(abspath $(BUILD))/arm64/sysroot/usr/lib/aarch64-linux-gnu

emulated: $(PROGRAM) $(UNIT)
	@mkdir -p $(BUILD)/emulated
	@printf '#!/bin/sh\nexec $(QEMU) %s "$$@"\n' '$(abspath $(PROGRAM))' >$(BUILD)/emulated/ctlock
	@chmod +x $(BUILD)/emulated/ctlock
	@CK_TIMEOUT_MULTIPLIER=60 CASE_SECONDS=120 TEST_SECONDS=1800 CTLOCK='$(abspath $(BUILD)/emulated/ctlock)' \
		tests/run $(BUILD)/log $(UNIT:%='$(QEMU) %') tests/run-cases
QEMU = qemu-aarch64 -L /usr/aarch64-linux-gnu

instructions: $(PROGRAM) $(BUILD)/bench/make_corpus ## hold instruction counts against the kept ones
	@BUILD='$(BUILD)' CTLOCK='$(PROGRAM)' tests/instructions

coverage: ## line and branch coverage of src/ by all tests
	@find $(BUILD)/coverage -name '*.gcda' -delete 2>/dev/null || true
	$(call variant,coverage,--coverage -fprofile-update=atomic) CC=gcc CFLAGS='-O0 -g' \
		CPPFLAGS='-DCTLOCK_COVERAGE_DIR="\"$(abspath $(BUILD))/coverage\""' check
	@tests/coverage $(BUILD)/coverage/src

# `make -j2 fuzz` runs two at a time.
fuzz: ## fuzz each parser, and the whole, for FUZZ_SECONDS over its kept corpus (clang)
	$(call variant,fuzz,-fsanitize=fuzzer-no-link$(,)address$(,)undefined -fno-sanitize-recover=all) \
		CC=clang $(FUZZ:%=fuzz-%)

fuzz-%: $(BUILD)/fuzz_%
	@mkdir -p $(BUILD)/corpus/$* $(BUILD)/findings
	@$< $(if $(wildcard tests/fuzz/$*.dict),-dict=tests/fuzz/$*.dict) -max_total_time=$(FUZZ_SECONDS) \
		-timeout=10 -rss_limit_mb=1024 -print_final_stats=1 -artifact_prefix=$(BUILD)/findings/ \
		$(BUILD)/corpus/$* $(wildcard tests/fuzz/corpus/$*) >$(BUILD)/fuzz-$*.log 2>&1 || \
		{ tail -n 60 $(BUILD)/fuzz-$*.log; echo 'fuzz $*: failed'; exit 1; }
	@awk '/^stat::number_of_executed_units/ { n = $$2 } END { print "fuzz $*: " n " inputs, no finding" }' \
		$(BUILD)/fuzz-$*.log

.SECONDARY: $(FUZZ:%=$(BUILD)/fuzz_%)
$(BUILD)/fuzz_%: tests/fuzz/fuzz_%.c $(LIB)
	@mkdir -p $(@D)
	$(call SAY,CC $<)$(COMPILE) -fsanitize=fuzzer $(LDFLAGS) -MMD -MP -o $@ $< $(LIB) $(LIBS)

analyze: tidy cppcheck lint-man architecture ## clang-tidy, cppcheck, mandoc -Tlint, rules of the house

tidy:
	@printf '%s\n' $(wildcard src/*.c) | xargs -n 1 -P "$$(getconf _NPROCESSORS_ONLN)" sh -c \
		'clang-tidy --quiet "$$0" -- -std=c11 -D_XOPEN_SOURCE=700 -Iinclude $(PKG_CFLAGS) 2>/dev/null \
		|| exit 1'

cppcheck:
	@mkdir -p $(BUILD)/cppcheck
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
		--error-exitcode=1 --suppress=missingIncludeSystem --suppressions-list=.cppcheck-suppressions \
		--cppcheck-build-dir=$(BUILD)/cppcheck -j "$$(getconf _NPROCESSORS_ONLN)" -D_XOPEN_SOURCE=700 -Iinclude src

lint-man:
	mandoc -Tlint -Wwarning $(MAN)

architecture: $(PROGRAM)
	@tests/architecture $(BUILD)/src ./$(PROGRAM)

format: ## clang-format everything
	@clang-format -i $(C_FILES)

format-check: ## fail where format would change something
	@clang-format --dry-run -Werror $(C_FILES)

clean: ## remove what was built
	rm -rf $(BUILD) $(PROGRAM)

help: ## list the targets
	@sed -n 's/^\([a-z0-9-]*\):[^#]*## \(.*\)/\1\t\2/p' Makefile | awk -F '\t' '{ printf "%-14s %s\n", $$1, $$2 }'

, := ,
-include $(wildcard $(BUILD)/src/*.d $(BUILD)/unit/*.d $(BUILD)/bench/*.d $(BUILD)/*.d)
.PHONY: FORCE deps deps-ci deps-arm64 demo check unit everything bench bench-parts install uninstall asan tsan \
	valgrind arm64 emulated instructions coverage fuzz analyze tidy cppcheck lint-man architecture format format-check clean help
