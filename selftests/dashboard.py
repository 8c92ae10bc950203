#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Asks Prometheus what each panel of a Grafana dashboard asks, and how Grafana asks it.

    dashboard.py DASHBOARD.json URL SECONDS SCRAPE > ANSWERS.json

SECONDS is the time until now that is shown, SCRAPE the seconds between two scrapes. Variables get
all values that their own queries find. Standard error has a line for each query: panel, number of
series, number of values that are no NaN. Exit status 1: one has no value, or is refused.
"""
import json
import re
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

POINTS = 100


def ask(url, path, **arguments):
    query = urllib.parse.urlencode(arguments)
    try:
        with urllib.request.urlopen(f"{url}/api/v1/{path}?{query}", timeout=30) as answer:
            return json.load(answer)["data"]
    except urllib.error.HTTPError as error:
        sys.exit(f"{query}: {error.read().decode()}")


def all_of(values):
    """As Grafana puts several values of a variable into a regular expression."""
    quoted = [re.sub(r"[$^*{}\[\]'+?.()|]", r"\\\\\g<0>", v) for v in values]
    return quoted[0] if len(quoted) == 1 else f"({'|'.join(quoted)})"


def fill_in(text, variables):
    return re.sub(r"\$(\w+)", lambda m: variables.get(m[1], m[0]), text)


def variables_of(board, url, scrape):
    variables = {"__rate_interval": f"{4 * scrape}s", "datasource": "prometheus"}
    for variable in board["templating"]["list"]:
        if variable["type"] != "query":
            continue
        query = re.fullmatch(r"label_values\((.*), *(\w+)\)", variable["query"]["query"])
        values = ask(url, f"label/{query[2]}/values",
                     **{"match[]": fill_in(query[1], variables)})
        if not values:
            sys.exit(f"variable {variable['name']} has no value")
        variables[variable["name"]] = all_of(values)
    return variables


def legend(target, labels):
    return re.sub(r"{{ *(\w+) *}}", lambda m: labels.get(m[1], ""), target["legendFormat"])


def answer(target, variables, url, begin, end, step):
    query = fill_in(target["expr"], variables)
    if target.get("instant"):
        data = ask(url, "query", query=query, time=end)
    else:
        data = ask(url, "query_range", query=query, start=begin, end=end, step=step)
    series = []
    for result in data["result"]:
        values = result.get("values") or [result["value"]]
        series.append({"legend": legend(target, result["metric"]),
                       "values": [[at - begin, float(value)] for at, value in values]})
    return {"query": query, "series": series}


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        board = json.load(file)
    url, seconds, scrape = sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
    end = int(time.time())
    step = max(scrape, -(-seconds // POINTS))
    variables = variables_of(board, url, scrape)
    panels = []
    lacking = False
    for panel in board["panels"]:
        targets = [answer(target, variables, url, end - seconds, end, step)
                   for target in panel["targets"]]
        for target in targets:
            known = sum(v == v for series in target["series"] for _, v in series["values"])
            print(f"{panel['title']}: {len(target['series'])} series, {known} values",
                  file=sys.stderr)
            if not known:
                print(f"    {target['query']}", file=sys.stderr)
                lacking = True
        defaults = panel["fieldConfig"]["defaults"]
        panels.append({"title": panel["title"], "type": panel["type"], "place": panel["gridPos"],
                       "unit": defaults["unit"], "max": defaults.get("max"),
                       "steps": defaults.get("thresholds", {}).get("steps", []),
                       "targets": targets})
    json.dump({"title": board["title"], "seconds": seconds, "panels": panels}, sys.stdout)
    sys.exit(lacking)


main()
