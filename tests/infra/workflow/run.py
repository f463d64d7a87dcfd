"""The reusable workflow and the example that calls it, run by act: the plan reaches the comment, and is applied.

Real are act, terraform with its S3 backend, moto, the workflow's own shell, and the programs. In their places stand
the provider (provider/server.py, which invents what AWS would answer), GitHub's API (github.py), and the two actions
that would download terraform and ask AWS for a role. act knows no `$/`: those references are written out.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import tools
from provider.stand_in import StandIn
from rehearsal.cloud import REGION, Cloud, credentials
from variants import VARIANTS
from workflow.github import TOKEN, GitHub

ACT = tools.REPOSITORY / ".tools/python/bin/act"
OURS = "fargate-pipeline/fargate-pipeline"
STATE = "s3://states/web/terraform.tfstate"
NOTHING = "runs:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: sh\n"


class Runner:
    """One repository that uses the example, and the runs of it."""

    def __init__(self, provider, cloud, github):
        self.provider, self.cloud, self.github = provider, cloud, github
        self.folder = provider.folder / "workflow"
        self.repository = self.folder / "repository"
        self.findings = []
        self._lay_out()

    def expect(self, condition, sentence, log=""):
        print(f"   {'ok ' if condition else 'BAD'} {sentence}", flush=True)
        if not condition:
            self.findings.append(f"{sentence}\n{log[-5000:]}")

    def _lay_out(self):
        shutil.copytree(self.provider.copy("Infra"), self.repository / "Infra", ignore=shutil.ignore_patterns("bootstrap"))
        infra = self.repository / "Infra"
        # One file of tests is enough to see that the gate runs; the rest has a check of its own.
        for file in (infra / "tests").glob("*.tftest.hcl"):
            if file.name != "endpoints.tftest.hcl":
                file.unlink()
        (infra / "moto_override.tf").write_text(
            f'terraform {{\n  backend "s3" {{\n    use_path_style = true\n    skip_requesting_account_id = true\n'
            f'    endpoints = {{\n      s3  = "{self.cloud.url}"\n      sts = "{self.cloud.url}"\n      iam = "{self.cloud.url}"\n    }}\n  }}\n}}\n'
        )
        (infra / "terraform.tfvars.json").write_text(json.dumps(VARIANTS["names only"]))
        for arguments in (["init", "-backend=false"], ["fmt"]):
            self.provider.terraform(infra, *arguments)
        shutil.rmtree(infra / ".terraform")

        workflows = self.repository / ".github/workflows"
        workflows.mkdir(parents=True)
        reusable = (tools.REPOSITORY / ".github/workflows/terraform.yml").read_text()
        print(f"   act has no $/: {reusable.count('uses: $/')} references rewritten to {OURS}@v1")
        # A checkout that names a commit is a download to act; what is there is that commit.
        reusable = reusable.replace("          ref: ${{ needs.plan.outputs.commit }}\n", "")
        print("   act fetches a checkout with `ref` from afar: left out, the folder is that commit")
        (workflows / "reusable.yml").write_text(reusable.replace("uses: $/actions/deploy-status", f"uses: {OURS}/actions/deploy-status@v1"))
        example = (tools.REPOSITORY / "workflows-examples/github/terraform.yml").read_text()
        example = example.replace(f"uses: {OURS}/.github/workflows/terraform.yml@v1", "uses: ./.github/workflows/reusable.yml")
        (workflows / "platform.yml").write_text(example.replace("s3://my-terraform-state/platform.tfstate", STATE))

        shutil.copytree(tools.REPOSITORY / "actions", self.folder / "ours/actions")
        for name in ("setup-terraform", "configure-aws-credentials"):
            (self.folder / name).mkdir(parents=True)
            (self.folder / name / "action.yml").write_text(f"name: {name}\ndescription: stands in its place\n{NOTHING}")

        # What a hosted runner has: pipx for checkov, the AWS CLI.
        programs = self.folder / "bin"
        programs.mkdir()
        checkov = tools.environment("lint", "requirements-lint.txt").parent / "checkov"
        self._program(programs / "pipx", f'#!/bin/sh\nshift 2\nexec "{checkov}" "$@"\n')
        self._program(programs / "aws", f'#!/bin/sh\nexec "{sys.executable}" "{Path(__file__).with_name("s3_cp.py")}" "{self.cloud.url}" "$@"\n')
        for arguments in (["init", "-q", "-b", "main"], ["remote", "add", "origin", "https://github.com/octo/web"], ["add", "-A"], ["commit", "-qm", "x"]):
            subprocess.run(
                ["git", "-c", "user.name=t", "-c", "user.email=t@example.org", *arguments],
                cwd=self.repository, check=True, env={**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null"},
            )  # fmt: skip

    @staticmethod
    def _program(file, text):
        file.write_text(text)
        file.chmod(0o755)

    def run(self, event, payload=None, env=()):
        """One run of the example; whether it succeeded, and its log."""
        file = self.folder / "event.json"
        file.write_text(json.dumps({"repository": {"full_name": "octo/web", "default_branch": "main"}, **(payload or {})}))
        binary = sorted((tools.REPOSITORY / "target").glob("*/debug/fargate-pipeline"), key=lambda file: file.stat().st_mtime)
        if not binary:
            raise tools.Missing("fargate-pipeline: build it first (cargo build -p fargate-pipeline)")
        variables = {
            **credentials("plan"),
            "FARGATE_PIPELINE_BIN": str(binary[-1]),
            "FARGATE_API_URL": self.github.url,
            "NO_PROXY": "127.0.0.1",
            "TF_CLI_CONFIG_FILE": str(self.provider.config),
            "TF_DISABLE_PLUGIN_TLS": "1",
            "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}",
            **dict(env),
        }
        actions = (tools.REPOSITORY / ".github/workflows/terraform.yml").read_text()
        pinned = {line.split("uses: ")[1].split(" ")[0] for line in actions.splitlines() if "uses: " in line and "@" in line}
        mapped = {f"{OURS}@v1": self.folder / "ours"}
        for reference in pinned:
            if (stub := self.folder / reference.split("@")[0].split("/")[-1]).is_dir() and "checkout" not in reference:
                mapped[reference] = stub
        command = [ACT, event, "--workflows", ".github/workflows/platform.yml", "--eventpath", file, "--platform", "ubuntu-latest=-self-hosted"]
        command += ["--no-cache-server", "--action-offline-mode", "--pull=false", "--secret", f"GITHUB_TOKEN={TOKEN}"]
        command += ["--var", "PLAN_ROLE_ARN=arn:aws:iam::123456789012:role/plan", "--var", "APPLY_ROLE_ARN=arn:aws:iam::123456789012:role/apply"]
        for reference, folder in mapped.items():
            command += ["--local-repository", f"{reference}={folder}"]
        for name, value in variables.items():
            command += ["--env", f"{name}={value}"]
        home = {name: str(self.folder / "home") for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME")}
        done = subprocess.run(
            [str(part) for part in command], cwd=self.repository, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **home, "PATH": variables["PATH"], "GIT_CONFIG_GLOBAL": "/dev/null"}, timeout=600,
        )  # fmt: skip
        return done.returncode == 0, done.stdout


def tell():
    """Plays a pull request, one from a fork, a push, an exchanged plan, a teardown, a missing lock file; gives the findings."""
    if not ACT.is_file():
        raise tools.Missing("act: cargo xtask test installs it into .tools/python")
    if not shutil.which("jq"):
        raise tools.Missing("jq: install the Debian package jq")
    with StandIn(sys.executable) as provider, Cloud() as cloud, GitHub() as github:
        cloud.client("s3").create_bucket(Bucket="states", CreateBucketConfiguration={"LocationConstraint": REGION})
        runner = Runner(provider, cloud, github)
        _pull_request(runner)
        _fork(runner)
        _push(runner)
        _tampered_plan(runner)
        _destroy(runner)
        _no_lock_file(runner)
        return runner.findings


def _request(repository):
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {"number": 7, "user": {"login": "octocat"}, "head": {"sha": "5c0ffee", "ref": "x", "repo": {"full_name": repository}}, "base": {"ref": "main"}},
    }


def _pull_request(runner):
    passed, log = runner.run("pull_request", _request("octo/web"))
    bodies = [comment["body"] for comment in runner.github.comments]
    runner.expect(passed, "a pull request passes its checks and is planned", log)
    runner.expect(len(bodies) == 1 and "Terraform plan of `Infra`" in bodies[0] and "to add" in bodies[0], "the plan is one comment", log)
    kept = runner.cloud.client("s3").list_objects_v2(Bucket="states").get("Contents", [])
    runner.expect(not kept, "nothing of it is kept: no state, no lock, no plan", str(kept))


def _fork(runner):
    before = len(runner.github.comments)
    passed, log = runner.run("pull_request", _request("mallory/web"))
    runner.expect(passed and len(runner.github.comments) == before and "Assume the plan role" not in log, "a fork's is checked, and nothing else", log)


def _push(runner):
    passed, log = runner.run("push", {"ref": "refs/heads/main"})
    kept = {item["Key"] for item in runner.cloud.client("s3").list_objects_v2(Bucket="states").get("Contents", [])}
    runner.expect(any(key.startswith("plans/web/terraform.tfstate/") for key in kept), "a push keeps its plan beside the state", log)
    runner.expect(passed and "web/terraform.tfstate" in kept, "and applies that plan", log)


def _tampered_plan(runner):
    """Another plan in the place of the approved one; the infrastructure has to differ, or nothing is planned."""
    file = runner.repository / "Infra/terraform.tfvars.json"
    file.write_text(json.dumps({**VARIANTS["names only"], "log_retention_days": 30}))
    s3 = runner.cloud.client("s3")
    before = s3.head_object(Bucket="states", Key="web/terraform.tfstate")["ETag"]
    passed, log = runner.run("push", {"ref": "refs/heads/main"}, env={"TAMPER_WITH_PLANS": "1"}.items())
    after = s3.head_object(Bucket="states", Key="web/terraform.tfstate")["ETag"]
    runner.expect(not passed and "is not the plan that this run made" in log and before == after, "a plan that was exchanged is not applied", log)


def _destroy(runner):
    passed, log = runner.run("workflow_dispatch", {"inputs": {"operation": "destroy"}})
    runner.expect(not passed and "This plan deletes" in log and "aws_vpc.this" in log, "a teardown without allow-destroy is refused, by name", log)


def _no_lock_file(runner):
    (runner.repository / "Infra/.terraform.lock.hcl").unlink()
    passed, log = runner.run("pull_request", _request("octo/web"))
    runner.expect(not passed and "terraform providers lock" in log, "without a lock file it stops, and says how to make one", log)
