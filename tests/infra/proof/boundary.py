"""What the roles inside the permissions boundary may do, beside what the boundary admits.

A boundary that is too narrow breaks a task or a deployment in a way that no plan shows, so every right of a role's
own policies has to be inside it, and of AWS's managed policies every action. (That it is not too wide, terraform test
asserts. The application's managed policies are its own matter: application_services says what of them counts.)
"""

import fnmatch
import json

from moto.iam.aws_managed_policies import aws_managed_policies_data

from proof.arns import real

MANAGED = "arn:aws:iam::aws:policy/"


def findings(plan):
    """Rights that a role has and the boundary does not admit, as sentences."""
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
                wrong.append(f"{address} allows {action} on {target or 'anything'}, and the boundary does not admit it")
    print(f"   {looked_at} rights of roles inside the boundary looked at")
    return wrong if looked_at > 50 else [*wrong, "the boundary was held against next to nothing"]


def _rights(address, values, resources):
    """(action, resource) for each right; no resource where AWS's own policy allows it on more than this stack has."""
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
