"""What a change does to a live stack: what it replaces, in which order, and whether the destroy guards notice.

The stack is applied with the emulated provider, so terraform's own plans answer. The emulated provider does not know
which arguments AWS cannot change in place; -replace takes that part.
"""

import json
import re
import subprocess

import tools

# Each guard is the same jq program, in the language of a CI system.
GUARDS = (
    ".github/workflows/terraform.yml",
    "workflows-examples/gitlab/terraform.gitlab-ci.yml",
    "workflows-examples/jenkins/terraform.Jenkinsfile",
)

# What a guard must name, if the plan deletes or replaces it: data is lost, or every running task.
PRECIOUS = ("aws_vpc.this", "aws_ecr_repository.this", "aws_cognito_user_pool.this", "aws_kms_key.this", 'aws_subnet.ecs["a"]', "aws_lb.this", "aws_apigatewayv2_api.this")
LINK = "aws_apigatewayv2_vpc_link.this"


def findings(provider):
    """What is wrong, as sentences."""
    folder = provider.copy("Infra")
    (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    for command in (["init"], ["apply", "-auto-approve"]):
        done = provider.terraform(folder, *command, "-no-color")
        if done.returncode:
            return [f"terraform {command[0]}:\n{done.stdout}"]

    zones = _plan(provider, folder, "-var", 'availability_zones=["eu-central-1c", "eu-central-1a"]')
    moved = [change["address"] for change in _changes(zones)]
    wrong = [f"another list of zones changes {address}" for address in moved]

    link = _plan(provider, folder, f"-replace={LINK}")
    order = next((change["change"]["actions"] for change in _changes(link) if change["address"] == LINK), None)
    if order != ["create", "delete"]:
        wrong.append(f"a replaced VPC link: {order}; AWS deletes no VPC link that is in use")

    replaced = _plan(provider, folder, *(f"-replace={address}" for address in PRECIOUS))
    deleted = _plan(provider, folder, "-destroy")
    for file in GUARDS:
        program = re.search(r"jq (?:-r|--raw-output) '(\[\.resource_changes.*?)' plan\.json", (tools.REPOSITORY / file).read_text(), re.S)[1]
        for what, plan, named in (("replaces", replaced, "{} (replaced)"), ("deletes", deleted, "{}")):
            found = subprocess.run(["jq", "-r", program], input=json.dumps(plan), capture_output=True, text=True, check=True).stdout.strip().split(", ")
            wrong += [f"{file}: the guard does not name {address}, which the plan {what}" for address in PRECIOUS if named.format(address) not in found]
        if guarded := subprocess.run(["jq", "-r", program], input=json.dumps(link), capture_output=True, text=True, check=True).stdout.strip():
            wrong.append(f"{file}: the guard stops {guarded}, although nothing is lost")
    print(f"   zones stick, the VPC link is created before its old one is deleted, {len(GUARDS)} guards name {len(PRECIOUS)} resources")
    return wrong


def _plan(provider, folder, *options):
    done = provider.terraform(folder, "plan", "-no-color", "-out=plan.bin", *options)
    if done.returncode:
        raise SystemExit(f"terraform plan {' '.join(options)}:\n{done.stdout}")
    return json.loads(provider.terraform(folder, "show", "-json", "plan.bin").stdout)


def _changes(plan):
    return [change for change in plan.get("resource_changes", []) if change["mode"] == "managed" and change["change"]["actions"] != ["no-op"]]
