"""Breaks a small documentation on purpose and expects check_docs.py to name each break."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_docs.py"
SOUND = {
    "CMakeLists.txt": "project(poststack VERSION 1.2.3)\n",
    "CHANGELOG.md": "# Changes\n\n## 1.2.3\n",
    "README.md": "`poststack up` starts: [up](docs/commands/up.md).\n",
    "docs/architecture.md": "## Components\n\n| Component | File |\n|---|---|\n| Errors | `src/base/error.h` |\n",
    "docs/commands/README.md": "| [`poststack up`](up.md) | Start |\n",
    "docs/commands/up.md": "# poststack up\n",
    "src/base/error.h": "\n",
}


class CheckDocs(unittest.TestCase):
    def check(self, changes):
        with tempfile.TemporaryDirectory() as root:
            for name, text in {**SOUND, **changes}.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            run = subprocess.run(
                [sys.executable, TOOL, root], capture_output=True, text=True, check=False
            )
        self.assertEqual(run.returncode, 1 if run.stderr.strip() else 0)
        return run.stderr.strip().splitlines()

    def test_sound_documentation_passes(self):
        self.assertEqual(self.check({}), [])

    def test_a_broken_link_is_named(self):
        self.assertEqual(
            self.check({"docs/errors.md": "\n[x](gone.md)\n"}),
            ["docs/errors.md:2: gone.md does not exist"],
        )

    def test_links_in_code_and_to_the_web_are_left_alone(self):
        text = "```\n[x](gone.md)\n```\n[y](https://example.org/z)\n"
        self.assertEqual(self.check({"docs/errors.md": text}), [])

    def test_a_component_without_its_file_is_named(self):
        table = SOUND["docs/architecture.md"] + "| Text | `src/base/text.h` |\n"
        self.assertEqual(
            self.check({"docs/architecture.md": table}),
            ["docs/architecture.md: src/base/text.h does not exist"],
        )

    def test_a_module_without_a_component_is_named(self):
        self.assertEqual(
            self.check({"src/pg/result.h": "\n"}),
            ["docs/architecture.md: no file of module pg in the table"],
        )

    def test_a_command_that_does_not_exist_is_named(self):
        readme = SOUND["README.md"] + "`poststack fly`\n"
        self.assertEqual(
            self.check({"README.md": readme}), ['README.md:2: there is no command "fly"']
        )

    def test_a_command_without_a_link_is_named(self):
        self.assertEqual(self.check({"README.md": "nothing\n"}), ['README.md: no link to "up"'])

    def test_a_version_without_changes_is_named(self):
        self.assertEqual(
            self.check({"CHANGELOG.md": "## 1.2.2\n"}), ["CHANGELOG.md: no entry for 1.2.3"]
        )

    def test_a_path_of_one_machine_is_named(self):
        page = "see " + "/home/" + "me/x\n"
        self.assertEqual(
            self.check({"docs/errors.md": page}), ["docs/errors.md:1: a path of one machine"]
        )


if __name__ == "__main__":
    unittest.main()
