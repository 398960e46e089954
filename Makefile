# SPDX-License-Identifier: Apache-2.0
# knamed: build, test, run. `make help` lists the targets.

SAN     ?=
VARIANT := $(if $(SAN),$(subst $(eval) ,-,$(subst $(comma),-,$(SAN))),plain)
BUILD   ?= build
V       ?= 0
Q       := $(if $(filter 0,$(V)),@,)
comma   := ,
OBJ     := $(BUILD)/$(if $(SAN),$(subst $(comma),-,$(SAN)),obj)

# The architecture: which stage may use which. STAGES is also the link order, users first.
STAGES       := serve policy answers source model config observe dns base
USES_base    :=
USES_dns     := base
USES_observe := base
USES_config  := base
USES_model   := dns base
USES_source  := model config observe dns base
USES_answers := model dns base
USES_policy  := answers config observe dns base
USES_serve   := answers policy config observe dns base

CC       := gcc
AR       := gcc-ar
PACKAGES := libcurl libevent libevent_pthreads jansson liburcu-qsbr yaml-0.1 libcrypto
CFLAGS   ?= -O2 -g
WARN     := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wundef -Wpointer-arith \
            -Wwrite-strings -Werror
ALL      := -std=gnu17 -D_GNU_SOURCE -Iinclude $(WARN) $(CFLAGS) -fno-strict-aliasing -pthread -fstack-protector-strong
ifeq ($(SAN),)
ALL      += -flto=auto -D_FORTIFY_SOURCE=2
else
ALL      += -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif
LDLIBS   = $(shell pkg-config --libs $(PACKAGES)) -lldns -lm

.SECONDARY:
.DELETE_ON_ERROR:

all: $(BUILD)/knamed $(BUILD)/knamectl ## build the server and the tool

closure = $1 $(foreach used,$(USES_$1),$(call closure,$(used)))
libs    = $(patsubst %,$(OBJ)/lib%.a,$(filter $(call closure,$1),$(STAGES)))

$(OBJ)/%.o: %.c
	$(Q)mkdir -p $(@D)
	$(if $(Q),@echo "  CC $<")
	$(Q)$(CC) $(ALL) $(STAGE_FLAGS) -MMD -MP -c -o $@ $<

define stage
$(OBJ)/lib$1.a: $(patsubst %.c,$(OBJ)/%.o,$(wildcard src/$1/*.c))
	$(Q)rm -f $$@
	$(Q)$(AR) rcs $$@ $$^
UNIT_$1 := $(patsubst %.c,$(OBJ)/%,$(wildcard tests/unit/$1/*_test.c))
$(patsubst %.c,$(OBJ)/%.o,$(wildcard tests/unit/$1/*_test.c)): STAGE_FLAGS := -Isrc/$1
$$(UNIT_$1): %: %.o $(call libs,$1)
	$(if $(Q),@echo "  LD $$(@F)")
	$(Q)$(CC) $(ALL) $(LDFLAGS) -o $$@ $$^ $$(LDLIBS) -lcmocka
UNIT += $$(UNIT_$1)
test-$1: $$(UNIT_$1)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $$^
endef
$(foreach s,$(STAGES),$(eval $(call stage,$s)))

MAIN := $(patsubst %.c,$(OBJ)/%.o,$(wildcard src/*.c))
$(BUILD)/knamed: $(MAIN) $(patsubst %,$(OBJ)/lib%.a,$(STAGES))
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(ALL) $(LDFLAGS) -o $@ $^ $(LDLIBS)

CTL := $(patsubst %.c,$(OBJ)/%.o,$(wildcard tools/knamectl/*.c))
$(BUILD)/knamectl: $(CTL) $(call libs,policy) $(call libs,source) $(OBJ)/libanswers.a
	$(if $(Q),@echo "  LD $@")
	$(Q)$(CC) $(ALL) $(LDFLAGS) -o $@ $(CTL) $(patsubst %,$(OBJ)/lib%.a,$(filter-out serve,$(STAGES))) $(LDLIBS)

unit: $(UNIT)
	$(Q)CMOCKA_MESSAGE_OUTPUT=TAP prove -e '' $^

-include $(shell find $(OBJ) -name '*.d' 2>/dev/null)
.PHONY: all unit $(patsubst %,test-%,$(STAGES))
