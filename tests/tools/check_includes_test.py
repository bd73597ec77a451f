"""Plants violations and expects check_includes.py to name each, and nothing else."""
import pathlib
import subprocess
import sys
import tempfile
import unittest

TOOL = pathlib.Path(__file__).resolve().parents[2] / "tools" / "check_includes.py"


class CheckIncludes(unittest.TestCase):
    def check(self, files):
        with tempfile.TemporaryDirectory() as root:
            for name, text in files.items():
                path = pathlib.Path(root, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            run = subprocess.run(
                [sys.executable, TOOL, root], capture_output=True, text=True, check=False
            )
        self.assertEqual(run.returncode, 1 if run.stderr.strip() else 0)
        return run.stderr.strip().splitlines()

    def test_lower_layers_and_own_files_are_fine(self):
        self.assertEqual(
            self.check(
                {
                    "src/cli/status.cc": '#include "workflow/status.h"\n#include "cli/command.h"\n',
                    "src/pg/result.cc": '#include <libpq-fe.h>\n#include "base/error.h"\n',
                    "src/main.cc": '#include "cli/run.h"\n',
                }
            ),
            [],
        )

    def test_a_higher_layer_is_named_with_its_line(self):
        self.assertEqual(
            self.check({"src/base/text.cc": '#include <string>\n#include "sys/file.h"\n'}),
            ["src/base/text.cc:2: base may not include sys/file.h"],
        )

    def test_siblings_may_not_know_each_other(self):
        self.assertEqual(
            self.check({"src/config/x.h": '#include "pg/connection.h"\n'}),
            ["src/config/x.h:1: config may not include pg/connection.h"],
        )

    def test_a_library_has_one_owner(self):
        self.assertEqual(
            self.check(
                {
                    "src/migrate/a.cc": "#include <libpq-fe.h>\n",
                    "src/pg/b.cc": "#include <yaml-cpp/yaml.h>\n",
                    "src/cli/status.cc": "#include <CLI/CLI.hpp>\n",
                }
            ),
            [
                "src/cli/status.cc:1: only src/cli/parser.cc may include CLI/CLI.hpp",
                "src/migrate/a.cc:1: only client, pg may include libpq-fe.h",
                "src/pg/b.cc:1: only config may include yaml-cpp/yaml.h",
            ],
        )

    def test_json_stays_out_of_headers(self):
        self.assertEqual(
            self.check({"src/pg/a.h": "#include <nlohmann/json.hpp>\n"}),
            ["src/pg/a.h:1: nlohmann/json.hpp stays out of headers: include base/json.h"],
        )

    def test_an_unknown_module_is_refused(self):
        self.assertEqual(
            self.check({"src/extra/a.cc": '#include "base/error.h"\n'}),
            ["src/extra/a.cc:1: module extra is not in the layers"],
        )

    def test_relative_paths_are_refused(self):
        self.assertEqual(
            self.check({"src/pg/a.cc": '#include "../base/error.h"\n'}),
            ["src/pg/a.cc:1: include paths start at src/, not ../base/error.h"],
        )


if __name__ == "__main__":
    unittest.main()
