"""Which tokens may assume which of the pipeline's roles, according to the trust policies that a plan renders.

A policy is evaluated as in IAM: a statement allows a token if its principal matches and every condition holds. A
claim that the token does not have fails its condition.
"""

import fnmatch
import json

ROLES = ("plan", "apply", "deploy")
GITHUB = "token.actions.githubusercontent.com"
ACCOUNT = "arn:aws:iam::111122223333"


def github(sub, aud="sts.amazonaws.com", repository_id="34"):
    return {"issuer": GITHUB, "claims": {"aud": aud, "sub": sub, "repository_id": repository_id}}


def gitlab(sub, aud="https://gitlab.com", host="gitlab.com"):
    return {"issuer": host, "claims": {"aud": aud, "sub": sub}}


def jenkins(sub, issuer="jenkins.example.com/oidc"):
    return {"issuer": issuer, "claims": {"aud": "sts.amazonaws.com", "sub": sub}}


def role(arn):
    return {"role": arn}


PROJECT = "project_path:group/project:ref_type"

# The tokens, and the roles that accept them with every feature enabled.
TOKENS = [
    ("pull request", github("repo:octo/web:pull_request"), {"plan"}),
    ("pull request, with ids", github("repo:octo@12/web@34:pull_request"), {"plan"}),
    ("main", github("repo:octo@12/web@34:ref:refs/heads/main"), {"plan"}),
    ("environment infrastructure", github("repo:octo/web:environment:infrastructure"), {"apply"}),
    ("environment infrastructure, with ids", github("repo:octo@12/web@34:environment:infrastructure"), {"apply"}),
    ("environment production", github("repo:octo/web:environment:production"), {"deploy"}),
    ("environment production, with ids", github("repo:octo@12/web@34:environment:production"), {"deploy"}),
    ("another branch", github("repo:octo@12/web@34:ref:refs/heads/feature"), set()),
    ("a branch whose name starts with main", github("repo:octo/web:ref:refs/heads/main-2"), set()),
    ("a tag", github("repo:octo@12/web@34:ref:refs/tags/v1"), set()),
    ("another environment", github("repo:octo@12/web@34:environment:staging"), set()),
    ("environment PRODUCTION", github("repo:octo/web:environment:PRODUCTION"), set()),
    ("another repository", github("repo:octo@12/api@56:environment:production", repository_id="56"), set()),
    ("another owner", github("repo:octo-evil/web:environment:production", repository_id="99"), set()),
    ("the name taken over, with ids", github("repo:octo@77/web@99:environment:production", repository_id="99"), set()),
    ("the name taken over, without", github("repo:octo/web:environment:production", repository_id="99"), set()),
    ("no repository_id", github("repo:octo/web:environment:production", repository_id=None), set()),
    ("another audience", github("repo:octo/web:environment:production", aud="https://github.com/octo"), set()),
    ("a star for a name", github("repo:octo/web:*"), set()),
    ("GitLab main", gitlab(f"{PROJECT}:branch:ref:main"), {"plan", "apply", "deploy"}),
    ("GitLab merge request", gitlab(f"{PROJECT}:branch:ref:feature/x"), {"plan"}),
    ("GitLab tag", gitlab(f"{PROJECT}:tag:ref:v1"), set()),
    ("GitLab, another project", gitlab("project_path:group/project2:ref_type:branch:ref:main"), set()),
    ("GitLab, a project inside", gitlab("project_path:group/project/sub:ref_type:branch:ref:main"), set()),
    ("GitLab, another audience", gitlab(f"{PROJECT}:branch:ref:main", aud="sts.amazonaws.com"), set()),
    ("GitLab, another host", gitlab(f"{PROJECT}:branch:ref:main", host="gitlab.example.com"), set()),
    ("Jenkins job", jenkins("https://jenkins.example.com/job/web/"), {"deploy"}),
    ("Jenkins, another job", jenkins("https://jenkins.example.com/job/web/job/evil/"), set()),
    ("Jenkins, another issuer", jenkins("https://jenkins.example.com/job/web/", issuer="evil.example.com"), set()),
    ("administrator's role", role(f"{ACCOUNT}:role/administrator"), {"apply"}),
    ("another role", role(f"{ACCOUNT}:role/developer"), set()),
]

# With names only, tokens with IDs and merge requests are rejected. What only IDs can distinguish is not: a repository
# that took over the name is accepted. That is why the README asks for the IDs.
NAMES_ONLY = {
    "pull request, with ids": set(),
    "main": set(),
    "environment infrastructure, with ids": set(),
    "environment production, with ids": set(),
    "the name taken over, without": {"deploy"},
    "no repository_id": {"deploy"},
    "GitLab merge request": set(),
    "Jenkins job": set(),
    "administrator's role": set(),
}


def policies(plan):
    """Role -> its trust policy."""
    resources = plan["planned_values"]["root_module"]["resources"]
    return {
        resource["index"]: json.loads(resource["values"]["assume_role_policy"])
        for resource in resources
        if resource["type"] == "aws_iam_role" and resource["name"] == "pipeline"
    }


def lets_in(policy, caller):
    """Whether any statement allows the caller."""
    return any(_statement(statement, caller) for statement in policy["Statement"])


def _statement(statement, caller):
    assert statement["Effect"] == "Allow", statement
    if "role" in caller:
        return caller["role"] in statement["Principal"].get("AWS", [])
    if statement["Principal"].get("Federated") != f"{ACCOUNT}:oidc-provider/{caller['issuer']}":
        return False
    return all(
        _holds(operator, caller["claims"].get(key.removeprefix(caller["issuer"] + ":")), wanted)
        for operator, conditions in statement["Condition"].items()
        for key, wanted in conditions.items()
    )


def _holds(operator, claim, wanted):
    wanted = wanted if isinstance(wanted, list) else [wanted]
    if claim is None:
        return False
    if operator == "StringEquals":
        return claim in wanted
    if operator == "StringLike":
        return any(fnmatch.fnmatchcase(claim, pattern) for pattern in wanted)
    raise AssertionError(f"the proof does not support the operator {operator}")


def rows(plan):
    """(token, its subject, the roles that accept it)."""
    trusts = policies(plan)
    for name, caller in [(name, caller) for name, caller, _ in TOKENS]:
        yield name, caller, {role for role in ROLES if role in trusts and lets_in(trusts[role], caller)}


def findings(plan, names_only=False):
    """The tokens that are accepted but should not be, or the other way round."""
    expected = {name: NAMES_ONLY.get(name, roles) if names_only else roles for name, _, roles in TOKENS}
    return [
        f"{name}: accepted by {sorted(roles) or 'no role'}, expected {sorted(expected[name]) or 'no role'}"
        for name, _, roles in rows(plan)
        if roles != expected[name]
    ]


def table(plan):
    """The tokens and the roles that accept them, as lines."""
    lines = [(name, caller.get("role") or caller["claims"]["sub"], ", ".join(sorted(roles)) or "-") for name, caller, roles in rows(plan)]
    widths = [max(len(line[column]) for line in lines) for column in range(2)]
    return [f"{name:<{widths[0]}}  {sub:<{widths[1]}}  {roles}" for name, sub, roles in lines]
