# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Tests are found by wildcard: tests/unit/*.c, tests/generic/*.c, tests/DOMAIN/NAME.c.
test_lib  := $(wildcard tests/lib/*.c)
test_unit := $(wildcard tests/unit/*.c)
test_all  := $(test_lib) $(filter-out $(test_lib) tests/bench/% tests/fuzz/%,$(wildcard tests/*/*.c))
test_objs := $(test_all:%.c=$(OUT)/%.o)
user_lib  := $(wildcard user/lib/*.c)

# The library's main() gets another name, since tests have their own.
TEST_CFLAGS = -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -D_GNU_SOURCE -Dmain=$(main) \
	      -Itests/lib -Iuser -Ibpf -I$(OUT) -MMD -MP $(CFLAGS)
TEST_LIBS   = -ljansson -lbpf -lelf -lz -lpthread
ASAN       := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer -O1 -g

$(OUT)/tests/% $(OUT)/asan/tests/%: main = main
$(OUT)/tests/user/% $(OUT)/asan/user/%: main = corekit_main

tests: $(OUT)/tests/truth $(OUT)/tests/unit-asan

$(OUT)/tests/truth: $(test_objs) $(user_lib:%.c=$(OUT)/tests/%.o)
	$(CC) $(CFLAGS) -static $^ $(LDFLAGS) $(TEST_LIBS) -o $@

$(OUT)/tests/unit-asan: $(patsubst %.c,$(OUT)/asan/%.o,$(test_lib) $(test_unit) $(user_lib))
	$(CC) $(CFLAGS) $(ASAN) $^ $(LDFLAGS) $(TEST_LIBS) -o $@

$(test_objs): $(OUT)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(user_lib:%.c=$(OUT)/tests/%.o): $(OUT)/tests/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) -c $< -o $@

$(OUT)/asan/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(TEST_CFLAGS) $(ASAN) -c $< -o $@

-include $(wildcard $(OUT)/tests/*/*.d $(OUT)/tests/*/*/*.d $(OUT)/asan/*/*/*.d)
.PHONY: tests
