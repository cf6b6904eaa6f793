# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the benchmark measures with: tests/bench/*.c, each a program of its own.
bench_bins := $(patsubst tests/bench/%.c,$(OUT)/bench/%,$(wildcard tests/bench/*.c))

bench-build: $(bench_bins) $(OUT)/bench/load-dynamic

# Static, so that what `load exec` starts is one.
$(bench_bins): $(OUT)/bench/%: tests/bench/%.c | $(OUT)/bench/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) -static $< $(LDFLAGS) $(STATIC_LIBS) -lpthread -o $@ 2>$@.log || { cat $@.log >&2; exit 1; }

# For uprobes on what it calls in the C library.
$(OUT)/bench/load-dynamic: tests/bench/load.c | $(OUT)/bench/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) $< $(LDFLAGS) -lpthread -o $@

bench: all bench-build
	tests/bench/run

-include $(bench_bins:=.d) $(OUT)/bench/load-dynamic.d
.PHONY: bench bench-build
