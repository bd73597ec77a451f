#!/usr/bin/env python3
"""Fail when a file includes what its module may not use.

The rules are those of docs/architecture.md: a module includes only lower layers, never a sibling,
and each third-party library has one owner. usage: tools/check_includes.py [ROOT]
"""
import pathlib
import re
import sys

LAYERS = [
    {"base"},
    {"sys"},
    {"http", "config", "pg", "pgfiles"},
    {"engine", "supervise"},
    {"instance", "catalog"},
    {"migrate"},
    {"lint"},
    {"workflow"},
    {"cli"},
]
RANK = {module: rank for rank, layer in enumerate(LAYERS) for module in layer}
RANK["client"] = RANK["pg"]  # the public library (include/poststack): base, sys and pg below it
MAY_ALSO = {"client": {"pg"}}

# Which module alone may include a library. "" stands for: in .cc files of any module.
OWNERS = {
    "libpq-fe.h": {"pg", "client"},
    "libpq/": {"pg", "client"},
    "yaml-cpp/": {"config"},
    "CLI/": {"cli"},
    "sodium": {"sys", "base"},
    "pg_query": {"lint"},
}
CLI11_FILE = "src/cli/parser.cc"
NOT_IN_HEADERS = {"nlohmann/json.hpp": "include base/json.h", "iostream": "include <iosfwd>"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def module_of(path):
    """src/pg/x.cc belongs to pg, src/main.cc to cli, include/poststack to client."""
    if path.parts[0] == "include":
        return "client"
    return path.parts[1] if len(path.parts) > 2 else "cli"


def problems_of(root, path):
    module = module_of(path)
    is_test = path.stem.endswith("_test")
    for number, line in enumerate((root / path).read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        if not match:
            continue
        quote, name = match.groups()
        where = f"{path}:{number}"
        if module not in RANK:
            yield f"{where}: module {module} is not in the layers"
            return
        if "../" in name:
            yield f"{where}: include paths start at src/, not {name}"
        other = name.split("/")[0]
        if quote == '"' and other in RANK and other != module:
            allowed = RANK[other] < RANK[module] or other in MAY_ALSO.get(module, set())
            if not allowed:
                yield f"{where}: {module} may not include {name}"
        for prefix, owners in OWNERS.items():
            if name.startswith(prefix) and module not in owners and not is_test:
                yield f"{where}: only {', '.join(sorted(owners))} may include {name}"
        if name.startswith("CLI/") and str(path) != CLI11_FILE:
            yield f"{where}: only {CLI11_FILE} may include {name}"
        if path.suffix == ".h" and name in NOT_IN_HEADERS:
            yield f"{where}: {name} stays out of headers: {NOT_IN_HEADERS[name]}"


def check(root):
    """All violations below `root`, as printable lines."""
    files = sorted(
        path.relative_to(root)
        for top in ("src", "include")
        for path in (root / top).rglob("*")
        if path.suffix in (".cc", ".h")
    )
    return [problem for path in files for problem in problems_of(root, path)]


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    sys.exit("\n".join(found) or 0)
