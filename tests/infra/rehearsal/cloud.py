"""AWS on loopback (moto), which records every call as IAM would see it.

The access key identifies the caller: it is the name of the pipeline's role that would make the call.

    with Cloud() as cloud:
        cloud.url               # endpoint of every service
        cloud.calls             # [Call("apply", "ec2", "CreateVpc", "")]
        cloud.assumed           # ARNs of roles that were assumed with a web identity token
"""

import io
import json
import logging
import os
import re
import threading
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote
from urllib.request import Request, urlopen

# AWS's managed policies must exist before they can be attached. moto reads this variable when it is imported.
os.environ["MOTO_IAM_LOAD_MANAGED_POLICIES"] = "true"

import boto3
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

REGION = "eu-central-1"
ACCOUNT = "123456789012"

# moto fails with an internal error on these. They get the response that AWS sends to callers without permission,
# which the programs must handle.
# programs have to live with.
UNKNOWN_TO_MOTO = {"ecs:ContinueServiceDeployment", "ecs:DescribeServiceDeployments", "ecs:DescribeServiceRevisions", "ecs:ListServiceDeployments"}

S3_OBJECT = {"GET": "GetObject", "HEAD": "GetObject", "PUT": "PutObject", "DELETE": "DeleteObject"}


def credentials(role):
    """Environment variables with which a program calls as a role."""
    return {"AWS_ACCESS_KEY_ID": role, "AWS_SECRET_ACCESS_KEY": "rehearsal", "AWS_REGION": REGION, "AWS_DEFAULT_REGION": REGION}


@dataclass(frozen=True)
class Call:
    """One call: the caller, the service and action as in policies, and the resource if the request names it."""

    role: str
    service: str
    action: str
    resource: str

    @property
    def name(self):
        return f"{self.service}:{self.action}"


class Cloud:
    """The server, on its own thread and port."""

    def __init__(self):
        self.calls = []
        self.assumed = []
        self._moto = DomainDispatcherApplication(create_backend_app)
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        # moto keeps all state in this process, including that of an earlier server.
        urlopen(Request(f"{self.url}/moto-api/reset", method="POST")).close()
        return self

    def __exit__(self, *_):
        self._server.shutdown()

    def client(self, service):
        """A client for the rehearsal's own reads and changes."""
        return boto3.client(service, region_name=REGION, endpoint_url=self.url, aws_access_key_id="person", aws_secret_access_key="rehearsal")

    def _answer(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        # Unsigned requests: the token itself is the proof.
        if b"Action=AssumeRoleWithWebIdentity" in body:
            self.assumed.append(parse_qs(body.decode())["RoleArn"][0])
        if call := call_of(environ, body):
            self.calls.append(call)
            if call.name in UNKNOWN_TO_MOTO:
                start_response("400 Bad Request", [("Content-Type", "application/x-amz-json-1.1")])
                return [json.dumps({"__type": "AccessDeniedException", "message": f"the rehearsal does not know {call.action}"}).encode()]
        return self._moto(environ, start_response)


def call_of(environ, body):
    """A request as IAM sees it; None for requests that no AWS client signed."""
    scope = re.search(r"Credential=([^/]+)/\d+/[\w-]+/([\w-]+)/aws4_request", environ.get("HTTP_AUTHORIZATION", ""))
    if not scope:
        return None
    role, service, path, method = scope[1], scope[2], environ["PATH_INFO"], environ["REQUEST_METHOD"]
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(role, service, target.rpartition(".")[2], _json_resource(service, json.loads(body or b"{}")))
    if service == "s3":
        bucket, _, key = path.lstrip("/").partition("/")
        if key:
            return Call(role, "s3", S3_OBJECT[method], f"arn:aws:s3:::{bucket}/{unquote(key)}")
        return Call(role, "s3", "ListBucket" if method in ("GET", "HEAD") else f"{method}Bucket", f"arn:aws:s3:::{bucket}")
    if service == "apigateway":
        return Call(role, "apigateway", method, f"arn:aws:apigateway:{REGION}::{_api_path(path)}")
    query = parse_qs(body.decode())
    return Call(role, service, query["Action"][0], _query_resource(service, query))


def _api_path(path):
    """/v2/apis/abc -> /apis/abc; the path of tags contains the whole ARN of the resource."""
    path = path.removeprefix("/v2")
    return "/tags/arn" if path.startswith("/tags/") else path


def _json_resource(service, body):
    if service == "ecr" and "repositoryName" in body:
        return f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{body['repositoryName']}"
    if service == "logs" and "logGroupName" in body:
        return f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{body['logGroupName']}"
    if service == "kms" and "arn:" in body.get("KeyId", ""):
        return body["KeyId"]
    if service == "kms" and "TargetKeyId" not in body and "KeyId" in body:
        return f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{body['KeyId']}"
    if service == "ecs" and "clusterName" in body:
        return f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/{body['clusterName']}"
    return ""


def _query_resource(service, query):
    if service != "iam":
        return ""
    if "RoleName" in query and "InstanceProfileName" not in query:
        return f"arn:aws:iam::{ACCOUNT}:role/{query['RoleName'][0]}"
    if "InstanceProfileName" in query:
        return f"arn:aws:iam::{ACCOUNT}:instance-profile/{query['InstanceProfileName'][0]}"
    if "PolicyName" in query:
        return f"arn:aws:iam::{ACCOUNT}:policy/{query['PolicyName'][0]}"
    return query.get("PolicyArn", [""])[0]
