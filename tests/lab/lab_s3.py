"""S3 as AWS behaves, where moto 5.2.5 differs: the expected owner of a bucket, and compliance that cannot be shortened."""

import datetime
import re

from moto.s3.models import s3_backends


def bucket_of(path):
    """(account, bucket) for a path-style address."""
    name = path.strip("/").split("/", 1)[0]
    for account, regions in list(s3_backends.items()):
        for backend in list(regions.values()):
            bucket = backend.buckets.get(name)
            if bucket is not None:
                return account, bucket
    return None, None


def owner(path):
    """The account that owns the bucket of an address; None when there is no such bucket."""
    return bucket_of(path)[0]


def shortens(env, body):
    """Why AWS would refuse this PutObjectRetention; None when it would not."""
    _, bucket = bucket_of(env["PATH_INFO"])
    parts = env["PATH_INFO"].strip("/").split("/", 1)
    key = bucket.keys.get(parts[1]) if bucket is not None and len(parts) == 2 else None
    wanted = re.search(rb"<RetainUntilDate>([^<]+)<", body)
    if key is None or getattr(key, "lock_mode", None) != "COMPLIANCE" or not wanted or not key.lock_until:
        return None

    def moment(text):
        return datetime.datetime.fromisoformat(str(text).replace("Z", "+00:00")).replace(tzinfo=None)

    if moment(wanted.group(1).decode()) < moment(key.lock_until):
        return "A compliance retention cannot be shortened."
    return None
