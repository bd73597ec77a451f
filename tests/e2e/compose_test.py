"""The compose reader against Debian's docker-compose: both read the same file, and the values that
poststack uses have to be equal. Cases are one service each unless they say more."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import faults

POSTSTACK = os.environ["POSTSTACK"]
ENVIRONMENT = {"TAG": "16", "EMPTY": "", "HOST_PORT": "9000", "HOME": "/home/somebody"}

# Lines below "a:" of a service with an image. Restated from the Compose specification's chapters.
SERVICE_CASES = {
    "short port": 'ports: ["80"]',
    "published port": 'ports: ["8080:80"]',
    "address": 'ports: ["127.0.0.1:8080:80"]',
    "udp": 'ports: ["53:53/udp"]',
    "range": 'ports: ["3000-3002:4000-4002"]',
    "range without host": 'ports: ["3000-3002"]',
    "number": "ports: [80]",
    "long port": "ports: [{target: 80, published: 8080, protocol: udp}]",
    "port by variable": 'ports: ["${HOST_PORT}:80"]',
    "environment list": "environment: [A=1, B=two words, C=]",
    "environment map": "environment: {A: 1, B: two, C: ''}",
    "environment from outside": "environment: [TAG, NOT_SET_AT_ALL]",
    "number in a map": "environment: {A: 123, B: 1.5}",
    "variables": 'environment: {A: "${TAG}", B: "$TAG-x", C: "${NOT_SET:-fall}"}',
    "empty counts": 'environment: {A: "${EMPTY-x}", B: "${EMPTY:-x}"}',
    "dollar": 'environment: {A: "$$TAG", B: "a$$b"}',
    "command text": "command: sh -c 'echo \"a b\" c'",
    "command list": "command: [sh, -c, echo 'a b']",
    "command block": "command: >\n      sh -c\n      'sleep 1'",
    "entrypoint": 'entrypoint: ["/bin/x", "-v"]',
    "entrypoint text": "entrypoint: /bin/x -v",
    "named volume": "volumes: [data:/data]",
    "read-only volume": "volumes: [data:/data:ro]",
    "bind": "volumes: [./src:/src]",
    "parent bind": "volumes: [../src:/src:ro]",
    "home bind": "volumes: [~/src:/src]",
    "absolute bind": "volumes: [/srv/x:/x]",
    "anonymous": "volumes: [/var/lib/x]",
    "long volume": "volumes: [{type: volume, source: data, target: /d, read_only: true}]",
    "long bind": "volumes: [{type: bind, source: ./x, target: /x}]",
    "tmpfs text": "tmpfs: /run",
    "tmpfs list": "tmpfs: [/run, /tmp]",
    "depends list": "depends_on: [b]",
    "depends map": "depends_on: {b: {condition: service_healthy}}",
    "health text": "healthcheck: {test: pg_isready -U x, interval: 10s, timeout: 5s, retries: 3}",
    "health list": "healthcheck: {test: [CMD, pg_isready], interval: 1m30s, start_period: 2m}",
    "health off": "healthcheck: {disable: true}",
    "restart": "restart: unless-stopped",
    "restart on failure": 'restart: "on-failure:5"',
    "user": 'user: "1000:1000"',
    "names": "container_name: one\n    hostname: two\n    working_dir: /w",
    "capabilities": "cap_add: [NET_ADMIN]\n    cap_drop: [ALL]",
    "security": 'security_opt: ["no-new-privileges:true"]\n    read_only: true',
    "stop": "stop_signal: SIGINT\n    stop_grace_period: 1m30s",
    "init": "init: true",
    "hosts": 'extra_hosts: ["db:10.0.0.1"]',
    "labels list": "labels: [a=1, b=two]",
    "labels map": "labels: {a: 1, b: two}",
    "expose": 'expose: ["3000"]',
    "ulimits": "ulimits: {nproc: 100, nofile: {soft: 10, hard: 20}}",
    "shared memory": "shm_size: 128mb",
    "limits": "mem_limit: 512m",
    "sysctls": "sysctls: {net.core.somaxconn: 1024}",
    "logging": "logging: {driver: json-file, options: {max-size: 10m}}",
    "build": "build: .",
    "build parts": "build: {context: ./app, dockerfile: D, target: t, args: {A: 1, B: two}}",
    "network": "networks: [n]",
    "network alias": "networks: {n: {aliases: [x, y]}}",
    "env file": "env_file: some.env",
    "env file and own": "env_file: [some.env]\n    environment: {A: own}",
    "merge key": "<<: *base\n    restart: always",
}



def file_of(cases):
    """A compose file with a service for each of `cases`, a0, a1 and so on."""
    services = "".join(f"  a{number}:\n    image: i\n    {lines}\n"
                       for number, lines in enumerate(cases))
    return ("x-base: &base\n  environment: {FROM: base}\n"
            f"services:\n{services}  b:\n    image: i\n"
            "volumes: {data: {}}\nnetworks: {n: {}}\n")




def read_yaml(text):
    """As docker-compose reads it: by the interpreter that its script names, which has its library."""
    script = pathlib.Path(shutil.which("docker-compose")).read_bytes().splitlines()[0].decode()
    words = script.removeprefix("#!").split()
    program = "import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)"
    done = subprocess.run([*words, "-c", program], input=text, capture_output=True, text=True,
                          check=True, timeout=60)
    return json.loads(done.stdout)


SECONDS = {"h": 3600, "m": 60, "s": 1, "ms": 0.001, "us": 0.000001}


def seconds(text):
    if text is None:
        return None
    return sum(float(number) * SECONDS[unit]
               for number, unit in re.findall(r"([\d.]+)(ms|us|h|m|s)", str(text)))


def size(text):
    if text is None:
        return None
    match = re.fullmatch(r"([\d.]+)\s*([kmg]?)b?", str(text).lower())
    return int(float(match[1]) * {"": 1, "k": 2**10, "m": 2**20, "g": 2**30}[match[2]])


def as_map(value):
    if isinstance(value, list):
        value = dict(item.split("=", 1) for item in value)
    return {str(key): None if item is None else str(item).replace("$$", "$")  # "config" escapes
            for key, item in (value or {}).items()}


def port(value):
    """(address, published, target, protocol) of docker-compose's short or long form."""
    if isinstance(value, dict):
        return ("", str(value.get("published", "") or ""), int(value["target"]),
                value.get("protocol", "tcp"))
    text, _, protocol = str(value).partition("/")
    parts = text.rsplit(":", 2)
    host = parts[0] if len(parts) == 3 else ""
    published = parts[-2] if len(parts) > 1 else ""
    return host, published, int(parts[-1]), protocol or "tcp"


def volume(value):
    """(source, target, read-only)"""
    if isinstance(value, dict):
        return value.get("source", ""), value["target"], bool(value.get("read_only", False))
    parts = str(value).split(":")
    if len(parts) == 1:
        return "", parts[0], False
    return parts[0], parts[1], "ro" in parts[2:]


def theirs(service):
    """What poststack's JSON has, from docker-compose's."""
    check = service.get("healthcheck") or {}
    test = check.get("test")
    if isinstance(test, str):
        test = ["CMD-SHELL", test]
    build = service.get("build")
    if isinstance(build, str):
        build = {"context": build}
    depends = service.get("depends_on") or {}
    if isinstance(depends, list):
        depends = {name: {"condition": "service_started"} for name in depends}
    ulimits = {name: value if isinstance(value, dict) else {"soft": value, "hard": value}
               for name, value in (service.get("ulimits") or {}).items()}
    tmpfs = service.get("tmpfs") or []
    extra = service.get("extra_hosts") or []
    if isinstance(extra, dict):
        extra = [f"{name}:{address}" for name, address in extra.items()]
    return {
        "environment": {key: value for key, value in as_map(service.get("environment")).items()
                        if value is not None},
        "labels": as_map(service.get("labels")),
        "sysctls": as_map(service.get("sysctls")),
        "ports": sorted(map(port, service.get("ports") or [])),
        "volumes": sorted(map(volume, service.get("volumes") or [])),
        "command": words(service.get("command")),
        "entrypoint": words(service.get("entrypoint")),
        "depends_on": {name: value["condition"] for name, value in depends.items()},
        "test": [] if test == ["NONE"] else test or [],
        "health": [seconds(check.get(key)) for key in ("interval", "timeout", "start_period")],
        "retries": check.get("retries"),
        "disabled": bool(check.get("disable", False)) or test == ["NONE"],
        "restart": service.get("restart", "no"),
        "user": service.get("user", ""),
        "container_name": service.get("container_name", ""),
        "hostname": service.get("hostname", ""),
        "working_dir": service.get("working_dir", ""),
        "cap_add": service.get("cap_add") or [],
        "cap_drop": service.get("cap_drop") or [],
        "security_opt": service.get("security_opt") or [],
        "read_only": service.get("read_only", False),
        "init": bool(service.get("init", False)),
        "stop_signal": service.get("stop_signal", ""),
        "stop_grace": seconds(service.get("stop_grace_period")),
        "extra_hosts": extra,
        "expose": [str(item) for item in service.get("expose") or []],
        "ulimits": ulimits,
        "shm_size": size(service.get("shm_size")),
        "memory_limit": size(service.get("mem_limit")),
        "tmpfs": [tmpfs] if isinstance(tmpfs, str) else tmpfs,
        "logging": (service.get("logging") or {}).get("driver", ""),
        "build": None if build is None else (
            build["context"], build.get("dockerfile", "Dockerfile"), build.get("target", ""),
            as_map(build.get("args"))),
        "networks": {name: (value or {}).get("aliases", [])
                     for name, value in networks(service.get("networks")).items()},
    }


def words(value):
    import shlex
    return shlex.split(value) if isinstance(value, str) else value


def networks(value):
    if isinstance(value, list):
        return dict.fromkeys(value)
    return value or {"default": None}


def ours(service):
    check = service["healthcheck"] or {
        "test": [], "interval_s": None, "timeout_s": None, "start_period_s": None,
        "retries": None, "disabled": False}
    build = service["build"]
    return {
        **{key: service[key] for key in (
            "labels", "sysctls", "command", "entrypoint", "restart", "user", "container_name",
            "hostname", "working_dir", "cap_add", "cap_drop", "security_opt", "read_only", "init",
            "stop_signal", "extra_hosts", "expose", "ulimits", "shm_size", "memory_limit",
            "tmpfs")},
        "environment": service["environment"],
        "ports": sorted((item["host_ip"], item["published"], item["target"], item["protocol"])
                        for item in service["ports"]),
        "volumes": sorted((item["source"], item["target"], item["read_only"])
                          for item in service["volumes"]),
        "depends_on": {name: value["condition"] for name, value in service["depends_on"].items()},
        "test": check["test"],
        "health": [check[key] for key in ("interval_s", "timeout_s", "start_period_s")],
        "retries": check["retries"],
        "disabled": check["disabled"],
        "stop_grace": service["stop_grace_period_s"],
        "logging": service["logging"]["driver"],
        "build": None if build is None else (
            build["context"], build["dockerfile"], build["target"], build["args"]),
        "networks": {name: value["aliases"] for name, value in service["networks"].items()},
    }


class AgainstDockerCompose(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        faults.require("docker-compose")

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="ps-compose-"))
        self.addCleanup(shutil.rmtree, self.folder)
        (self.folder / "app").mkdir()
        (self.folder / "some.env").write_text("A=file\nONLY=here\n")

    def run_both(self, *files):
        environment = {**faults.environment(), **ENVIRONMENT}
        options = [word for file in files for word in ("-f", file)]
        peer = subprocess.run(["docker-compose", *options, "config"], cwd=self.folder,
                              env=environment, capture_output=True, text=True, check=False, timeout=60)
        self.assertEqual(peer.returncode, 0, peer.stderr)
        mine = subprocess.run([POSTSTACK, "compose", "validate", "--json", "--reveal", *options],
                              cwd=self.folder, env=environment, capture_output=True, text=True,
                              check=False, timeout=60)
        self.assertEqual(mine.returncode, 0, mine.stderr)
        return read_yaml(peer.stdout)["services"], json.loads(mine.stdout)["services"]

    def compare(self, *files):
        peer, mine = self.run_both(*files)
        self.assertEqual(sorted(peer), sorted(mine))
        for name in peer:
            self.assertEqual(theirs(peer[name]), ours(mine[name]), name)

    def test_services(self):
        self.assertGreaterEqual(len(SERVICE_CASES), 40)
        # Ports of one file must differ, and starting docker-compose takes long.
        alone = {name: lines for name, lines in SERVICE_CASES.items() if "ports:" in lines}
        together = {name: lines for name, lines in SERVICE_CASES.items() if name not in alone}
        for name, lines in alone.items():
            with self.subTest(name):
                (self.folder / "compose.yaml").write_text(file_of([lines]))
                self.compare("compose.yaml")
        (self.folder / "compose.yaml").write_text(file_of(together.values()))
        peer, mine = self.run_both("compose.yaml")
        for number, name in enumerate(together):
            with self.subTest(name):
                self.assertEqual(theirs(peer[f"a{number}"]), ours(mine[f"a{number}"]))

    def test_what_render_writes(self):
        """docker-compose, podman-compose and our own reader take it, and it holds no password."""
        (self.folder / ".env").write_text(
            "POSTGRES_USER=shop\nPOSTGRES_PASSWORD=pass-word_1\nPOSTGRES_DB=shop\n")
        (self.folder / ".env").chmod(0o600)
        (self.folder / "poststack.yaml").write_text(
            "memory_limit: 512MB\ncpu_limit: 1.5\npostgres_settings: [\"work_mem=8MB\", \"search_path=\\\"$user\\\",public\"]\n")
        out = subprocess.run([POSTSTACK, "compose", "render", "--output", "docker-compose.postgres.yml"],
                             cwd=self.folder, env=faults.environment(), capture_output=True, text=True,
                             check=False, timeout=60)
        self.assertEqual(out.returncode, 0, out.stderr)
        text = (self.folder / "docker-compose.postgres.yml").read_text()
        self.assertNotIn("pass-word_1", text)
        self.assertIn("pgvector/pgvector:pg17", text)
        peer, mine = self.run_both("docker-compose.postgres.yml")
        peer, mine = peer["postgres"], mine["postgres"]
        left = json.loads(json.dumps(theirs(peer)).replace("$$", "$"))  # "config" escapes
        right = json.loads(json.dumps(ours(mine)))
        self.assertEqual(peer["deploy"]["resources"]["limits"], {"cpus": 1.5, "memory": "536870912b"})
        self.assertEqual((left.pop("memory_limit"), right.pop("memory_limit")), (None, 536870912))
        self.assertEqual(left, right)
        self.assertEqual(mine["command"][3:], ["-c", "work_mem=8MB", "-c", 'search_path="$user",public'])
        self.assertEqual(peer["read_only"], True)
        faults.require("podman-compose")
        # Its dry run asks podman, and would make the network: what matters is how it would run it.
        other = subprocess.run(["podman-compose", "--podman-path", shutil.which("true"), "--dry-run",
                                "-f", "docker-compose.postgres.yml", "up", "-d"],
                               cwd=self.folder, env=faults.environment(), capture_output=True,
                               text=True, check=False, timeout=60)
        self.assertEqual(other.returncode, 0, other.stderr)
        for word in ("--read-only", "--cap-drop ALL", "no-new-privileges", "-p 127.0.0.1:5432:5432",
                     "-u 999:999", "--shm-size 256mb", "--stop-signal SIGINT", "--init"):
            self.assertIn(word, other.stdout + other.stderr)

    def test_a_file_laid_upon_another(self):
        (self.folder / "compose.yaml").write_text(file_of(['environment: {A: 1, B: 1}\n    ports: ["1:1"]\n    volumes: ["./x:/x"]\n'
                  "    command: run\n    labels: [k=1]"]))
        (self.folder / "over.yaml").write_text(
            'services:\n  a0:\n    environment: [B=2]\n    ports: ["2:2"]\n'
            '    volumes: ["./y:/x", "data:/d"]\n    command: [other]\n    labels: {k: "2", l: x}\n')
        self.compare("compose.yaml", "over.yaml")

    def test_extends(self):
        (self.folder / "compose.yaml").write_text(
            "services:\n"
            "  base: {image: i, environment: {A: 1, B: 1}, command: one, labels: {k: v}}\n"
            "  a:\n    extends: {service: base}\n    environment: {B: 2}\n    command: two\n")
        self.compare("compose.yaml")


if __name__ == "__main__":
    unittest.main()
