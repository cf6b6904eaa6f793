# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# A tool is bpf/DOMAIN/NAME.bpf.c + user/DOMAIN/NAME.c; nothing here names one.
MAKEFLAGS += -rR	# without rules of its own, make looks for nothing that is not here
ARCH      ?= $(shell uname -m)
CC        = $(CROSS_COMPILE)gcc
CLANG     ?= clang
BPFTOOL   ?= bpftool
AR        = $(CROSS_COMPILE)ar
LLVM_STRIP ?= llvm-strip
PKG_CONFIG ?= pkg-config
OUT       ?= build
CFLAGS    ?= -Os -g
# Empty where a distribution has no archives of the libraries: corekit is then linked like the tools.
STATIC    ?= -static
prefix    ?= /usr/local
sbindir   ?= $(prefix)/sbin
datadir   ?= $(prefix)/share
mandir    ?= $(datadir)/man
bashdir   ?= $(datadir)/bash-completion/completions
zshdir    ?= $(datadir)/zsh/site-functions
fishdir   ?= $(datadir)/fish/vendor_completions.d
schemadir ?= $(datadir)/corekit/schema

# Names as the kernel's source has them.
BPF_ARCH := $(patsubst riscv64,riscv,$(patsubst ppc64le,powerpc,$(patsubst s390x,s390,$(patsubst aarch64,arm64,$(patsubst x86_64,x86,$(ARCH))))))
BPF_TARGET := $(if $(filter s390,$(BPF_ARCH)),bpfeb,bpfel)
VMLINUX  := vmlinux/$(ARCH)

LIBS        = $(shell $(PKG_CONFIG) --libs libbpf) $(if $(DW),-ldw -llzma) -lelf -lz $(IBERTY)
# Some libelf.a has a crc32() of its own: zlib's is the one to be taken, and comes first for that.
STATIC_LIBS = -Wl,-u,crc32 -lz $(if $(DW),-ldw) $(shell $(PKG_CONFIG) --static --libs libbpf) $(if $(DW),-lbz2 -llzma) $(IBERTY)
DW          = $(findstring HAVE_LIBDW,$(shell cat $(OUT)/cflags))
IBERTY      = $(if $(findstring IBERTY,$(shell cat $(OUT)/cflags)),-liberty)
WARNINGS    = -Wall -Wextra -Wno-unused-parameter -Wno-missing-field-initializers
# Paths in the objects are relative, so that two builds give the same bytes.
ALL_CFLAGS  = -std=gnu11 $(WARNINGS) -D_GNU_SOURCE -Iuser -Ibpf -I$(VMLINUX) -I$(OUT) -MMD -MP \
	      -ffile-prefix-map=$(CURDIR)=. -ffunction-sections -fdata-sections \
	      -fno-asynchronous-unwind-tables $(shell $(PKG_CONFIG) --cflags libbpf) $(shell cat $(OUT)/cflags) $(CFLAGS)
ALL_LDFLAGS = -Wl,--gc-sections -Wl,--as-needed -Wl,-z,noseparate-code $(shell cat $(OUT)/ldflags) $(LDFLAGS)
# The oldest instruction set: what is newer is asked of the kernel.
BPF_CFLAGS  = -O2 -g -gno-column-info -gno-inline-line-tables -mcpu=v2 -Wall -Wextra -Wno-unused-parameter -Wno-unused-function -Wno-missing-declarations --target=$(BPF_TARGET) -D__TARGET_ARCH_$(BPF_ARCH) \
	      -I$(VMLINUX) -Ibpf -MMD -MP -ffile-prefix-map=$(CURDIR)=.

lib   := $(patsubst user/%.c,$(OUT)/%.o,$(wildcard user/lib/*.c))
paths := $(patsubst user/%.c,%,$(filter-out user/lib/%,$(wildcard user/*/*.c)))
objs  := $(paths:%=$(OUT)/%.o)
names := $(notdir $(paths))
bins  := $(addprefix $(OUT)/bin/,$(names))

ifneq ($(words $(sort $(names))),$(words $(names)))
$(error two tools share a name: $(foreach n,$(sort $(names)),$(if $(word 2,$(filter $n,$(names))),$n)))
endif
ifneq ($(V),1)
.SILENT:
endif
say = $(if $(filter 1,$(V)),,$(info $(shell printf '  %-7s' $1) $2))

all: $(bins) $(OUT)/bin/corekit

$(foreach p,$(paths),$(eval $(OUT)/bin/$(notdir $p): $(OUT)/$p.o))

$(names): %: $(OUT)/bin/%

$(bins): $(lib) | $(OUT)/bin/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) $(filter %.o,$^) $(ALL_LDFLAGS) $(LIBS) -o $@

$(OUT)/bin/corekit: $(objs) $(lib) | $(OUT)/bin/
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) $(STATIC) $(filter %.o,$^) $(ALL_LDFLAGS) $(if $(STATIC),$(STATIC_LIBS),$(LIBS)) -o $@ 2>$(OUT)/link.log || { cat $(OUT)/link.log >&2; exit 1; }

$(lib) $(objs): $(OUT)/%.o: user/%.c | check
	mkdir -p $(@D)
	$(call say,CC,$@)
	$(CC) $(ALL_CFLAGS) -c $< -o $@

# What runs once for each event: worth its size.
$(OUT)/lib/out.o $(OUT)/lib/look.o $(OUT)/lib/ring.o: CFLAGS := $(CFLAGS:-Os=-O2)

# A tool's own skeleton, if it has a BPF side (a command has none).
$(foreach p,$(paths),$(if $(wildcard bpf/$p.bpf.c),$(eval $(OUT)/$p.o: $(OUT)/$p.skel.h)))

$(OUT)/%.skel.h: $(OUT)/%.bpf.o
	$(call say,SKEL,$@)
	$(BPFTOOL) gen skeleton $< name $(notdir $*)_bpf > $@

$(OUT)/%.bpf.o: bpf/%.bpf.c | check
	mkdir -p $(@D)
	$(call say,BPF,$@)
	$(CLANG) $(BPF_CFLAGS) -I$(<D) -c $< -o $@
	$(LLVM_STRIP) -g -R .rel.BTF -R .rel.BTF.ext -R .llvm_addrsig $@

%/:
	mkdir -p $@

# Once a build folder: one line for what is missing or too old.
check: $(OUT)/.checked ;
$(OUT)/.checked: tools/check
	mkdir -p $(@D)
	CC="$(CC)" CLANG="$(CLANG)" BPFTOOL="$(BPFTOOL)" LLVM_STRIP="$(LLVM_STRIP)" PKG_CONFIG="$(PKG_CONFIG)" VMLINUX="$(VMLINUX)" STATIC="$(STATIC)" tools/check $(OUT)/ldflags
	touch $@

# TOOL_PREFIX=bpf- where a distribution has a name already.
install: all
	install -d $(addprefix $(DESTDIR),$(sbindir) $(mandir)/man8 $(bashdir) $(zshdir) $(fishdir) $(schemadir))
	install -s --strip-program=$(CROSS_COMPILE)strip $(OUT)/bin/corekit $(DESTDIR)$(sbindir)/corekit
	for t in $(names); do \
		install -s --strip-program=$(CROSS_COMPILE)strip $(OUT)/bin/$$t $(DESTDIR)$(sbindir)/$(TOOL_PREFIX)$$t || exit 1; done
	DESTDIR="$(DESTDIR)" sbindir="$(sbindir)" mandir="$(mandir)" bashdir="$(bashdir)" zshdir="$(zshdir)" fishdir="$(fishdir)" \
		schemadir="$(schemadir)" TOOL_PREFIX="$(TOOL_PREFIX)" tools/documents $(or $(RUN),$(OUT)/bin/corekit) $(names)

uninstall:
	for t in $(names); do \
		find $(DESTDIR)$(sbindir) $(DESTDIR)$(mandir)/man8 -type l \( -lname $(TOOL_PREFIX)$$t -o -lname $(TOOL_PREFIX)$$t.8 \) -exec rm {} +; done
	rm -f $(foreach t,corekit $(names:%=$(TOOL_PREFIX)%),$(DESTDIR)$(sbindir)/$t $(DESTDIR)$(mandir)/man8/$t.8 \
		$(DESTDIR)$(bashdir)/$t $(DESTDIR)$(zshdir)/_$t $(DESTDIR)$(fishdir)/$t.fish) $(names:%=$(DESTDIR)$(schemadir)/%.json)
	-rmdir -p $(DESTDIR)$(schemadir) 2>/dev/null

# One file that needs nothing: every tool.
static: $(OUT)/bin/corekit

# What tools/btf runs.
$(OUT)/btf: tools/lib/btf.c | check
	$(call say,LINK,$@)
	$(CC) $(ALL_CFLAGS) $< $(ALL_LDFLAGS) $(LIBS) -o $@

# A release into $(OUT)/dist: sources, the static binary, what it is made of, and checksums.
dist: static
	ARCH="$(ARCH)" PKG_CONFIG="$(PKG_CONFIG)" CROSS_COMPILE="$(CROSS_COMPILE)" RUN="$(RUN)" tools/dist $(OUT)/dist $(OUT)/bin/corekit

clean:
	rm -rf $(OUT)

-include tests/tests.mk
-include $(objs:.o=.d) $(lib:.o=.d) $(paths:%=$(OUT)/%.bpf.d)
.PHONY: all static dist check install uninstall clean $(names)
.DELETE_ON_ERROR:
.SECONDARY:
