# SPDX-License-Identifier: GPL-2.0
# natgw: kernel module and tool of a NAT gateway. `make help` lists the targets.
#
# KDIR=	headers or build tree of the kernel to build the module for (default: the
#	running kernel's), or 6.1, 6.12, 7.x, um for the cached kernels of scripts/vm
# V=1	print commands

KDIR ?= /lib/modules/$(shell uname -r)/build
DESTDIR ?=
PREFIX ?= /usr/local
# Where zsh looks; its packages in Debian look in /usr/share/zsh/vendor-completions
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions

NAMED := 6.1 6.12 7.x um
have_headers := $(or $(filter $(KDIR),$(NAMED)),$(wildcard $(KDIR)/Makefile))

Q := $(if $(V),,@)

LABS := loadbalancer managed userassigned udr zones

.PHONY: all kmod tools load unload install uninstall dist deb demo labs bench check check-quick check-full fuzz soak mutants coverage lint unit deps clean help

all: tools $(if $(have_headers),kmod,no-headers) ## Build natgwctl and, where headers are, natgw.ko

.PHONY: no-headers
no-headers:
	@echo "natgw.ko: not built, there are no headers of kernel $$(uname -r) in $(KDIR)." >&2
	@echo "  Install them (apt-get install linux-headers-$$(uname -r)) or name others: make KDIR=..." >&2
	@echo "  scripts/vm builds the module for its guests by itself." >&2

kmod: ## Build kmod/natgw.ko for the running kernel, or for KDIR=
	$(if $(have_headers),,$(error no kernel headers in $(KDIR): install linux-headers-$(shell uname -r) or give KDIR=))
	$(Q)ko=$$(scripts/build-kmod $(KDIR) $(if $(V),V=$(V))) && cp "$$ko" kmod/natgw.ko

tools: ## Build tools/natgwctl
	$(Q)$(MAKE) -C tools

load: ## Load natgw.ko and what it needs into the running kernel
	modprobe nf_defrag_ipv4
	insmod kmod/natgw.ko

unload: ## Remove natgw.ko from the running kernel
	rmmod natgw

# Of the kernel that kmod/natgw.ko was built for
release = $(firstword $(shell modinfo -F vermagic kmod/natgw.ko))

# systemd reads both of /usr/local/lib and /usr/lib
UNITDIR = $(PREFIX)/lib/systemd/system
UNITS := natgw-guard.service natgw.service natgw-state.service natgw-flush.service \
	natgw-flowlog.service natgw-metrics.service natgw-metrics.socket
# logrotate reads nothing below /usr/local
LOGROTATE := /etc/logrotate.d/natgw
EXAMPLEDIR = $(PREFIX)/share/doc/natgw/examples

install: ## Install natgw.ko, natgwctl and units of systemd (DESTDIR=, PREFIX=/usr/local)
	$(Q)test -e tools/natgwctl || { echo "install: run make first" >&2; exit 1; }
	install -D -m 755 tools/natgwctl $(DESTDIR)$(PREFIX)/sbin/natgwctl
	install -D -m 644 tools/natgwctl.zsh $(DESTDIR)$(ZSHDIR)/_natgwctl
	install -D -m 644 tools/natgwctl.fish \
		$(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/natgwctl.fish
	install -D -m 644 tools/natgw.conf.5 $(DESTDIR)$(PREFIX)/share/man/man5/natgw.conf.5
	install -D -m 644 tools/natgw.7 $(DESTDIR)$(PREFIX)/share/man/man7/natgw.7
	install -D -m 644 tools/natgwctl.8 $(DESTDIR)$(PREFIX)/share/man/man8/natgwctl.8
	install -D -m 644 tools/natgwctl.bash \
		$(DESTDIR)$(PREFIX)/share/bash-completion/completions/natgwctl
	@# the units say where natgwctl is
	$(Q)set -e; for unit in $(UNITS); do \
		install -D -m 644 contrib/systemd/$$unit $(DESTDIR)$(UNITDIR)/$$unit; \
		sed -i 's|/usr/sbin|$(PREFIX)/sbin|g' $(DESTDIR)$(UNITDIR)/$$unit; \
	done
	install -D -m 644 contrib/modules-load.d/natgw.conf \
		$(DESTDIR)$(PREFIX)/lib/modules-load.d/natgw.conf
	install -D -m 644 contrib/natgw.conf.example $(DESTDIR)$(EXAMPLEDIR)/natgw.conf.example
	install -D -m 644 contrib/sysctl.d/60-natgw.conf.example \
		$(DESTDIR)$(EXAMPLEDIR)/60-natgw.conf.example
	install -D -m 644 contrib/prometheus/natgw.rules.yml $(DESTDIR)$(EXAMPLEDIR)/natgw.rules.yml
	install -D -m 644 contrib/grafana/natgw.json $(DESTDIR)$(EXAMPLEDIR)/grafana-natgw.json
	@# what the operator has changed stays
	$(Q)test -e $(DESTDIR)$(LOGROTATE) || { set -x; \
		install -D -m 644 contrib/logrotate/natgw $(DESTDIR)$(LOGROTATE); }
	$(Q)if [ -e kmod/natgw.ko ]; then \
		set -x; \
		install -D -m 644 kmod/natgw.ko $(DESTDIR)/lib/modules/$(release)/updates/natgw.ko && \
		{ [ -n "$(DESTDIR)" ] || depmod $(release); }; \
	else \
		echo "install: no kmod/natgw.ko, natgwctl only" >&2; \
	fi

uninstall: ## Remove what install brought
	rm -f $(DESTDIR)$(PREFIX)/sbin/natgwctl
	rm -f $(DESTDIR)$(ZSHDIR)/_natgwctl
	rm -f $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d/natgwctl.fish
	rm -f $(DESTDIR)$(PREFIX)/share/man/man5/natgw.conf.5
	rm -f $(DESTDIR)$(PREFIX)/share/man/man7/natgw.7
	rm -f $(DESTDIR)$(PREFIX)/share/man/man8/natgwctl.8
	rm -f $(DESTDIR)$(PREFIX)/share/bash-completion/completions/natgwctl
	rm -f $(addprefix $(DESTDIR)$(UNITDIR)/,$(UNITS))
	rm -f $(DESTDIR)$(PREFIX)/lib/modules-load.d/natgw.conf
	@# a package may have taken it over
	$(Q)dpkg-query $(addprefix --root=,$(DESTDIR)) -S $(LOGROTATE) >/dev/null 2>&1 || { set -x; \
		rm -f $(DESTDIR)$(LOGROTATE); }
	rm -rf $(DESTDIR)$(EXAMPLEDIR)
	@# compressed, too
	rm -f $(DESTDIR)/lib/modules/*/updates/natgw.ko*
	$(if $(DESTDIR),,depmod)

dist: ## Make the source tarball build/natgw-VERSION.tar.gz
	$(Q)scripts/dist

deb: ## Build the Debian packages natgw-dkms and natgwctl in build/deb
	$(Q)scripts/deb

demo: ## Show the gateway at work in a router VM: real clients, servers, addresses
	$(Q)scripts/demo

# LAB_ARGS="--kernel um", see scripts/lab --help
lab-loadbalancer: ## Lab: load balancer outbound: ports preallocated, one node starves
lab-managed: ## Lab: managed NAT gateway: static addresses for an allow-list
lab-userassigned: ## Lab: a NAT gateway of one's own; node masquerade on and off
lab-udr: ## Lab: user-defined routes to a firewall that allows names; ingress beside it
lab-zones: ## Lab: a gateway in each zone, and the uplink of one goes down

.PHONY: $(addprefix lab-,$(LABS))
$(addprefix lab-,$(LABS)): lab-%:
	$(Q)scripts/lab $* $(LAB_ARGS)

labs: ## All labs, one after the other
	$(Q)scripts/lab all $(LAB_ARGS)

bench: ## Compare with plain forwarding and nft, in instructions (BENCH_KERNEL=6.12 6.1)
	$(Q)scripts/bench $(addprefix --kernel ,$(BENCH_KERNEL))

check: ## Run the tests; what costs much in part or by turns; installs what they need
	$(Q)scripts/check

check-quick: ## Style, unit tests and the heart of the selftests: before each commit
	$(Q)scripts/check --quick

check-full: ## Full sizes, every test on um, 6.12, 6.1 and 7.x, each step of the labs left out; no KCSAN
	$(Q)scripts/check --full

unit: ## Run the tests that need no kernel
	$(Q)$(MAKE) -C selftests/unit check

fuzz: ## Fuzz what the tool reads, by libFuzzer (clang): FUZZ_SECONDS=60 with each fuzzer
	$(Q)$(MAKE) -C selftests/fuzz run

soak: ## Fuzz the tool and the kernel for SOAK_HOURS=3
	$(Q)scripts/soak $(SOAK_HOURS)

mutants: ## Change the sources, one place at a time: which tests notice? (MUTANTS="--suite um --sample 50")
	$(Q)scripts/mutants $(MUTANTS)

coverage: ## Lines and branches that unit tests and selftests execute; takes hours
	$(Q)scripts/coverage unit
	$(Q)scripts/coverage kmod
	$(Q)scripts/coverage report

lint: ## checkpatch, W=1 on every kernel, sparse on 6.12, shellcheck
	$(Q)scripts/lint

deps: ## Install the Debian packages that all this takes
	$(Q)scripts/deps

clean: ## Remove what was built here; the kernels' cache stays
	rm -rf build kmod/natgw.ko
	$(Q)$(MAKE) -C tools clean
	$(Q)$(MAKE) -C selftests clean

help: ## List the targets
	@sed -n 's/^\([a-z][a-z-]*\):.*## \(.*\)/  \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20
