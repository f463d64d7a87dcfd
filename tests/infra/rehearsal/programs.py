"""From the rehearsed state to a service: tf-outputs, render-taskdef and ecs-deploy, as a pipeline runs them."""

import json
import os
import subprocess

import tools
from rehearsal.cloud import REGION, credentials

CHAIN = ("tf-outputs", "render-taskdef", "ecs-deploy")


def deploy(story, infra, state):
    """Reads the outputs from moto's S3, renders the sample's task definition with them, and creates the service."""
    programs = {name: _find(name) for name in CHAIN}
    outputs, taskdef = infra / "outputs.json", infra / "taskdef.json"

    done = _run(story, programs["tf-outputs"], "--state", state, "--out", outputs)
    expected = story.output(infra)
    read = json.loads(outputs.read_text()) if outputs.exists() else {}
    story.expect(done.returncode == 0 and read == expected, f"tf-outputs reads the {len(expected)} outputs from S3, like terraform prints them", done.stderr)

    image = f"{expected['ecr_repository_url']}@sha256:{'a' * 64}"
    sample = tools.REPOSITORY / "Apps/hello/taskdef.json"
    done = _run(story, programs["render-taskdef"], "--task-definition", sample, "--outputs", outputs, "--image", f"app={image}", "--out", taskdef)
    rendered = json.loads(taskdef.read_text()) if taskdef.exists() else {}
    story.expect(
        done.returncode == 0 and rendered.get("executionRoleArn") == expected["execution_role_arn"] and rendered["containerDefinitions"][0]["image"] == image,
        "render-taskdef fills the sample's task definition from them",
        done.stderr,
    )

    # The sample's service, without the two members that moto drops and that ecs-deploy then misses in the response.
    service = infra / "service.json"
    declared = json.loads((tools.REPOSITORY / "Apps/hello/service.json").read_text())
    service.write_text(json.dumps({name: value for name, value in declared.items() if name not in ("deploymentConfiguration", "healthCheckGracePeriodSeconds")}))
    done = _run(story, programs["ecs-deploy"], "--task-definition", taskdef, "--service-definition", service, "--outputs", outputs)
    services = story.cloud.client("ecs").describe_services(cluster=expected["ecs_cluster_name"], services=[expected["ecs_service_name"]])["services"]
    made = services[0] if services else {}
    network = made.get("networkConfiguration", {}).get("awsvpcConfiguration", {})
    story.expect(
        done.returncode == 0
        and sorted(network.get("subnets", [])) == sorted(expected["ecs_subnet_ids"])
        and network.get("securityGroups") == [expected["task_security_group_id"]]
        and made["loadBalancers"][0]["targetGroupArn"] == expected["target_group_arn"],
        "ecs-deploy creates the service in the ECS subnets, in the task group, behind the target group",
        f"{done.stderr}\n{json.dumps(made, default=str)}",
    )

    # Terraform does not manage it, and phase 2 is removed first when everything is destroyed.
    code, text = story.terraform(infra, "plan", "-detailed-exitcode")
    story.expect(code == 0, "a deployed service is not drift", text)
    if made:
        story.cloud.client("ecs").delete_service(cluster=expected["ecs_cluster_name"], service=expected["ecs_service_name"], force=True)


def _run(story, program, *arguments):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "TMPDIR")}
    environment = {**kept, **credentials("deploy"), "AWS_ENDPOINT_URL": story.cloud.url}
    return subprocess.run([program, *arguments], env=environment, capture_output=True, text=True)


def _find(name):
    """The path of a program as cargo builds it for the tests."""
    found = sorted((tools.REPOSITORY / "target").glob(f"*/debug/{name}"), key=lambda file: file.stat().st_mtime)
    if not found:
        raise tools.Missing(f"{name}: build it first (cargo build -p {name})")
    return found[-1]
