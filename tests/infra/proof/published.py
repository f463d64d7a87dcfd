"""Compares the deploy role's policy with the policies that the programs publish (docs/policies/).

The tests of the programs compare every call with those files. So the role is right if it allows everything in them,
with the plan's names, and no ECS action that none of them contains.
"""

import fnmatch
import json

import tools
from proof.arns import real

PUBLISHED = tools.REPOSITORY / "docs" / "policies"

# For the apply role: deleting the service before the stack is destroyed, and creating the repository. Only the owner
# of secrets knows which of them a pipeline may look up by name.
NOT_THE_DEPLOY_ROLES = {"ecs-deploy-delete", "ecr-push-create", "render-taskdef-secrets"}

# What wait-healthy and the plan of a deployment read in addition.
BESIDE = {"ecs:DescribeClusters", "ecs:ListTagsForResource", "ecs:StopTask"}


def findings(plan, may_prune):
    """What a program needs and the role may not do, and the other way round."""
    own = _deploy_policy(plan)
    has_infrastructure_role = any(resource["name"] == "ecs_infrastructure" for resource in plan["planned_values"]["root_module"]["resources"])
    files = [file for file in sorted(PUBLISHED.glob("*.json")) if file.stem not in NOT_THE_DEPLOY_ROLES]
    if not files:
        return [f"no published policy in {PUBLISHED}"]
    wrong, listed = [], set()
    for file in files:
        if file.stem == "ecs-deploy-prune" and not may_prune:
            continue
        for statement in json.loads(_filled(file.read_text()))["Statement"]:
            if statement["Sid"] == "PassInfrastructureRole" and not has_infrastructure_role:
                continue
            for action in _list(statement["Action"]):
                listed.add(action)
                wrong += [
                    f"{file.name} lists {action} on {resource}, and the deploy role may not"
                    for resource in _list(statement["Resource"])
                    if not any(_allows(mine, action, resource, statement.get("Condition")) for mine in own)
                ]
    allowed = {action for statement in own for action in _list(statement["Action"]) if action.startswith("ecs:")}
    print(f"   {len(files)} published policies, {len(listed)} actions: the deploy role has them")
    return wrong + [f"the deploy role may {action}, which no program needs" for action in sorted(allowed - listed - BESIDE)]


def documents():
    """(file, statements) of every published policy."""
    for file in sorted(PUBLISHED.glob("*.json")):
        yield f"docs/policies/{file.name}", json.loads(_filled(file.read_text()))["Statement"]


def _filled(text):
    """A published policy, with the plan's names instead of its placeholders in capitals."""
    names = {
        "INFRASTRUCTURE_ROLE": "fargate-pipeline-ecs-infrastructure",
        "STATE_BUCKET": "states",
        "STATE_KEY": "web/terraform.tfstate",
        "KMS_KEY": "state",
        "SECRET": "db",
        "EXECUTION_ROLE": "fargate-pipeline-execution",
        "TASK_ROLE": "fargate-pipeline-task",
        "LOG_GROUP": "/ecs/fargate-pipeline",
        "REPOSITORY": "fargate-pipeline",
        "ACCOUNT": "111122223333",
        "CLUSTER": "fargate-pipeline",
        "SERVICE": "fargate-pipeline",
        "REGION": "eu-central-1",
        "FAMILY": "fargate-pipeline",
    }
    for placeholder, name in names.items():
        text = text.replace(placeholder, name)
    return text


def through_endpoints(plan):
    """Calls to ECR and CloudWatch Logs that a program makes, and that the endpoints do not let a runner in the VPC make."""
    allowed = {"ecr": None, "logs": None}
    for resource in plan["planned_values"]["root_module"]["resources"]:
        if resource["type"] == "aws_vpc_endpoint" and resource.get("index") in ("ecr.api", "logs"):
            statements = json.loads(resource["values"]["policy"])["Statement"]
            allowed[resource["index"].split(".")[0]] = {action for statement in statements for action in _list(statement["Action"])}
    needed = {(file.name, action) for file in sorted(PUBLISHED.glob("*.json")) for statement in json.loads(file.read_text())["Statement"] for action in _list(statement["Action"])}
    return [
        f"{name} lists {action}, and the endpoint for it does not allow it"
        for name, action in sorted(needed)
        if (service := action.split(":")[0]) in allowed and action not in (allowed[service] or ())
    ]


def _deploy_policy(plan):
    resources = plan["planned_values"]["root_module"]["resources"]
    text = next(resource["values"]["policy"] for resource in resources if resource["address"] == "aws_iam_role_policy.deploy[0]")
    return json.loads(real(text, resources))["Statement"]


def _allows(statement, action, resource, condition):
    """Whether a statement allows at least this, and only under conditions that the list has as well."""
    return (
        action in _list(statement["Action"])
        and any(fnmatch.fnmatchcase(resource, pattern) for pattern in _list(statement["Resource"]))
        and statement.get("Condition") in (None, condition)
    )


def _list(value):
    return value if isinstance(value, list) else [value]
