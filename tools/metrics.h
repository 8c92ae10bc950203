/* SPDX-License-Identifier: GPL-2.0 */
/* A reading of gauges as text that Prometheus reads. */
#ifndef NATGWCTL_METRICS_H
#define NATGWCTL_METRICS_H

#include <stdio.h>

#include "gauges.h"

/** METRICS_OPEN, METRICS_TEXT - media types of the two formats */
#define METRICS_OPEN	"application/openmetrics-text; version=1.0.0; charset=utf-8"
#define METRICS_TEXT	"text/plain; version=0.0.4; charset=utf-8"

void metrics_write(FILE *to, bool open, const struct gauges *g, double seconds);
void metrics_label_put(FILE *to, const char *value);

#endif /* NATGWCTL_METRICS_H */
