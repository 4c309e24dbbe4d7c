# ctlock: see README.md. `make help` lists the targets.

PKGS = libcjson libisal
PKG_CONFIG ?= pkg-config
BUILD = .build

CFLAGS ?= -O2 -g
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wvla -Wformat=2 -Wundef -Wwrite-strings
CTLOCK_CPPFLAGS = -Iinclude -D_POSIX_C_SOURCE=200809L $(shell $(PKG_CONFIG) --cflags $(PKGS))
CTLOCK_CFLAGS = -std=c11 $(WARNINGS) $(WERROR) -MMD -MP
LIBS = $(shell $(PKG_CONFIG) --libs $(PKGS)) -pthread

SRC = $(filter-out src/main.c,$(wildcard src/*.c))
OBJ = $(SRC:src/%.c=$(BUILD)/src/%.o)
LIB = $(BUILD)/libctlock.a
UNIT = $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c))

ctlock: $(BUILD)/src/main.o $(LIB)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(LIB): $(OBJ)
	rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/src/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CTLOCK_CPPFLAGS) $(CPPFLAGS) $(CTLOCK_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(CTLOCK_CPPFLAGS) $(CPPFLAGS) $(CTLOCK_CFLAGS) $(CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) \
		$$($(PKG_CONFIG) --cflags --libs check) $(LIBS)

unit: $(UNIT)
	@for t in $(UNIT); do $$t || exit 1; done

clean:
	rm -rf $(BUILD) ctlock

-include $(wildcard $(BUILD)/src/*.d $(BUILD)/unit/*.d)
.PHONY: unit clean
