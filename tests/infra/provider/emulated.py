"""Makes the real terraform use an emulated AWS provider with the schema of the current one.

    with EmulatedProvider() as provider:
        folder = provider.copy("Infra")
        provider.terraform(folder, "validate")

`init` uses an unpacked filesystem mirror whose binary is server.py. The other commands use one server that keeps
running (TF_REATTACH_PROVIDERS), because starting it for every run of `terraform test` would take longer than the
tests.
"""

import json
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from provider import bindings
import tools

SERVER = Path(__file__).with_name("server.py")
BLOCK = re.compile(r'^(resource|data) "(aws_\w+)"', re.M)


class EmulatedProvider:
    """Mirror, server and scratch directory. All are removed at the end."""

    def __init__(self, python):
        self.python = python

    def __enter__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="infra-")
        self.folder = Path(self.scratch.name)
        self.schemas = self._schemas()
        self.version = json.loads(self.schemas.read_text())["version"]
        self.config = tools.cli_config(self._mirror(), self.folder)
        self.server = subprocess.Popen([self.python, SERVER, self.schemas], stdout=subprocess.PIPE, text=True)
        address = self.server.stdout.readline().split("|")[3]
        self.reattach = json.dumps({
            "registry.terraform.io/hashicorp/aws": {
                "Protocol": "grpc",
                "ProtocolVersion": 5,
                "Pid": self.server.pid,
                "Test": True,
                "Addr": {"Network": "tcp", "String": address},
            }
        })
        return self

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()
        self.scratch.cleanup()

    def copy(self, name):
        """A copy of a directory of the repository. Its lock file would contain the hash of this emulated provider."""
        target = self.folder / name.replace("/", "-")
        shutil.copytree(tools.REPOSITORY / name, target, ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*"))
        return target

    def terraform(self, folder, *arguments, **options):
        """Runs terraform: init with the mirror, other commands with the running server."""
        more = {"TF_DISABLE_PLUGIN_TLS": "1"}
        if arguments[0] != "init":
            more["TF_REATTACH_PROVIDERS"] = self.reattach
        environment = tools.terraform_environment(self.config, **more)
        return subprocess.run(
            [tools.terraform(), *arguments], cwd=folder, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
        )

    def _schemas(self):
        """The schemas of the types in Infra; cached until Infra uses other types."""
        wanted = {"resource": set(), "data": set()}
        for file in sorted(tools.INFRA.rglob("*.tf")):
            for kind, name in BLOCK.findall(file.read_text()):
                wanted[kind].add(name)
        reader = Path(bindings.__file__).read_text()
        file = tools.TOOLS / "schemas" / f"{tools.digest(tools.BINDINGS, reader, {kind: sorted(names) for kind, names in wanted.items()})}.json"
        if not file.is_file():
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(bindings.schemas(tools.wheel(tools.BINDINGS), wanted)))
        return file

    def _mirror(self):
        mirror = self.folder / "mirror"
        binary = mirror / f"registry.terraform.io/hashicorp/aws/{self.version}/linux_amd64/terraform-provider-aws_v{self.version}"
        binary.parent.mkdir(parents=True)
        binary.write_text(f'#!/bin/sh\nexec "{self.python}" "{SERVER}" "{self.schemas}"\n')
        binary.chmod(0o755)
        return mirror
