"""Emulates the binary of the AWS provider: Terraform starts it, and it serves the schema that bindings.py read.

    server.py SCHEMA.json        (started by terraform; uses plugin protocol 5 on 127.0.0.1)

With it, the real terraform runs init, validate, test (with mock_provider) and plan with the schema of the current
provider, without the network. Terraform itself rejects unknown, missing and read-only attributes and wrong types,
because it knows the schema. The emulation does not check values (e.g. an invalid CIDR) and creates nothing: apply
copies the planned values into the state.

The computed values of a plan are invented here and known while planning, so that the JSON of a plan shows what refers
to what. They are derived from the resource's own settings, so the same configuration gives the same plan.
"""

import hashlib
import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import msgpack

HERE = Path(__file__).resolve().parent
NESTING = {"single": 1, "list": 2, "set": 3}
ACCOUNT, REGION = "111122223333", "eu-central-1"

# The results of the data sources.
DATA = {
    "aws_caller_identity": {"account_id": ACCOUNT},
    "aws_partition": {"partition": "aws", "dns_suffix": "amazonaws.com"},
    "aws_availability_zones": {
        "names": [f"{REGION}{letter}" for letter in "abc"],
        "zone_ids": ["euc1-az2", "euc1-az3", "euc1-az1"],
    },
    "aws_ami": {"id": "ami-0123456789abcdef0"},
}


def invent(type_name, attribute, kind, seed):
    """A computed value of the right type, which shows where it comes from."""
    number = hashlib.sha256(seed).hexdigest()[:12]
    short = type_name.removeprefix("aws_")
    if kind == "string":
        if attribute == "arn":
            return f"arn:aws:stub:{REGION}:{ACCOUNT}:{short}/{number}"
        return f"{short}-{number}" if attribute == "id" else f"{short}-{attribute}-{number}"
    if kind in ("number", "bool"):
        return 0 if kind == "number" else False
    return {} if kind[0] in ("map", "object") else []


def fill(type_name, block, value, seed):
    """The planned value: the proposed one, with an invented value for each computed attribute that is absent."""
    filled = dict(value)
    for name, attribute in block["attributes"].items():
        if attribute["computed"] and filled.get(name) is None:
            filled[name] = invent(type_name, name, attribute["type"], seed)
    for name, nested in block["blocks"].items():
        inner = filled.get(name)
        if isinstance(inner, list):
            filled[name] = [fill(type_name, nested["block"], element, seed) for element in inner]
        elif isinstance(inner, dict):
            filled[name] = fill(type_name, nested["block"], inner, seed)
    return filled


def serve(schemas):
    messages, services = grpc.protos_and_services(str(Path("tfplugin5.proto")))

    def block_message(block):
        return messages.Block(
            attributes=[
                messages.Attribute(
                    name=name,
                    type=json.dumps(attribute["type"]).encode(),
                    required=attribute["required"],
                    optional=attribute["optional"],
                    computed=attribute["computed"],
                )
                for name, attribute in sorted(block["attributes"].items())
            ],
            block_types=[
                messages.NestedBlock(
                    type_name=name,
                    nesting=NESTING[nested["nesting"]],
                    min_items=nested["min"],
                    max_items=nested["max"],
                    block=block_message(nested["block"]),
                )
                for name, nested in sorted(block["blocks"].items())
            ],
        )

    def schema_message(block):
        return messages.Schema(block=block_message(block))

    def decode(value):
        return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False)

    def encode(value):
        return messages.DynamicValue(msgpack=msgpack.packb(value))

    served_schemas = messages.Schemas(
        provider=schema_message(schemas["provider"]),
        resource_schemas={name: schema_message(block) for name, block in schemas["resource"].items()},
        data_source_schemas={name: schema_message(block) for name, block in schemas["data"].items()},
    )

    class Provider(services.ProviderServicer):
        def GetSchema(self, request, context):
            return served_schemas

        def PrepareProviderConfig(self, request, context):
            return messages.PreparedConfig(prepared_config=request.config)

        def ValidateResourceTypeConfig(self, request, context):
            return messages.Diagnostics()

        def ValidateDataSourceConfig(self, request, context):
            return messages.Diagnostics()

        def Configure(self, request, context):
            return messages.Diagnostics()

        def UpgradeResourceState(self, request, context):
            return messages.NewValue(value=messages.DynamicValue(json=request.raw_state.json))

        def ReadResource(self, request, context):
            return messages.NewValue(value=request.current_state)

        def PlanResourceChange(self, request, context):
            proposed = decode(request.proposed_new_state)
            if proposed is None:
                return messages.PlanResponse(planned_state=request.proposed_new_state)
            seed = request.type_name.encode() + request.config.msgpack
            return messages.PlanResponse(
                planned_state=encode(fill(request.type_name, schemas["resource"][request.type_name], proposed, seed))
            )

        def ApplyResourceChange(self, request, context):
            return messages.Applied(new_state=request.planned_state)

        def ReadDataSource(self, request, context):
            value = decode(request.config)
            value.update(DATA[request.type_name])
            seed = request.type_name.encode() + request.config.msgpack
            return messages.NewValue(value=encode(fill(request.type_name, schemas["data"][request.type_name], value, seed)))

        def Stop(self, request, context):
            return messages.Empty()

    def shut_down(request, context):
        os._exit(0)

    server = grpc.server(ThreadPoolExecutor(4), options=[("grpc.max_send_message_length", -1)])
    services.add_ProviderServicer_to_server(Provider(), server)
    # Terraform's plugin library stops a plugin with this call, and waits two seconds for one that does not implement
    # it.
    controller = {"Shutdown": grpc.unary_unary_rpc_method_handler(shut_down)}
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler("plugin.GRPCController", controller)])
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(f"1|5|tcp|127.0.0.1:{port}|grpc", flush=True)
    server.wait_for_termination()


if __name__ == "__main__":
    sys.path.insert(0, str(HERE))
    serve(json.loads(Path(sys.argv[1]).read_text()))
