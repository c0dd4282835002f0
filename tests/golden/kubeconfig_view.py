#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`kubectl --kubeconfig F config view --raw --flatten -o json` for machines without kubectl: reads the
plain kubeconfig that knarr writes (maps, lists of maps, texts) and prints it as JSON."""
import json, sys


def parse(lines, depth):
    """Lines as (indent, text); gives a value and what is left."""
    if lines and lines[0][1].startswith("- "):
        items = []
        while lines and lines[0][0] == depth and lines[0][1].startswith("- "):
            lines[0] = (depth + 2, lines[0][1][2:])
            item, lines = parse(lines, depth + 2)
            items.append(item)
        return items, lines
    result = {}
    while lines and lines[0][0] == depth and not lines[0][1].startswith("- "):
        key, _, value = lines[0][1].partition(":")
        lines, value = lines[1:], value.strip()
        if value in ("", "{}"):
            if value == "" and lines and (lines[0][0] > depth or lines[0][1].startswith("- ")):
                result[key], lines = parse(lines, lines[0][0])
            else:
                result[key] = {} if value else None
        else:
            result[key] = value.strip("\"'")
    return result, lines


path = sys.argv[sys.argv.index("--kubeconfig") + 1]
text = [(len(l) - len(l.lstrip()), l.strip()) for l in open(path).read().splitlines() if l.strip()]
print(json.dumps(parse(text, 0)[0]))
