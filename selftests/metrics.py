#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Reads metrics with the parsers of Prometheus' own Python client, which are strict.

    metrics.py OPENMETRICS [TEXT]

Prints each sample of OPENMETRICS as NAME{LABEL="VALUE",...} VALUE, labels sorted and not escaped
once more. TEXT must have the same samples. Exit status 1: not so.
"""
import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_open
from prometheus_client.parser import text_string_to_metric_families as read_text


def samples(families):
    found = {}
    for family in families:
        if not family.documentation:
            sys.exit(f"{family.name}: no help")
        for s in family.samples:
            labels = ",".join(f'{k}="{v}"' for k, v in sorted(s.labels.items()))
            key = s.name + (f"{{{labels}}}" if labels else "")
            if key in found:
                sys.exit(f"twice: {key}")
            found[key] = s.value
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        opened = samples(read_open(file.read()))
    for key, value in opened.items():
        print(key, int(value) if value == int(value) else value)
    if len(sys.argv) < 3:
        return
    with open(sys.argv[2], encoding="utf-8") as file:
        text = samples(read_text(file.read()))
    passing = "natgw_scrape_seconds"
    growing = "natgw_gateway_headroom_seconds", "natgw_destination_headroom_seconds"
    for key in opened.keys() ^ text.keys():
        # there only while ports grow, and the formats are read one after the other
        if not key.startswith(growing):
            sys.exit(f"in one of the formats only: {key}")
    for key, value in opened.items():
        if key != passing and not key.startswith(growing) and text[key] != value:
            sys.exit(f"{key}: {value}, as text {text[key]}")


main()
