"""Compares every call of a rehearsal with the policies of the role that made it.

Emulators do not prove a policy, because their IAM does not check resources. So each call that the provider and the
programs made must be allowed by a statement: its action, and its resource if the request names one. Conditions are
not evaluated; terraform test and the trust check cover those.

Some calls must not be allowed to the apply role, because only a person may make them: creating keys, and changing the
pipeline's own roles and policies.
"""

import fnmatch
import json

# Role -> the policies that apply to it.
ROLES = {"plan": ("pipeline_read",), "apply": ("pipeline_read", "apply"), "deploy": ("deploy",)}

# A person creates these. In the rehearsal the apply role does it, because nobody else is there. The key is one of
# them: a role that may create and tag keys may tag other people's keys.
PERSONS_CALLS = {"kms:CreateKey"}
PERSONS = ("role/fargate-pipeline-plan", "role/fargate-pipeline-apply", ":policy/fargate-pipeline-")

# Calls that only the old provider makes, and the calls that replace them today.
OLD_CALLS = {
    "ec2:DisassociateAddress": "ec2:DisassociateAddress",
    "logs:ListTagsLogGroup": "logs:ListTagsForResource",
}


def findings(calls, resources):
    """Calls that no statement allows, and calls that one should not allow, as sentences."""
    documents = _documents(resources)
    wrong = []
    for role, names in ROLES.items():
        statements = [statement for name in names for statement in documents[name]]
        made = {(OLD_CALLS.get(call.name, call.name), call.resource) for call in calls if call.role == role}
        refused = {(action, resource) for action, resource in made if not _allowed(statements, action, resource)}
        persons = {(action, resource) for action, resource in made if _is_persons(action, resource)}
        print(f"   {role}: {len({action for action, _ in made})} different actions called; {len(persons)} calls are for a person", flush=True)
        wrong += [f"the {role} role may not {action} on {resource or 'anything'}" for action, resource in sorted(refused - persons)]
        wrong += [f"the {role} role may {action} on {resource}, which only a person may" for action, resource in sorted(persons - refused)]
    return wrong


def _is_persons(action, resource):
    writes = action.startswith("iam:") and not action.startswith(("iam:Get", "iam:List"))
    return action in PERSONS_CALLS or (writes and any(part in resource for part in PERSONS))


def _documents(resources):
    """Policy name -> its statements, as applied."""
    documents = {}
    for resource in resources:
        if resource["type"] in ("aws_iam_policy", "aws_iam_role_policy") and resource["name"] in ("pipeline_read", "apply", "deploy"):
            documents.setdefault(resource["name"], []).extend(json.loads(resource["values"]["policy"])["Statement"])
    return documents


def _allowed(statements, action, resource):
    matching = [statement for statement in statements if _names(statement, action) and (not resource or _covers(statement, resource))]
    effects = {statement["Effect"] for statement in matching if resource or statement["Effect"] == "Allow"}
    return effects == {"Allow"}


def _names(statement, action):
    if "NotAction" in statement:
        return not any(fnmatch.fnmatchcase(action, pattern) for pattern in _list(statement["NotAction"]))
    return any(fnmatch.fnmatchcase(action, pattern) for pattern in _list(statement["Action"]))


def _covers(statement, resource):
    return any(fnmatch.fnmatchcase(resource, pattern) or pattern.removesuffix(":*") == resource for pattern in _list(statement["Resource"]))


def _list(value):
    return value if isinstance(value, list) else [value]
