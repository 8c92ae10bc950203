#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What who uses no mouse, or does not see well, needs of the status page.

    page_access.py DIRECTORY

Text has a contrast of 4.5 (WCAG 2.2 AA) to what is behind it, light and dark. Each section has a
name, each column a head, each table that may be wider than the screen takes the focus in order to
be scrolled by keys, and the state is told as it changes. Prints what is not so.
"""
import html.parser
import pathlib
import re
import sys

TEXT = ["text", "soft", "accent", "good", "warn", "bad"]
BEHIND = ["back", "panel"]

problems = []


def luminance(colour):
    if len(colour) == 4:
        colour = "#" + "".join(2 * c for c in colour[1:])
    parts = [int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
                        for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def check_colours(css):
    blocks = re.findall(r":root \{(.*?)\}", css, re.S)
    if len(blocks) != 2 or "prefers-color-scheme: dark" not in css:
        problems.append("there are not two sets of colours")
    for name, block in zip(("light", "dark"), blocks):
        colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{3,6});", block))
        for text in TEXT:
            for behind in BEHIND:
                ratio = contrast(colours[text], colours[behind])
                if ratio < 4.5:
                    problems.append(f"{name}: {text} on {behind} has a contrast of {ratio:.1f}")
    if ":focus-visible" not in css:
        problems.append("nothing shows the focus")


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.ids, self.named, self.open, self.count = set(), [], [], {}

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.count[tag] = self.count.get(tag, 0) + 1
        self.ids.add(attrs.get("id"))
        self.named += attrs.get("aria-labelledby", "").split()
        if tag == "html" and not attrs.get("lang"):
            problems.append("the page has no language")
        if tag == "section" and not attrs.get("aria-labelledby"):
            problems.append("a section has no name")
        if tag == "th" and attrs.get("scope") not in ("col", "row"):
            problems.append("a head is not that of a column or row")
        if tag == "table" and not any(a.get("role") == "region" and a.get("tabindex") == "0" and
                                      a.get("aria-labelledby") for a in self.open):
            problems.append("a table cannot be scrolled by keys")
        if attrs.get("id") == "state" and attrs.get("role") != "status":
            problems.append("the state is not told as it changes")
        if tag not in ("meta", "link", "script"):
            self.open.append({**attrs, "tag": tag})

    def handle_endtag(self, tag):
        if self.open and self.open[-1]["tag"] == tag:
            self.open.pop()


def check_page(text):
    page = Page()
    page.feed(text)
    problems.extend(f"nothing has the id {name}" for name in page.named
                    if name not in page.ids)
    if page.count.get("table", 0) < 4 or not {"main", "h1", "header"} <= page.count.keys():
        problems.append("parts of the page are missing")
    if 'class="skip"' not in text:
        problems.append("there is no link past the header")


directory = pathlib.Path(sys.argv[1])
check_colours((directory / "page.css").read_text(encoding="utf-8"))
check_page((directory / "index.html").read_text(encoding="utf-8"))
print("\n".join(problems), end="\n" if problems else "")
sys.exit(bool(problems))
