"""A repository with Infra/ and a pipeline, and the machine that runs its jobs.

Real are terraform with its S3 backend, moto, the pipeline's shell scripts, checkov, and the programs. The provider is
emulated (provider/server.py invents AWS's responses), and so is the AWS CLI (s3_cp.py).
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools
from variants import VARIANTS

STATE = "s3://states/web/terraform.tfstate"
KEY = "web/terraform.tfstate"


class Repository:
    """The repository, its machine, and the findings."""

    def __init__(self, provider, cloud, name, scans):
        """scans: whether to run the real checkov, which takes some time."""
        self.scans = scans
        self.provider, self.cloud = provider, cloud
        self.folder = provider.folder / name
        self.path = self.folder / "repository"
        self.infra = self.path / "Infra"
        self.bin = self.folder / "bin"
        self.findings = []
        self._lay_out()
        self._equip()

    def expect(self, condition, sentence, log=""):
        """Prints what was checked. If it does not hold, it becomes a finding."""
        print(f"   {'ok ' if condition else 'BAD'} {sentence}", flush=True)
        if not condition:
            self.findings.append(f"{sentence}\n{log[-5000:]}")

    def _lay_out(self):
        shutil.copytree(self.provider.copy("Infra"), self.infra, ignore=shutil.ignore_patterns("bootstrap"))
        # One test file is enough to show that the gate runs tests. The check `test` runs all of them.
        for file in (self.infra / "tests").glob("*.tftest.hcl"):
            if file.name != "endpoints.tftest.hcl":
                file.unlink()
        # An override replaces the whole block.
        (self.infra / "moto_override.tf").write_text(
            f'terraform {{\n  backend "s3" {{\n    use_lockfile = true\n    use_path_style = true\n    skip_requesting_account_id = true\n'
            f'    endpoints = {{\n      s3  = "{self.cloud.url}"\n      sts = "{self.cloud.url}"\n      iam = "{self.cloud.url}"\n    }}\n  }}\n}}\n'
        )
        self.set()
        for arguments in (["init", "-backend=false"], ["fmt"]):
            self.provider.terraform(self.infra, *arguments)
        shutil.rmtree(self.infra / ".terraform")

    def set(self, **variables):
        """The settings of the stack, and these in addition."""
        (self.infra / "terraform.tfvars.json").write_text(json.dumps({**VARIANTS["names only"], **variables}))

    def _equip(self):
        """The programs that the jobs call: checkov, directly or through pipx, the AWS CLI, terraform, our programs."""
        self.bin.mkdir()
        real = tools.environment("lint", "requirements-lint.txt").parent / "checkov" if self.scans else "true"
        # Once for all runs, because the code is the same in each.
        self.program("checkov", f'echo "checkov was called"\n[ -e "{self.folder}/scanned" ] || "{real}" "$@" || exit\ntouch "{self.folder}/scanned"\n')
        self.program("pipx", 'shift 2\nexec checkov "$@"\n')
        self.program("aws", f'exec "{sys.executable}" "{Path(__file__).with_name("s3_cp.py")}" "{self.cloud.url}" "$@"\n')
        # init finds the provider as in a registry. Other commands use the running provider.
        self.program("terraform", f"[ \"$1\" = init ] || export TF_REATTACH_PROVIDERS='{self.provider.reattach}'\nexec \"{tools.terraform()}\" \"$@\"\n")
        for name in ("fargate-pipeline", "deploy-status"):
            (self.bin / name).symlink_to(program())

    def program(self, name, script, interpreter="/bin/sh"):
        file = self.bin / name
        file.write_text(f"#!{interpreter}\n{script}")
        file.chmod(0o755)

    def commit(self):
        """Commits everything as the only commit of main."""
        for arguments in (["init", "-q", "-b", "main"], ["remote", "add", "origin", "https://github.com/octo/web"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run(
                ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
                cwd=self.path, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
            )  # fmt: skip

    def variables(self):
        """The environment variables of every job."""
        return {
            "FARGATE_PIPELINE_BIN": str(program()),
            "NO_PROXY": "127.0.0.1",
            "TF_CLI_CONFIG_FILE": str(self.provider.config),
            "TF_DISABLE_PLUGIN_TLS": "1",
            **tools.QUICK,
            "PATH": f"{self.bin}:{os.environ['PATH']}",
        }

    def run(self, command, **more):
        """Runs a program that runs jobs, with HOME in the scratch directory; returns whether it succeeded, and its
        log.
        """
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_", "CI", "GIT"))}
        homes = {name: str(self.folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        done = subprocess.run(
            [str(part) for part in command], cwd=self.path, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**kept, **homes, "GIT_CONFIG_GLOBAL": "/dev/null", **self.variables(), **more}, timeout=600,
        )  # fmt: skip
        return done.returncode == 0, done.stdout

    def kept(self):
        """The objects in the state's bucket, by key."""
        return {item["Key"] for item in self.cloud.client("s3").list_objects_v2(Bucket="states").get("Contents", [])}

    def applied(self):
        """Identifies the state. The value changes with each apply."""
        objects = self.cloud.client("s3").list_objects_v2(Bucket="states", Prefix=KEY).get("Contents", [])
        return [item["ETag"] for item in objects if item["Key"] == KEY]

    def hold_lock(self):
        """A stale lock; returns its ID."""
        held = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "somebody@else", "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": KEY}
        self.cloud.client("s3").put_object(Bucket="states", Key=f"{KEY}.tflock", Body=json.dumps(held))
        return held["ID"]


def program():
    """The multi-call program, as cargo builds it for the tests."""
    built = sorted((tools.REPOSITORY / "target").glob("*/debug/fargate-pipeline"), key=lambda file: file.stat().st_mtime)
    if not built:
        raise tools.Missing("fargate-pipeline: build it first (cargo build -p fargate-pipeline)")
    return built[-1]
