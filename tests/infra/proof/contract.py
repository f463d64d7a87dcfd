"""The outputs, by name: the contract that the programs and their users rely on.

A name in this list stays and keeps its type. To add an output, add it here and in outputs.tf. To remove one or to
change its meaning, increase schema_version.
"""

import re

import tools

VERSION = 1

# Files that users copy and that are filled in from these outputs.
TEMPLATES = [tools.INFRA / "README.md", *sorted((tools.REPOSITORY / "Apps").rglob("*.json"))]

TEXT = """
    aws_region aws_account_id name_prefix vpc_id task_security_group_id endpoint_security_group_id
    public_route_table_id ecs_route_table_id
    ecs_cluster_name ecs_cluster_arn ecs_service_name task_family container_name health_check_path
    execution_role_arn task_role_arn log_group_name
    ecr_repository_name ecr_repository_url ecr_repository_arn kms_key_arn
    alb_arn alb_dns_name alb_security_group_id alb_listener_arn target_group_arn
    api_id api_endpoint vpc_link_id
    cognito_user_pool_id cognito_user_pool_client_id cognito_issuer cognito_domain
""".split()
NUMBERS = ["schema_version", "container_port"]
LISTS = ["public_subnet_ids", "enterprise_subnet_ids", "ecs_subnet_ids", "enterprise_route_table_ids", "app_server_private_ips"]

# Null, and so absent from the state, if the feature that they belong to is disabled.
OPTIONAL = """
    alternate_target_group_arn production_listener_rule_arn test_listener_rule_arn ecs_infrastructure_role_arn
    plan_role_arn apply_role_arn deploy_role_arn
""".split()

TYPES = {**dict.fromkeys(TEXT + OPTIONAL, str), **dict.fromkeys(NUMBERS, int), **dict.fromkeys(LISTS, list)}


def findings(defaults, everything):
    """Differences between the outputs of the two plans and the contract."""
    wrong = []
    for variant, plan, null in (("defaults", defaults, set(OPTIONAL)), ("everything", everything, set())):
        outputs = plan["planned_values"]["outputs"]
        values = {name: output.get("value") for name, output in outputs.items()}
        wrong += [f"{variant}: {name} is no longer an output" for name in TYPES.keys() - values.keys()]
        wrong += [f"{variant}: {name} is not in the contract (proof/contract.py)" for name in values.keys() - TYPES.keys()]
        wrong += [f"{variant}: {name} is sensitive, so no program would print it" for name, output in outputs.items() if output["sensitive"]]
        for name in TYPES.keys() & values.keys():
            if (values[name] is None) != (name in null):
                wrong.append(f"{variant}: {name} is {values[name]!r}")
            elif values[name] is not None and not isinstance(values[name], TYPES[name]):
                wrong.append(f"{variant}: {name} is {values[name]!r} and not a {TYPES[name].__name__}")
        if values.get("schema_version") != VERSION:
            wrong.append(f"{variant}: schema_version is {values.get('schema_version')}")
    named = {(file, name) for file in TEMPLATES for name in re.findall(r"(?<!\$)\$\{tf\.(\w+)\}", file.read_text())}
    wrong += [f"{file.relative_to(tools.REPOSITORY)} names ${{tf.{name}}}, which is not in the contract" for file, name in sorted(named) if name not in TYPES]
    print(f"   {len(named)} placeholders of templates and examples use {len({name for _, name in named})} of them")
    print(f"   {len(TYPES)} outputs of schema version {VERSION}, {len(OPTIONAL)} of them only if a feature is enabled")
    return wrong
