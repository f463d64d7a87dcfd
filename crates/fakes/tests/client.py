"""AWS's own client library talks to the fakes: what it cannot sign, send or parse ends this script.

Arguments: endpoint, access key, secret, target group's ARN. Prints one line of JSON: what it saw.
"""

import json
import sys

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError

endpoint, key, secret, group = sys.argv[1:]


def client(service, key=key, secret=secret, token=None):
    return botocore.session.get_session().create_client(
        service,
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def refusal(call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        return error.response["Error"]["Code"]
    raise SystemExit(f"{call.__name__} {arguments} was to be refused")


ecs, ecr, elb = client("ecs"), client("ecr"), client("elbv2")
logs, s3, sts = client("logs"), client("s3"), client("sts")

ecs.get_waiter("services_stable").wait(cluster="demo", services=["web"])
service = ecs.describe_services(cluster="demo", services=["web"])["services"][0]
arns = ecs.list_tasks(cluster="demo", serviceName="web")["taskArns"]
addresses = {
    detail["value"]
    for task in ecs.describe_tasks(cluster="demo", tasks=arns)["tasks"]
    for detail in task["attachments"][0]["details"]
    if detail["name"] == "privateIPv4Address"
}
health = elb.describe_target_health(TargetGroupArn=group)["TargetHealthDescriptions"]
pages = ecs.get_paginator("list_services").paginate(
    cluster="demo", PaginationConfig={"PageSize": 1}
)
s3.put_object(Bucket="states", Key="env:/prod/a b+c", Body=b"{}")
role = sts.assume_role(RoleArn="arn:aws:iam::123456789012:role/x", RoleSessionName="ci")
issued = role["Credentials"]
assumed = client(
    "sts", issued["AccessKeyId"], issued["SecretAccessKey"], issued["SessionToken"]
)

seen = {
    "services": sum(len(page["serviceArns"]) for page in pages),
    "created": service["createdAt"].year,
    "joined": {target["Target"]["Id"] for target in health} == addresses,
    "object": s3.get_object(Bucket="states", Key="env:/prod/a b+c")["Body"].read().decode(),
    "login": ecr.get_authorization_token()["authorizationData"][0]["proxyEndpoint"],
    "caller": sts.get_caller_identity()["Arn"],
    "assumed": assumed.get_caller_identity()["Arn"],
    "refusals": [
        refusal(s3.get_object, Bucket="states", Key="none"),
        refusal(ecs.list_tasks, cluster="none"),
        refusal(elb.describe_target_groups, Names=["none"]),
        refusal(ecr.describe_repositories, repositoryNames=["none"]),
        refusal(logs.get_log_events, logGroupName="none", logStreamName="x"),
        refusal(client("ecs", secret="forged").list_clusters),
        refusal(client("sts", secret="forged").get_caller_identity),
        refusal(client("s3", secret="forged").get_object, Bucket="states", Key="x"),
    ],
}
print(json.dumps(seen))
