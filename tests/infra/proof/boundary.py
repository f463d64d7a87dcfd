"""Compares what the roles inside the permissions boundary may do with what the boundary allows.

A boundary that is too narrow breaks a task or a deployment, and no plan shows this. So every right in a role's own
policies must be inside the boundary, and every action of AWS's managed policies. (terraform test checks that it is
not too wide. For the application's managed policies, application_services decides which of their actions count.)
"""

import fnmatch
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

from proof.arns import real

MANAGED = "arn:aws:iam::aws:policy/"


def findings(plan):
    """Rights that a role has and the boundary does not allow, as sentences."""
    resources = [resource for resource in plan["planned_values"]["root_module"]["resources"] if resource["mode"] == "managed"]
    of = {resource["address"]: resource["values"] for resource in resources}
    admitted = json.loads(of["aws_iam_policy.boundary"]["policy"])["Statement"]
    bounded = {of[address]["id"] for address in of if address.startswith("aws_iam_role.") and of[address]["permissions_boundary"]}
    bounded |= {values["name"] for address, values in of.items() if address.startswith("aws_iam_role.") and values["permissions_boundary"]}
    wrong, looked_at = [], 0
    for address, values in of.items():
        for action, target in _rights(address, values, resources) if values.get("role") in bounded else ():
            looked_at += 1
            if not any(_admits(statement, action, target) for statement in admitted):
                wrong.append(f"{address} allows {action} on {target or 'anything'}, but the boundary does not")
    print(f"   {looked_at} rights of roles inside the boundary checked")
    return wrong if looked_at > 50 else [*wrong, "almost nothing was compared with the boundary"]


def _rights(address, values, resources):
    """(action, resource) for each right, without the resource if AWS's own policy allows it on more than this stack."""
    if address.startswith("aws_iam_role_policy."):
        for statement in json.loads(real(values["policy"], resources))["Statement"]:
            yield from ((action, target) for action in _list(statement["Action"]) for target in _list(statement["Resource"]))
    elif address.startswith("aws_iam_role_policy_attachment.") and not address.startswith("aws_iam_role_policy_attachment.task"):
        document = json.loads(aws_managed_policies_data)[values["policy_arn"].removeprefix(MANAGED)]["Document"]
        yield from ((action, None) for statement in document["Statement"] for action in _list(statement["Action"]))


def _admits(statement, action, target):
    return any(fnmatch.fnmatchcase(action, pattern) for pattern in _list(statement["Action"])) and (
        target is None or any(fnmatch.fnmatchcase(target, pattern) for pattern in _list(statement["Resource"]))
    )


def _list(value):
    return value if isinstance(value, list) else [value]
