"""The checks, by name. Each prints what it did and returns its findings. If there are none, the check has passed."""

import functools
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import settings
import tools
from proof import boundary, contract, holes, published, reachability, reference, replacement, trust
from provider.emulated import EmulatedProvider
from variants import VARIANTS

FOLDERS = ("Infra", "Infra/bootstrap")


def formatted():
    """every .tf, .hcl and .tfvars file is formatted as by `terraform fmt`"""
    done = subprocess.run([tools.terraform(), "fmt", "-check", "-recursive", "-no-color", tools.INFRA], capture_output=True, text=True)
    return [f"not formatted: {line}" for line in done.stdout.splitlines()]


def schema():
    """`terraform init` and `validate` against the schema of the current AWS provider"""
    findings = []
    with _emulated_provider() as provider:
        for name in FOLDERS:
            folder = provider.copy(name)
            for command in (["init", "-backend=false"], ["validate"]):
                done = provider.terraform(folder, *command, "-no-color")
                if done.returncode:
                    findings.append(f"{name}: terraform {command[0]}:\n{done.stdout}")
        print(f"   provider aws {provider.version}: {', '.join(FOLDERS)} initialized and validated")
        findings += _refuses_mistakes(provider)
    return findings


# Arguments that the provider of 2021 accepted and the current one does not, and a typo. validate must reject each.
MISTAKES = {
    "an argument that was removed": 'resource "aws_eip" "wrong" {\n  vpc = true\n}\n',
    "a typo": 'resource "aws_vpc" "wrong" {\n  cidr_blok = "10.9.0.0/16"\n}\n',
    "a missing argument": 'resource "aws_ecs_cluster" "wrong" {}\n',
    "a wrong type": 'resource "aws_lb" "wrong" {\n  internal = "perhaps"\n}\n',
}


def _refuses_mistakes(provider):
    folder = provider.folder / "mistakes"
    folder.mkdir()
    (folder / "versions.tf").write_text((tools.INFRA / "bootstrap/versions.tf").read_text().split('provider "aws"')[0])
    provider.terraform(folder, "init")
    accepted = []
    for what, text in MISTAKES.items():
        (folder / "main.tf").write_text(text)
        if provider.terraform(folder, "validate", "-no-color").returncode == 0:
            accepted.append(f"the schema is too lax: validate accepted {what}")
    print(f"   and rejected {len(MISTAKES) - len(accepted)} of {len(MISTAKES)} deliberate mistakes")
    return accepted


def terraform_tests():
    """`terraform test` with README's settings in place: every subnet, route, rule and policy, and every variable with a validation"""
    findings = settings.findings(FOLDERS)
    with _emulated_provider() as provider:
        jobs = []
        for name in FOLDERS:
            folder = provider.copy(name)
            provider.terraform(folder, "init", "-backend=false", "-no-color")
            # A pipeline runs the tests where the user's settings are: these must not change what is tested.
            for file, text in settings.of_readme(name).items():
                (folder / file).write_text(text)
            jobs += [(folder, f"tests/{file.name}") for file in sorted((folder / "tests").glob("*.tftest.hcl"))]
        # Only two at a time: each starts terraform, and the machine may have no more than two cores.
        with ThreadPoolExecutor(2) as pool:
            ended = pool.map(lambda job: (job, provider.terraform(job[0], "test", f"-filter={job[1]}", "-no-color")), jobs)
        for (_, file), done in ended:
            passed = re.search(r"(\d+) passed, (\d+) failed", done.stdout)
            print(f"   {file}: {passed[0] if passed else 'did not run'}")
            if done.returncode or not passed or int(passed[1]) == 0:
                findings.append(f"{file}:\n{done.stdout}")
    return findings


def reach():
    """who can reach whom, computed from the plan, as a table; and proof that the check can fail"""
    findings = []
    for name, plan in _plans().items():
        options = {"test_port": 9000, "open_routes": ("GET /health", "OPTIONS /{proxy+}"), "dynamodb": True} if name == "everything" else {}
        findings += [f"{name}: {finding}" for finding in reachability.findings(plan, **options)]
    plans = _plans()
    print("   with everything switched on:")
    for line in reachability.table(plans["everything"]):
        print(f"   {line}")
    missed = holes.unseen(plans["defaults"])
    print(f"   {len(holes.HOLES) - len(missed)} of {len(holes.HOLES)} deliberate holes were found")
    return findings + [f"the check is blind to {hole}" for hole in missed]


def trusts():
    """which tokens may assume the pipeline's roles, according to the trust policies in the plan"""
    plans = _plans()
    for line in trust.table(plans["everything"]):
        print(f"   {line}")
    if set(trust.policies(plans["defaults"])):
        return ["roles are created although nobody may assume them"]
    return trust.findings(plans["everything"]) + [f"names only: {finding}" for finding in trust.findings(plans["names only"], names_only=True)]


def policies():
    """the deploy role has the published permissions, within the boundary; all policies match AWS's reference"""
    plans = _plans()
    findings = reference.findings(plans.values(), published.documents()) + published.findings(plans["everything"], may_prune=True) + published.through_endpoints(plans["defaults"]) + boundary.findings(plans["everything"])
    return findings + [f"names only: {finding}" for finding in published.findings(plans["names only"], may_prune=False)]


def replacements():
    """what a change replaces on a live stack, in which order, and whether the destroy guards name it"""
    with _emulated_provider() as provider:
        return replacement.findings(provider)


def outputs():
    """the outputs match the contract with phase 2: every name and type, none sensitive, the schema version"""
    plans = _plans()
    return contract.findings(plans["defaults"], plans["everything"])


# What AWS requires of values, and no schema contains: (type, member, pattern).
GROUP_TEXT = r"[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}"
VALUES = [
    ("aws_security_group", "description", GROUP_TEXT),
    ("aws_vpc_security_group_ingress_rule", "description", GROUP_TEXT),
    ("aws_vpc_security_group_egress_rule", "description", GROUP_TEXT),
    ("aws_lb", "name", r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}"),
    ("aws_lb_target_group", "name", r"[a-zA-Z0-9](-?[a-zA-Z0-9]){0,31}"),
    ("aws_iam_role", "name", r"[\w+=,.@-]{1,64}"),
    ("aws_iam_role", "description", r"[\t\n\r -~\u00a1-\u00ff]{0,1000}"),
    ("aws_iam_policy", "name", r"[\w+=,.@-]{1,128}"),
    ("aws_ecr_repository", "name", r"[a-z0-9]+([._/-][a-z0-9]+)*"),
    ("aws_cognito_user_pool_domain", "domain", r"(?!.*(aws|amazon|cognito))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"),
    ("aws_kms_alias", "name", r"alias/(?!aws/)[a-zA-Z0-9/_-]+"),
    ("aws_cloudwatch_log_group", "name", r"[.\-_/#A-Za-z0-9]{1,512}"),
]


def values():
    """names and descriptions in the plan follow AWS's own rules, which the schema does not contain"""
    looked_at, findings = 0, []
    for variant, plan in _plans().items():
        for resource in plan["planned_values"]["root_module"]["resources"]:
            for kind, member, pattern in VALUES:
                if resource["type"] == kind and (value := resource["values"].get(member)) is not None:
                    looked_at += 1
                    if not re.fullmatch(pattern, value):
                        findings.append(f"{variant}: {resource['address']}.{member} is {value!r}, which AWS rejects")
    print(f"   {looked_at} values checked")
    return findings if looked_at else ["no value was checked"]


def scanned():
    """checkov: every failure is fixed, or skipped in place with a reason"""
    python = tools.environment("lint", "requirements-lint.txt")
    done = subprocess.run(
        [python.parent / "checkov", "--directory", tools.INFRA, "--framework", "terraform", "--skip-download", "--compact", "--output", "json"],
        capture_output=True,
        text=True,
    )
    pinned = (tools.HERE / "requirements-lint.txt").read_text().strip()
    elsewhere = [] if f"pipx run {pinned} " in (tools.REPOSITORY / ".github/workflows/terraform.yml").read_text() else [f"the workflow does not scan with version {pinned}"]
    report = json.loads(done.stdout)
    summary = report["summary"]
    print(f"   {summary['passed']} passed, {summary['failed']} failed, {summary['skipped']} skipped with a reason")
    failed = report["results"]["failed_checks"]
    unreasoned = [skip for skip in report["results"]["skipped_checks"] if not (skip["check_result"].get("suppress_comment") or "").strip()]
    return (
        [f"{check['check_id']} {check['check_name']}: {check['resource']} ({check['file_path']})" for check in failed]
        + [f"{skip['check_id']} is skipped without a reason: {skip['resource']}" for skip in unreasoned]
        + ([] if summary["passed"] > 100 else ["checkov checked almost nothing"])
        + elsewhere
    )


def workflow():
    """the reusable workflow in act: pull request, fork, push, drift, replaced plan, lock, teardown, no lock file"""
    from workflow import pipelines

    return pipelines.on_github()


def gitlab():
    """the GitLab pipeline in gitlab-ci-local: merge request, fork, main, replaced plan, drift, lock, teardown"""
    from workflow import pipelines

    return pipelines.on_gitlab()


def jenkins():
    """the Jenkins pipeline: another branch, main, replaced plan, drift, lock, teardown"""
    from workflow import pipelines

    return pipelines.on_jenkins()


def rehearsed():
    """bootstrap and Infra applied with provider 3.39 on moto, the programs on that state, then destroyed"""
    from rehearsal import story

    return story.run()


def _emulated_provider():
    return EmulatedProvider(sys.executable)


@functools.cache
def _plans():
    """Variant -> the JSON of its plan, which the real terraform makes from the unchanged Infra."""
    plans = {}
    with _emulated_provider() as provider:
        folder = provider.copy("Infra")
        # A plan needs a state, but an empty local one is enough.
        (folder / "backend_override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
        provider.terraform(folder, "init")
        for name, variables in VARIANTS.items():
            (folder / "variant.auto.tfvars.json").write_text(json.dumps(variables))
            done = provider.terraform(folder, "plan", "-no-color", "-out=plan.bin")
            if done.returncode:
                raise SystemExit(f"terraform plan of {name}:\n{done.stdout}")
            plans[name] = json.loads(provider.terraform(folder, "show", "-json", "plan.bin").stdout)
    return plans


CHECKS = {
    "format": formatted,
    "schema": schema,
    "terraform-test": terraform_tests,
    "reachability": reach,
    "trust": trusts,
    "policies": policies,
    "replacement": replacements,
    "outputs": outputs,
    "values": values,
    "checkov": scanned,
    "workflow": workflow,
    "gitlab": gitlab,
    "jenkins": jenkins,
    "rehearsal": rehearsed,
}
