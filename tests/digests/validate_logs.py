"""What `aws cloudtrail validate-logs` says of chains that lie in folders.

The command is PyPI's awscli, unchanged; only where it would ask S3 and CloudTrail it is given the files of a folder.

    python validate_logs.py CHAINS      prints {"NAME": {"digests": [valid, invalid], "logs": [valid, invalid]}, …}
"""

import contextlib
import datetime
import io
import json
import os
import sys

from awscli.customizations.cloudtrail.validation import CloudTrailValidateLogs
from botocore.exceptions import ClientError
from dateutil import tz

ARN = "arn:aws:cloudtrail:eu-west-1:111122223333:trail/t"

class Found(list):
    def search(self, _):
        return iter(self)

class Bucket:
    """One bucket as an S3 client sees it."""

    def __init__(self, folder):
        self.folder = folder

    def get_paginator(self, name):
        assert name == "list_objects", name
        return self

    def paginate(self, Bucket, Marker, Prefix):
        root = os.path.join(self.folder, "aws/cloudtrail-logs", Bucket)
        keys = [
            os.path.relpath(os.path.join(at, name), root)
            for at, _, names in os.walk(root)
            for name in names
            if not name.endswith(".metadata.json")
        ]
        return Found(key for key in sorted(keys) if key.startswith(Prefix) and key > Marker)

    def get_object(self, Bucket, Key):
        path = os.path.join(self.folder, "aws/cloudtrail-logs", Bucket, Key)
        try:
            with open(path, "rb") as file:
                body = io.BytesIO(file.read())
        except FileNotFoundError:
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": Key}}, "GetObject") from None
        with open(path + ".metadata.json") as file:
            metadata = json.load(file)["metadata"] or {}
        return {"Body": body, "Metadata": metadata}

class Keys:
    """CloudTrail as far as the command asks it."""

    def __init__(self, folder):
        with open(os.path.join(folder, "aws/111122223333/eu-west-1/cloudtrail-public-keys/keys-000.json")) as file:
            self.answer = json.load(file)

    def list_public_keys(self, **_):
        return self.answer

class Clients:
    def __init__(self, folder):
        self.bucket = Bucket(folder)

    def get_client(self, _):
        return self.bucket

def verdict(folder):
    command = CloudTrailValidateLogs(None)
    command.trail_arn, command.s3_bucket, command.s3_prefix = ARN, "trail", None
    command._source_region = "eu-west-1"

    command.start_time = datetime.datetime(2026, 1, 1, tzinfo=tz.tzutc())
    command.end_time = datetime.datetime(2026, 1, 2, tzinfo=tz.tzutc())
    command.s3_client_provider, command.cloudtrail_client, command.organization_client = Clients(folder), Keys(folder), None
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        command._call()
    return {
        "digests": [command._valid_digests, command._invalid_digests],
        "logs": [command._valid_logs, command._invalid_logs],
    }

root = sys.argv[1]
print(json.dumps({name: verdict(os.path.join(root, name)) for name in sorted(os.listdir(root))}))
