"""Emulates `aws s3 cp` between a file and S3 for the workflow: s3_cp.py ENDPOINT s3 cp --no-progress FROM TO

If TAMPER_WITH_PLANS is set, a download differs from what was uploaded.
"""

import os
import sys

import boto3

endpoint, service, command, quiet, source, target = sys.argv[1:]
assert (service, command, quiet) == ("s3", "cp", "--no-progress"), sys.argv
s3 = boto3.client("s3", endpoint_url=endpoint)
bucket, _, key = (source if source.startswith("s3://") else target).removeprefix("s3://").partition("/")
if source.startswith("s3://"):
    s3.download_file(bucket, key, target)
    if os.environ.get("TAMPER_WITH_PLANS"):
        with open(target, "ab") as file:
            file.write(b"\0")
else:
    s3.upload_file(source, bucket, key)
