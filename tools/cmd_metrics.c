// SPDX-License-Identifier: GPL-2.0
/* metrics: what the kernel counts, for a monitoring system. */
#include <string.h>
#include <time.h>

#include "gauges.h"
#include "listen.h"
#include "metrics.h"
#include "object.h"
#include "serve.h"

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

/* What cannot be read is written as zeros: a file that nobody writes any more would say "up" */
static int metrics_print(struct ctl *ctl, bool open)
{
	double began = seconds();
	struct gauges g = {};
	struct nl_error e;
	int ret;

	ret = gauges_module_is_away() ? ctl_no_module(ctl) : ctl_open(ctl);
	if (!ret && gauges_read(&ctl->nl, &g, &e)) {
		ret = kernel_error(ctl, NULL, NULL, &e);
		gauges_free(&g);
	}
	if (g.hidden)
		warn(ctl, NULL, NULL,
		     "gateways, addresses and subnets are shown to root only: sudo natgwctl metrics");
	metrics_write(stdout, open, &g, seconds() - began);
	gauges_free(&g);
	return ret;
}

static int metrics_serve(struct ctl *ctl, int argc, char **argv)
{
	struct serve serve = { .ctl = ctl };
	const char *at = NULL;
	struct parse_error e;
	int i;

	for (i = 0; i < argc; i += 2) {
		if (i + 1 == argc)
			return usage_error(ctl, NULL, "%s: its value is missing", argv[i]);
		if (!strcmp(argv[i], "--listen"))
			at = argv[i + 1];
		else if (strcmp(argv[i], "--host"))
			return usage_error(ctl, NULL, "%s: unknown word, see natgwctl help metrics",
					   argv[i]);
		else if (serve.n_hosts < SERVE_HOSTS)
			serve.hosts[serve.n_hosts++] = argv[i + 1];
		else
			return usage_error(ctl, NULL, "%s: %u names at most", argv[i], SERVE_HOSTS);
	}
	if (!at)
		return usage_error(ctl, NULL, "--host: --listen is missing");
	serve.n_fds = listen_open(at, serve.fds, &e);
	if (serve.n_fds < 0)
		return usage_error(ctl, NULL, "--listen %s: %s", at, e.text);
	return serve_run(&serve);
}

static int metrics_run(struct ctl *ctl, const struct object *obj, int argc, char **argv)
{
	bool text = argc && !strcmp(argv[0], "text");

	ctl_command(ctl, obj->word, NULL, NULL);
	if (ctl->batch)
		return usage_error(ctl, NULL, "cannot stand in a batch");
	if (argc && !strncmp(argv[0], "--", 2))
		return metrics_serve(ctl, argc, argv);
	if (argc > text)
		return usage_error(ctl, NULL, "%s: unknown word, see natgwctl help metrics",
				   argv[text]);
	return metrics_print(ctl, !text);
}

static const char *const words[] = { "text", NULL };
static const char *const options[] = { "--listen ADDR:PORT", "--host NAME", NULL };

const struct object metrics_object = {
	.word = "metrics",
	.about = "gauges and counters as OpenMetrics, for Prometheus; text: its older format",
	.words = words,
	.options = options,
	.run = metrics_run,
};
