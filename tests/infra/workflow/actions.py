"""Runs the reusable workflow and the example that calls it in act.

GitHub's API is emulated (github.py), and so are the two actions that would download terraform and assume a role. What
act does not support yet is rewritten, and the change is printed.
"""

import json
import re
import shutil

import tools
from rehearsal.cloud import credentials
from workflow.github import TOKEN
from workflow.repository import KEY, STATE

ACT = tools.REPOSITORY / ".tools/python/bin/act"
OURS = "fargate-pipeline/fargate-pipeline"
NEWER_THAN_ACT = [
    (f"act does not support $/: replaced by {OURS}@v1", "uses: $/actions/deploy-status", f"uses: {OURS}/actions/deploy-status@v1"),
    ("act would fetch a checkout with `ref` from the remote: removed, because the directory is at that commit", "          ref: ${{ needs.plan.outputs.commit }}\n", ""),
    ("act does not support the queue of a concurrency group: removed", "      queue: max # the plan of a pull request must not replace a waiting apply\n", ""),
]
NOTHING = "runs:\n  using: composite\n  steps:\n    - run: 'true'\n      shell: sh\n"


class Actions:
    """The runs of the example in one repository."""

    def __init__(self, repository, github):
        if not ACT.is_file():
            raise tools.Missing("act: cargo xtask test installs it into .tools/python")
        self.repository, self.github = repository, github
        self.expect = repository.expect
        self.reusable = (tools.REPOSITORY / ".github/workflows/terraform.yml").read_text()
        self._lay_out()
        repository.commit()

    def _lay_out(self):
        workflows = self.repository.path / ".github/workflows"
        workflows.mkdir(parents=True)
        text = self.reusable
        for what, old, new in NEWER_THAN_ACT:
            print(f"   {what} ({text.count(old)} times)")
            text = text.replace(old, new)
        (workflows / "reusable.yml").write_text(text)
        example = (tools.REPOSITORY / "workflows-examples/github/terraform.yml").read_text()
        example = example.replace(f"uses: {OURS}/.github/workflows/terraform.yml@v1", "uses: ./.github/workflows/reusable.yml")
        (workflows / "platform.yml").write_text(example.replace("s3://my-terraform-state/platform.tfstate", STATE))

        folder = self.repository.folder
        # act may lose the last lines of a script that ends at once, so they are also written to a file.
        self.said = folder / "said"
        self.repository.program("bash", f'/bin/bash "$@" 2>&1 | tee -a "{self.said}"\nexit "${{PIPESTATUS[0]}}"\n', interpreter="/bin/bash")
        shutil.copytree(tools.REPOSITORY / "actions", folder / "ours/actions")
        for name in ("setup-terraform", "configure-aws-credentials"):
            (folder / name).mkdir(parents=True)
            (folder / name / "action.yml").write_text(f"name: {name}\ndescription: replaces it\n{NOTHING}")

    def run(self, event, payload=None, **env):
        """Runs the example once; returns whether it succeeded, and its log."""
        folder = self.repository.folder
        file = folder / "event.json"
        file.write_text(json.dumps({"repository": {"full_name": "octo/web", "default_branch": "main"}, **(payload or {})}))
        command = [ACT, event, "--workflows", ".github/workflows/platform.yml", "--eventpath", file, "--platform", "ubuntu-latest=-self-hosted"]
        command += ["--no-cache-server", "--action-offline-mode", "--pull=false", "--secret", f"GITHUB_TOKEN={TOKEN}"]
        command += ["--var", "PLAN_ROLE_ARN=arn:aws:iam::123456789012:role/plan", "--var", "APPLY_ROLE_ARN=arn:aws:iam::123456789012:role/apply"]
        for reference, stub in self._in_place_of().items():
            command += ["--local-repository", f"{reference}={stub}"]
        for name, value in {**self.repository.variables(), **credentials("plan"), "FARGATE_API_URL": self.github.url, **env}.items():
            command += ["--env", f"{name}={value}"]
        self.said.write_text("")
        passed, log = self.repository.run(command)
        return passed, f"{log}\n{self.said.read_text()}"

    def _in_place_of(self):
        """Action, as named in the workflow -> the directory that act uses for it."""
        folder = self.repository.folder
        pinned = {line.split("uses: ")[1].split(" ")[0] for line in self.reusable.splitlines() if "uses: " in line and "@" in line}
        stubs = {reference: folder / reference.split("@")[0].split("/")[-1] for reference in pinned}
        return {f"{OURS}@v1": folder / "ours", **{reference: stub for reference, stub in stubs.items() if stub.is_dir()}}


def play(repository, github):
    """Every event that the workflow supports, one after another."""
    actions = Actions(repository, github)
    for act in (_pull_request, _fork, _no_operation, _push, _drift, _tampered_plan, _unlock, _destroy, _no_lock_file):
        act(actions)


def _request(repository):
    return {
        "action": "synchronize",
        "number": 7,
        "pull_request": {"number": 7, "user": {"login": "octocat"}, "head": {"sha": "5c0ffee", "ref": "x", "repo": {"full_name": repository}}, "base": {"ref": "main"}},
    }


def _pull_request(actions):
    passed, log = actions.run("pull_request", _request("octo/web"))
    bodies = [comment["body"] for comment in actions.github.comments]
    actions.expect(passed and re.search(r"[1-9]\d* passed, 0 failed", log) and "Passed checks:" in log, "a pull request passes fmt, validate, test and scan, and is planned", log)
    actions.expect(len(bodies) == 1 and "Terraform plan of `Infra`" in bodies[0] and "to add" in bodies[0], "the plan is in one comment", log)
    kept = actions.repository.kept()
    actions.expect(not kept, "nothing is stored: no state, no lock, no plan", str(kept))
    # The gate has been tested. The following runs test what comes after it.
    shutil.rmtree(actions.repository.infra / "tests")


def _fork(actions):
    before = len(actions.github.comments)
    passed, log = actions.run("pull_request", _request("mallory/web"))
    actions.expect(passed and len(actions.github.comments) == before and "Assume the plan role" not in log, "a pull request from a fork is only checked", log)


def _no_operation(actions):
    passed, log = actions.run("workflow_dispatch", {"inputs": {}})
    actions.expect(not passed and "does not select one" in log and "Assume the plan role" not in log, "an unknown event does nothing", log)


def _push(actions):
    passed, log = actions.run("push", {"ref": "refs/heads/main"})
    kept = actions.repository.kept()
    actions.expect(any(key.startswith(f"plans/{KEY}/") for key in kept), "a push stores its plan beside the state", log)
    actions.expect(passed and KEY in kept, "and applies that plan", log)


def _drift(actions):
    """Tests drift: the infrastructure differs from the configuration, and then no longer."""
    github, repository = actions.github, actions.repository
    repository.set(log_retention_days=30)
    passed, log = actions.run("schedule")
    opened = [issue["title"] for issue in github.issues if issue["state"] == "open"]
    actions.expect(passed and opened == ["Terraform drift: Infra"], "drift opens an issue", f"{github.issues}\n{log}")
    again, log = actions.run("schedule")
    actions.expect(again and len(github.issues) == 1, "drift opens one issue, and updates it the next night", f"{github.issues}\n{log}")
    repository.set()
    passed, log = actions.run("schedule")
    actions.expect(passed and [issue["state"] for issue in github.issues] == ["closed"], "the issue is closed when the drift is gone", f"{github.issues}\n{log}")


def _tampered_plan(actions):
    """Replaces the approved plan by another one. The infrastructure must differ, or the plan would be empty."""
    actions.repository.set(log_retention_days=30)
    before = actions.repository.applied()
    passed, log = actions.run("push", {"ref": "refs/heads/main"}, TAMPER_WITH_PLANS="1")
    actions.expect(not passed and "is not the plan that this run made" in log and actions.repository.applied() == before, "a plan that was replaced is not applied", log)


def _unlock(actions):
    lock = actions.repository.hold_lock()
    passed, log = actions.run("workflow_dispatch", {"inputs": {"operation": "unlock"}})
    actions.expect(not passed and "Set lock-id" in log and f"{KEY}.tflock" in actions.repository.kept(), "a lock is removed only with its ID", log)
    passed, log = actions.run("workflow_dispatch", {"inputs": {"operation": "unlock", "lock-id": lock}})
    actions.expect(passed and f"{KEY}.tflock" not in actions.repository.kept(), "and by it", log)


def _destroy(actions):
    passed, log = actions.run("workflow_dispatch", {"inputs": {"operation": "destroy"}})
    actions.expect(not passed and "This plan deletes" in log and "aws_vpc.this" in log, "a teardown without allow-destroy is rejected, and the error names it", log)
    passed, log = actions.run("workflow_dispatch", {"inputs": {"operation": "destroy", "allow-destroy": "true"}})
    state = actions.repository.cloud.client("s3").get_object(Bucket="states", Key=KEY)["Body"]
    actions.expect(passed and not json.load(state)["resources"], "with it, nothing is left", log)


def _no_lock_file(actions):
    (actions.repository.infra / ".terraform.lock.hcl").unlink()
    passed, log = actions.run("pull_request", _request("octo/web"))
    actions.expect(not passed and "terraform providers lock" in log, "without a lock file it stops, and the error shows how to create one", log)
