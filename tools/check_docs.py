#!/usr/bin/env python3
"""Hold the documentation to the tree: what it names has to exist.

- relative links in *.md lead to files;
- the "component -> file" table of docs/architecture.md names existing files and every module;
- README.md mentions only commands that docs/commands lists, and lists each;
- CHANGELOG.md has an entry for the version in CMakeLists.txt;
- no page holds a path of somebody's machine.

usage: tools/check_docs.py [ROOT]
"""
import pathlib
import re
import subprocess
import sys

LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")
MACHINE_PATH = re.compile(r"/(?:home|Users)/[a-z][\w-]*|/root/")
COMMON_ROOTS = {"tmp", "var", "usr", "opt", "srv", "mnt", "home", "root"}


def names_machine(line, root):
    """True for a home directory and for the odd top-level folder this checkout lies in."""
    top = root.resolve().parts[1]
    # At the start of a path only: /var/lib/poststack/ is fine in a checkout at /poststack.
    own = top not in COMMON_ROOTS and re.search(rf"(?<![\w.>/-])/{re.escape(top)}/", line)
    return bool(own) or MACHINE_PATH.search(line) is not None


def tracked_pages(root):
    """The Markdown files of the repository; without git, those of the folder."""
    run = subprocess.run(
        ["git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        capture_output=True, text=True, check=False,
    )
    names = run.stdout.splitlines() if run.returncode == 0 else None
    paths = [root / name for name in names] if names is not None else root.rglob("*.md")
    return sorted(path for path in paths if path.is_file())


def broken_links(root, page):
    in_code = False
    for number, line in enumerate(page.read_text().splitlines(), 1):
        if line.startswith("```"):
            in_code = not in_code
        where = f"{page.relative_to(root)}:{number}"
        if names_machine(line, root):
            yield f"{where}: a path of one machine"
        if in_code:
            continue
        for target in LINK.findall(line):
            if "://" in target or target.startswith("mailto:"):
                continue
            if not (page.parent / target).exists():
                yield f"{where}: {target} does not exist"


def architecture_problems(root):
    page = root / "docs" / "architecture.md"
    if not page.exists():
        yield "docs/architecture.md is missing"
        return
    # Only the table of components: other tables name what is made at run time.
    text = page.read_text().partition("## Components")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| *[^|]+\| *`([^`]+)`", text, re.MULTILINE)
    for name in rows:
        if not (root / name).exists():
            yield f"docs/architecture.md: {name} does not exist"
    for module in sorted(path.name for path in (root / "src").iterdir() if path.is_dir()):
        if not any(name.startswith(f"src/{module}/") for name in rows):
            yield f"docs/architecture.md: no file of module {module} in the table"


def command_problems(root):
    index = root / "docs" / "commands" / "README.md"
    readme = root / "README.md"
    if not (index.exists() and readme.exists()):
        yield "README.md or docs/commands/README.md is missing"
        return
    commands = re.findall(r"^\| \[`poststack ([^`]+)`\]", index.read_text(), re.MULTILINE)
    words = {tuple(command.split()[:length]) for command in commands for length in (1, 2, 3)}
    text = readme.read_text()
    for number, line in enumerate(text.splitlines(), 1):
        for typed in re.findall(r"(?:^\$ |`)poststack ([a-z][a-z -]*)", line):
            typed_words = tuple(typed.split())
            if not any(typed_words[:length] in words for length in (1, 2, 3)):
                yield f"README.md:{number}: there is no command \"{typed.strip()}\""
    for command in commands:
        if f"docs/commands/{command.replace(' ', '-')}.md" not in text:
            yield f"README.md: no link to \"{command}\""


def version_problems(root):
    version = re.search(r"VERSION (\d+\.\d+\.\d+)", (root / "CMakeLists.txt").read_text()).group(1)
    changelog = root / "CHANGELOG.md"
    if not changelog.exists() or f"## {version}" not in changelog.read_text():
        yield f"CHANGELOG.md: no entry for {version}"


def check(root):
    """All problems below `root`, as printable lines."""
    problems = [line for page in tracked_pages(root) for line in broken_links(root, page)]
    problems += architecture_problems(root)
    problems += command_problems(root)
    problems += version_problems(root)
    return problems


if __name__ == "__main__":
    found = check(pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve())
    sys.exit("\n".join(found) or 0)
