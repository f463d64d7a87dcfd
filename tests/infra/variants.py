"""The variants of phase 1 that the checks plan: only defaults, and every feature enabled."""

STATE = {"bucket": "states", "key": "web/terraform.tfstate", "kms_key_arn": "arn:aws:kms:eu-central-1:111122223333:key/state"}

DEFAULTS = {}

EVERYTHING = {
    "state": STATE,
    "github": {"owner": "octo", "repository": "web", "owner_id": "12", "repository_id": "34"},
    "gitlab": {"project_path": "group/project", "plan_any_branch": True},
    "jenkins": {"issuer": "jenkins.example.com/oidc", "deploy_subjects": ["https://jenkins.example.com/job/web/"]},
    "pipeline_principal_arns": {"apply": ["arn:aws:iam::111122223333:role/administrator"]},
    "app_server_instance_type": "t4g.small",
    "enable_blue_green": True,
    "enable_execute_command": True,
    "public_health_route": True,
    "cors_allowed_origins": ["https://app.example.com"],
    "interface_endpoints": ["secretsmanager", "ssm", "kms"],
    "secret_arns": [
        "arn:aws:secretsmanager:eu-central-1:111122223333:secret:db-AbCdEf",
        "arn:aws:ssm:eu-central-1:111122223333:parameter/web/key",
    ],
    "application_services": ["dynamodb"],
    "task_role_policy_arns": ["arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess"],
    "deploy_may_prune": True,
    "flow_logs": "ALL",
}

# Repositories that were created before July 2026, and GitLab projects whose merge requests may not plan.
NAMES_ONLY = {
    "state": STATE,
    "github": {"owner": "octo", "repository": "web"},
    "gitlab": {"project_path": "group/project"},
}

VARIANTS = {"defaults": DEFAULTS, "everything": EVERYTHING, "names only": NAMES_ONLY}
