# SPDX-License-Identifier: GPL-2.0
# The tool's files under ASan and UBSan, compiled once for all programs that test them. Included by
# the Makefiles of unit and fuzz, whose files are two directories below the top.

override CPPFLAGS += -D_GNU_SOURCE -DNATGW_VERSION='"test"' -I../../uapi -I../../tools -I. \
	$(shell pkg-config --cflags libfixbuf)
# scripts/coverage counts what is executed instead: SANITIZE=--coverage
SANITIZE ?= -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
override CFLAGS += -std=gnu11 -O1 -g -Wall -Wextra $(SANITIZE)

# Not for the build of the tool itself
unexport CFLAGS CPPFLAGS

# Leaks are for long-lived programs: the tool ends after one command
export ASAN_OPTIONS := detect_leaks=0:abort_on_error=0

CCACHE := $(shell command -v ccache)

TOOLS := $(filter-out ../../tools/main.c,$(wildcard ../../tools/*.c))
TOOL_DIR := ../../build/tool-asan
TOOL_OBJS := $(TOOLS:../../tools/%.c=$(TOOL_DIR)/%.o)

# tools/page.c includes it
../../tools/page_files.h: $(wildcard ../../tools/page/*)
	@$(MAKE) -s -C ../../tools $(@F)
$(TOOL_DIR)/page.o: ../../tools/page_files.h

$(TOOL_DIR)/%.o: ../../tools/%.c ../tool_objects.mk
	@mkdir -p $(@D)
	$(CCACHE) $(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<
-include $(TOOL_OBJS:.o=.d)
.PRECIOUS: $(TOOL_DIR)/%.o
