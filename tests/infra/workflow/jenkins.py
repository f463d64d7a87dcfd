"""Runs the Jenkins pipeline: groovy parses it, and an emulator of declarative pipelines (tests/jenkins) runs it."""

import os
import re
import shutil
from pathlib import Path

import tools
from rehearsal.cloud import REGION
from workflow.repository import KEY, STATE

PLAN, APPLY = "arn:aws:iam::111122223333:role/platform-plan", "arn:aws:iam::111122223333:role/platform-apply"


class Builds:
    """The builds of one job."""

    def __init__(self, repository):
        if not shutil.which("groovy") or not shutil.which("java"):
            raise tools.Missing("groovy: install the Debian packages groovy and default-jre-headless")
        self.repository = repository
        self.expect = repository.expect
        text = (tools.REPOSITORY / "workflows-examples/jenkins/terraform.Jenkinsfile").read_text()
        (repository.path / "Jenkinsfile").write_text(text.replace("s3://my-terraform-state/platform.tfstate", STATE).replace("'eu-central-1'", f"'{REGION}'"))
        self.token = repository.folder / "aws-token"
        self.token.write_text("a.build.token")
        repository.commit()

    def run(self, branch="main", trigger="BranchIndexingCause", **more):
        """Runs a build; returns whether it succeeded, its log, its stages, and the roles that it assumed."""
        assumed = len(self.repository.cloud.assumed)
        # Debian's groovy expects Java at the path of the package default-jre.
        java = Path(shutil.which("java")).resolve().parent.parent
        environment = {
            "JAVA_HOME": str(java), "JENKINS_URL": "https://jenkins.example/", "BRANCH_NAME": branch, "BUILD_TAG": "jenkins-web-main-1", "TRIGGER": trigger,
            "CREDENTIAL_AWS_TOKEN": str(self.token), "AWS_ENDPOINT_URL": self.repository.cloud.url, **more,
        }  # fmt: skip
        passed, log = self.repository.run(["groovy", tools.REPOSITORY / "tests/jenkins/run.groovy", "Jenkinsfile"], **environment)
        stages = [line.removeprefix("stage ") for line in log.splitlines() if line.startswith("stage ")]
        return passed, log, stages, set(self.repository.cloud.assumed[assumed:])


def play(repository):
    """Every kind of build, one after another."""
    builds = Builds(repository)
    for act in (_branch, _main, _no_changes, _tampered_plan, _drift, _unlock, _destroy):
        act(builds)


def _branch(builds):
    passed, log, stages, roles = builds.run(branch="feature")
    checked = re.search(r"[1-9]\d* passed, 0 failed", log) and "checkov was called" in log
    builds.expect(passed and stages == ["Check"] and checked and not roles, "another branch only runs fmt, validate, test and scan", log)
    shutil.rmtree(builds.repository.infra / "tests")


def _main(builds):
    passed, log, stages, roles = builds.run()
    kept = builds.repository.kept()
    builds.expect(passed and stages == ["Check", "Plan", "Approve", "Apply"] and KEY in kept, "main plans, asks, and applies the plan", log)
    builds.expect("input: Apply the plan above? (without an executor)" in log, "it holds no executor while it waits", log)
    builds.expect(roles == {PLAN, APPLY} and f"plans/{KEY}/jenkins-web-main-1.bin" in kept, "each with its own role, and the plan is stored beside the state", f"{roles} {kept}")
    left = [name for name in os.listdir(builds.repository.infra) if name.startswith("plan.")]
    builds.expect("Terraform plan of `Infra`" in log and not left, "the plan is reported, and none is left in the workspace", f"{left}\n{log}")


def _no_changes(builds):
    passed, log, stages, roles = builds.run()
    builds.expect(passed and stages == ["Check", "Plan"] and "input:" not in log and roles == {PLAN}, "a plan without changes asks nothing", log)


def _tampered_plan(builds):
    builds.repository.set(log_retention_days=30)
    before = builds.repository.applied()
    passed, log, _, _ = builds.run(TAMPER_WITH_PLANS="1")
    builds.expect(not passed and "is not the plan that this build made" in log and builds.repository.applied() == before, "a plan that was replaced is not applied", log)


def _drift(builds):
    passed, log, stages, roles = builds.run(trigger="TimerTrigger")
    builds.expect(not passed and stages == ["Check", "Drift"] and "to change, 0 to destroy" in log and roles == {PLAN}, "drift fails the nightly build", log)
    builds.repository.set()
    passed, log, _, _ = builds.run(trigger="TimerTrigger")
    builds.expect(passed and "No changes." in log, "and without drift it succeeds", log)


def _unlock(builds):
    lock = builds.repository.hold_lock()
    passed, log, stages, roles = builds.run(PARAMETER_LOCK_ID=lock)
    builds.expect(passed and stages == ["Unlock"] and f"{KEY}.tflock" not in builds.repository.kept() and roles == {APPLY}, "a lock is removed, and nothing else happens", f"{stages} {roles}\n{log}")


def _destroy(builds):
    passed, log, _, _ = builds.run(PARAMETER_DESTROY="true")
    builds.expect(not passed and "This plan deletes" in log and "aws_vpc.this" in log, "a teardown without ALLOW_DESTROY is rejected, and the error names it", log)
