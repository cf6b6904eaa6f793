# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests are found by wildcard: tests/unit/*.c, tests/generic/*.c, tests/DOMAIN/NAME.c.
test_lib  := $(wildcard tests/lib/*.c)
test_unit := $(wildcard tests/unit/*.c)
test_all  := $(test_lib) $(filter-out $(test_lib) tests/bench/% tests/fuzz/% tests/second-opinion.d/% %.bpf.c,$(wildcard tests/*/*.c))
# The library once more: its main() gets another name, since tests have their own.
user_lib  := $(wildcard user/lib/*.c)

# Frame pointers, so that tests have stacks that are known.
TEST_CFLAGS = $(ALL_CFLAGS) -fno-omit-frame-pointer -fno-optimize-sibling-calls $(if $(filter s390x,$(ARCH)),-mbackchain) -Itests/lib -Dmain=$(main)
TEST_LIBS   = $(shell $(PKG_CONFIG) --libs jansson)
ASAN       := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1

test_objs := $(patsubst %.c,$(OUT)/truth/%.o,$(test_all) $(user_lib))
asan_objs := $(patsubst %.c,$(OUT)/asan/%.o,$(test_lib) $(test_unit) $(user_lib))
$(OUT)/truth/tests/% $(OUT)/asan/tests/%: main = main
$(OUT)/truth/user/% $(OUT)/asan/user/%: main = corekit_main

# A tool's own programs, for a test that runs them itself: "DOMAIN/NAME.skel.h".
$(foreach p,$(paths),$(if $(wildcard bpf/$p.bpf.c),$(eval $(OUT)/truth/tests/$p.o: | $(OUT)/$p.skel.h)))

# Objects that tests hand to the tools: tests/DOMAIN/NAME.bpf.c, included as "NAME.skel.h".
test_skel := $(patsubst %.bpf.c,$(OUT)/truth/%.skel.h,$(wildcard tests/*/*.bpf.c))
$(foreach s,$(test_skel),$(eval $(patsubst %.c,$(OUT)/truth/%.o,$(filter-out %.bpf.c,$(wildcard $(dir $(s:$(OUT)/truth/%=%))*.c))): | $s))
$(OUT)/truth/%.skel.h: $(OUT)/truth/%.bpf.o
	$(call say,SKEL,$@)
	$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@
# Some have the kernel's own headers, which clang doesn't find for this target.
UAPI = $(filter-out /,$(shell $(CC) -print-sysroot))/usr/include/$(shell $(CC) -print-multiarch)
$(OUT)/truth/%.bpf.o: %.bpf.c | check
	mkdir -p $(@D)
	$(call say,BPF,$@)
	$(CLANG) $(BPF_CFLAGS) -idirafter $(UAPI) -c $< -o $@

tests: $(OUT)/tests/truth $(OUT)/tests/unit-asan $(OUT)/btf

$(OUT)/tests/truth: $(test_objs) | $(OUT)/tests/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) -static $(filter %.o,$^) $(LDFLAGS) $(TEST_LIBS) $(STATIC_LIBS) -lpthread -o $@ \
		2>$(OUT)/tests/link.log || { cat $(OUT)/tests/link.log >&2; exit 1; }

$(OUT)/tests/unit-asan: $(asan_objs) | $(OUT)/tests/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) $(ASAN) $(filter %.o,$^) $(LDFLAGS) $(TEST_LIBS) $(LIBS) -lpthread -o $@

$(test_objs): $(OUT)/truth/%.o: %.c | check
	mkdir -p $(@D)
	$(call say,CC,$@)
	$(CC) $(TEST_CFLAGS) -I$(@D) -c $< -o $@

$(asan_objs): $(OUT)/asan/%.o: %.c | check
	mkdir -p $(@D)
	$(call say,CC,$@)
	$(CC) $(TEST_CFLAGS) $(ASAN) -c $< -o $@

# Fuzz targets: the library as an archive, so that a target may bring a file of it itself.
FUZZ       := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -g -O1
fuzz_lib   := $(patsubst %.c,$(OUT)/fuzz/%.o,$(user_lib))
fuzz_bins  := $(patsubst tests/fuzz/%.c,$(OUT)/fuzz/%,$(wildcard tests/fuzz/*.c))

fuzz: $(fuzz_bins)

$(fuzz_lib): $(OUT)/fuzz/%.o: %.c
	mkdir -p $(@D)
	$(call say,CC,$@)
	$(CLANG) $(ALL_CFLAGS) $(FUZZ) -fsanitize=fuzzer-no-link -Dmain=corekit_main -c $< -o $@

$(OUT)/fuzz/lib.a: $(fuzz_lib)
	rm -f $@
	$(AR) rcs $@ $^

# A target named as a tool runs its programs.
$(foreach p,$(paths),$(if $(filter $(OUT)/fuzz/$(notdir $p),$(fuzz_bins)),$(eval $(OUT)/fuzz/$(notdir $p): | $(OUT)/$p.skel.h)))
$(fuzz_bins): $(OUT)/fuzz/%: tests/fuzz/%.c $(OUT)/fuzz/lib.a
	$(call say,FUZZ,$@)
	$(CLANG) $(ALL_CFLAGS) $(FUZZ) -fsanitize=fuzzer -MF $@.d -Itests/fuzz $< $(OUT)/fuzz/lib.a $(LDFLAGS) $(LIBS) -o $@

-include tests/bench/bench.mk
-include $(test_objs:.o=.d) $(asan_objs:.o=.d) $(fuzz_lib:.o=.d) $(fuzz_bins:=.d)
.PHONY: tests fuzz
