#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turns the netlink specification into tables of C for fuzz_netlink.c.

	fuzz_table.py natgw.yaml > fuzz_table.h
"""

import sys

import yaml

KINDS = {"u32": "KIND_U32", "u64": "KIND_U64", "string": "KIND_STRING", "binary": "KIND_BINARY",
         "nest": "KIND_NEST", "pad": "KIND_PAD"}


def enums(spec):
    """Number of entries by name of the enum."""
    return {d["name"]: len(d["entries"]) for d in spec["definitions"] if "entries" in d}


def complete(spec):
    """Attribute sets by name, subsets with the types of what they are taken from."""
    sets = {s["name"]: s for s in spec["attribute-sets"]}
    for s in sets.values():
        if "subset-of" in s:
            whole = {a["name"]: (i, a)
                     for i, a in enumerate(sets[s["subset-of"]]["attributes"], 1)}
            s["numbered"] = [(whole[a["name"]][0], {**whole[a["name"]][1], **a})
                             for a in s["attributes"]]
        else:
            s["numbered"] = list(enumerate(s["attributes"], 1))
    return sets


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        spec = yaml.safe_load(file)
    sets = complete(spec)
    index = {name: i for i, name in enumerate(sets)}
    entries = enums(spec)
    print("/* SPDX-License-Identifier: GPL-2.0 */")
    print("/* Made by fuzz_table.py of the netlink specification. */")
    for name, s in sets.items():
        print(f"static const struct fuzz_attr attrs_{index[name]}[] = {{")
        for number, a in s["numbered"]:
            nest = index[a["nested-attributes"]] if "nested-attributes" in a else -1
            print(f'\t{{ "{a["name"]}", {number}, {KINDS[a["type"]]}, '
                  f'{"true" if a.get("multi-attr") else "false"}, {nest}, '
                  f'{entries.get(a.get("enum"), 0)} }},')
        print("};\n")
    print("static const struct fuzz_set sets[] = {")
    for name, i in index.items():
        print(f'\t{{ "{name}", attrs_{i}, {len(sets[name]["numbered"])} }},')
    print("};\n")
    ops = []
    for number, op in enumerate(spec["operations"]["list"], 1):
        if "do" not in op and "dump" not in op:
            continue
        wanted = []
        for mode in ("do", "dump"):
            for a in op.get(mode, {}).get("request", {}).get("attributes", []):
                if a not in wanted:
                    wanted.append(a)
        ops.append((op, number, wanted))
    for op, number, wanted in ops:
        where = {a["name"]: i
                 for i, (_, a) in enumerate(sets[op["attribute-set"]]["numbered"])}
        print(f"static const unsigned short wanted_{number}[] = "
              f"{{ {', '.join(str(where[a]) for a in wanted) or '0'} }};")
    print("\nstatic const struct fuzz_op ops[] = {")
    for op, number, wanted in ops:
        right = "true" if "uns-admin-perm" in op.get("flags", []) else "false"
        print(f'\t{{ "{op["name"]}", {number}, {index[op["attribute-set"]]}, wanted_{number}, '
              f'{len(wanted)}, {"true" if "do" in op else "false"}, '
              f'{"true" if "dump" in op else "false"}, {right} }},')
    print("};")


if __name__ == "__main__":
    main()
