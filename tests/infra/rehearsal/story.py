"""Applies phase 1: the real terraform and the real provider 3.39 against moto.

Bootstrap creates the state bucket, and Infra is applied with its state in it. A second plan is empty. Changes outside
Terraform are detected. A lock is respected and can be removed. The programs read the state and deploy with it.
Destroy leaves nothing. Afterwards, every call is compared with the pipeline's policies.
"""

import base64
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

import tools
from proof import policies
from rehearsal import programs
from rehearsal.cloud import REGION, Cloud, credentials
from rehearsal.translate import translate
from variants import EVERYTHING

# The names of the services in provider 3.39.
ENDPOINTS = ("apigateway", "cloudwatchlogs", "cognitoidp", "ec2", "ecr", "ecs", "elb", "iam", "kms", "s3", "ssm", "sts")


class Story:
    """One rehearsal: its scratch directory, its cloud, its findings."""

    def __init__(self, cloud, scratch):
        self.cloud = cloud
        self.scratch = scratch
        self.findings = []
        self.environment = tools.terraform_environment(tools.cli_config(tools.old_provider_mirror(), scratch))

    def expect(self, condition, sentence, detail=""):
        """Prints what was checked. If it does not hold, it becomes a finding."""
        print(f"   {'ok ' if condition else 'BAD'} {sentence}", flush=True)
        if not condition:
            self.findings.append(f"{sentence}\n{detail[-6000:]}")
        return condition

    def terraform(self, folder, *arguments, role="person"):
        """Runs terraform as one of the pipeline's roles; returns its exit code and its output."""
        done = subprocess.run(
            [tools.terraform(), *arguments, "-no-color"],
            cwd=folder,
            env={**self.environment, **credentials(role)},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        return done.returncode, done.stdout

    def output(self, folder):
        _, text = self.terraform(folder, "output", "-json")
        return {name: output["value"] for name, output in json.loads(text).items()}

    def copy(self, source, name):
        """A translated copy whose provider uses moto."""
        folder = self.scratch / name
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns(".terraform*", "tests", "bootstrap", "*.tfstate*"))
        for sentence in translate(folder, tools.OLD_PROVIDER_VERSION):
            print(f"   translated: {sentence}")
        endpoints = "\n".join(f'    {service} = "{self.cloud.url}"' for service in ENDPOINTS)
        (folder / "moto_override.tf").write_text(
            f'provider "aws" {{\n  s3_force_path_style = true\n  endpoints {{\n{endpoints}\n  }}\n}}\n'
        )
        return folder


def run():
    """Runs the story; returns the findings."""
    with Cloud() as cloud, tempfile.TemporaryDirectory(prefix="rehearsal-") as scratch:
        story = Story(cloud, Path(scratch))
        bootstrap = story.copy(tools.INFRA / "bootstrap", "bootstrap")
        infra = story.copy(tools.INFRA, "infra")
        if _bootstrap(story, bootstrap) and _apply(story, infra, story.output(bootstrap)):
            _lock(story, infra)
            _drift(story, infra)
            _sign_in(story, infra)
            programs.deploy(story, infra, story.output(bootstrap)["state_uri"])
            _destroy(story, infra, bootstrap)
            story.findings += policies.findings(cloud.calls, story.resources)
        return story.findings


def _bootstrap(story, folder):
    code, text = story.terraform(folder, "init")
    if code == 0:
        (folder / "issuers.auto.tfvars.json").write_text(json.dumps({"oidc_issuers": {"https://token.actions.githubusercontent.com": ["sts.amazonaws.com"]}}))
        code, text = story.terraform(folder, "apply", "-auto-approve")
    return story.expect(code == 0, "bootstrap/ is applied: state bucket, key, OIDC provider", text)


def _apply(story, folder, bootstrap):
    # The output backend_hcl, and the settings that make it use moto's S3.
    (folder / "backend.hcl").write_text(
        bootstrap["backend_hcl"]
        + f'endpoints = {{ s3 = "{story.cloud.url}", sts = "{story.cloud.url}", iam = "{story.cloud.url}" }}\n'
        + "use_path_style = true\nskip_requesting_account_id = true\nskip_s3_checksum = true\n"
    )
    # The bucket requires TLS, but moto only supports HTTP (and enforces the policy).
    story.cloud.client("s3").delete_bucket_policy(Bucket=bootstrap["state_bucket"])
    print("   removed: the state bucket's TLS-only policy, because moto only supports HTTP")
    settings = {name: value for name, value in EVERYTHING.items() if name != "state"}
    (folder / "terraform.tfvars").write_text(bootstrap["state_tfvars"])
    (folder / "rehearsal.auto.tfvars.json").write_text(json.dumps({**settings, "aws_region": REGION}))
    code, text = story.terraform(folder, "init", "-backend-config=backend.hcl")
    if not story.expect(code == 0, "init accepts the backend and the settings that bootstrap/ printed", text):
        return False
    code, text = story.terraform(folder, "plan", "-out=plan.bin", role="plan")
    if code == 0:
        code, text = story.terraform(folder, "apply", "plan.bin", role="apply")
    _, listed = story.terraform(folder, "state", "list")
    made = [line for line in listed.splitlines() if not line.startswith("data.")]
    if not story.expect(code == 0, f"apply creates every resource: {len(made)}", text):
        return False
    story.resources = json.loads(story.terraform(folder, "show", "-json")[1])["values"]["root_module"]["resources"]
    code, text = story.terraform(folder, "plan", "-detailed-exitcode", role="plan")
    return story.expect(code == 0, "a second plan is empty", text)


def _lock(story, folder):
    """A locked state is waited for, not overwritten, and a stale lock can be removed."""
    bucket, key = story.output(folder.parent / "bootstrap")["state_bucket"], "fargate-pipeline/terraform.tfstate.tflock"
    held = {"ID": "11111111-2222-3333-4444-555555555555", "Operation": "OperationTypeApply", "Who": "somebody@else", "Version": "1.11.4", "Created": "2026-01-01T00:00:00Z", "Path": key}
    story.cloud.client("s3").put_object(Bucket=bucket, Key=key, Body=json.dumps(held))
    code, text = story.terraform(folder, "plan", "-lock-timeout=1s")
    story.expect(code == 1 and "somebody@else" in text, "a lock stops a plan, and the error names its owner", text)
    code, text = story.terraform(folder, "force-unlock", "-force", held["ID"])
    story.expect(code == 0, "force-unlock removes it", text)


def _drift(story, folder):
    ec2 = story.cloud.client("ec2")
    group = story.output(folder)["task_security_group_id"]
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])
    elb = story.cloud.client("elbv2")
    target_group = story.output(folder)["target_group_arn"]
    elb.modify_target_group(TargetGroupArn=target_group, HealthCheckPath="/somewhere-else")
    code, text = story.terraform(folder, "plan", "-detailed-exitcode", "-out=drift.bin")
    story.expect(code == 2 and "/somewhere-else" in text, "a health check that was changed by hand is drift", text)
    code, text = story.terraform(folder, "apply", "drift.bin")
    if code == 0:
        code, text = story.terraform(folder, "plan", "-detailed-exitcode")
    story.expect(code == 0, "apply reverts it", text)
    ec2.revoke_security_group_ingress(GroupId=group, IpPermissions=[{"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])


def _sign_in(story, folder):
    """The README's way to get a token, and whether the API would accept it."""
    outputs, cognito = story.output(folder), story.cloud.client("cognito-idp")
    pool, client, who = outputs["cognito_user_pool_id"], outputs["cognito_user_pool_client_id"], "me@example.com"
    cognito.admin_create_user(UserPoolId=pool, Username=who, MessageAction="SUPPRESS")
    cognito.admin_set_user_password(UserPoolId=pool, Username=who, Password="Correct-horse-1", Permanent=True)
    given = {"USERNAME": who, "PASSWORD": "Correct-horse-1"}
    answer = cognito.admin_initiate_auth(UserPoolId=pool, ClientId=client, AuthFlow="ADMIN_USER_PASSWORD_AUTH", AuthParameters=given)
    payload = answer["AuthenticationResult"]["AccessToken"].split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    wanted = next(resource["values"]["jwt_configuration"][0] for resource in story.resources if resource["type"] == "aws_apigatewayv2_authorizer")
    story.expect(
        claims["iss"] == wanted["issuer"] == outputs["cognito_issuer"] and claims["client_id"] in wanted["audience"],
        "a person signs in, and the token has the issuer and the client that the API's authorizer requires",
        f"{claims} {wanted}",
    )


def _destroy(story, infra, bootstrap):
    code, text = story.terraform(infra, "apply", "-auto-approve", "-var=deletion_protection=false", role="apply")
    if code == 0:
        code, text = story.terraform(infra, "destroy", "-auto-approve", "-var=deletion_protection=false", role="apply")
    _, listed = story.terraform(infra, "state", "list")
    story.expect(code == 0 and not listed.strip(), "destroy leaves nothing in the state", text)
    left = _left_behind(story)
    story.expect(not left, "and nothing in the account", "\n".join(left))
    # The state bucket is versioned, so every version is deleted first, as a person would have to do.
    s3, bucket = story.cloud.client("s3"), story.output(bootstrap)["state_bucket"]
    versions = s3.list_object_versions(Bucket=bucket)
    for version in versions.get("Versions", []) + versions.get("DeleteMarkers", []):
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    code, text = story.terraform(bootstrap, "destroy", "-auto-approve")
    story.expect(code == 0, "bootstrap/ is destroyed as well", text)


def _left_behind(story):
    """What remains of the stack in the account, according to AWS and not to the state."""
    client = story.cloud.client
    found = {
        "VPCs": [vpc["VpcId"] for vpc in client("ec2").describe_vpcs()["Vpcs"] if not vpc["IsDefault"]],
        "addresses": [address["PublicIp"] for address in client("ec2").describe_addresses()["Addresses"]],
        "NAT gateways": [gateway["NatGatewayId"] for gateway in client("ec2").describe_nat_gateways()["NatGateways"] if gateway["State"] != "deleted"],
        "endpoints": [endpoint["VpcEndpointId"] for endpoint in client("ec2").describe_vpc_endpoints()["VpcEndpoints"] if endpoint["State"] != "deleted"],
        "instances": [
            instance["InstanceId"]
            for reservation in client("ec2").describe_instances()["Reservations"]
            for instance in reservation["Instances"]
            if instance["State"]["Name"] != "terminated"
        ],
        "load balancers": [balancer["LoadBalancerName"] for balancer in client("elbv2").describe_load_balancers()["LoadBalancers"]],
        "target groups": [group["TargetGroupName"] for group in client("elbv2").describe_target_groups()["TargetGroups"]],
        "repositories": [repository["repositoryName"] for repository in client("ecr").describe_repositories()["repositories"]],
        "clusters": [arn for arn in client("ecs").list_clusters()["clusterArns"] if client("ecs").describe_clusters(clusters=[arn])["clusters"][0]["status"] == "ACTIVE"],
        "roles": [role["RoleName"] for role in client("iam").list_roles()["Roles"] if role["RoleName"].startswith("fargate-pipeline")],
        "user pools": [pool["Name"] for pool in client("cognito-idp").list_user_pools(MaxResults=10)["UserPools"]],
        "APIs": [api["Name"] for api in client("apigatewayv2").get_apis()["Items"]],
        "log groups": [group["logGroupName"] for group in client("logs").describe_log_groups()["logGroups"]],
    }
    return [f"{kind}: {', '.join(names)}" for kind, names in found.items() if names]
