"""Replaces the ARNs that the emulated provider invents for a plan with the ones that AWS would return."""

ACCOUNT, REGION = "111122223333", "eu-central-1"

FORMATS = {
    "aws_cloudwatch_log_group": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}",
    "aws_ecr_repository": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{{}}",
    "aws_ecs_cluster": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{{}}",
    "aws_iam_role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "aws_kms_key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
}


def real(text, resources):
    """The text of a policy, with the ARNs of the plan's resources as AWS builds them from their names."""
    for resource in resources:
        if resource["type"] in FORMATS:
            text = text.replace(resource["values"]["arn"], FORMATS[resource["type"]].format(resource["values"].get("name") or resource["values"]["id"]))
    return text
