"""CloudTrail calls that moto 5.2.5 lacks: LookupEvents with its real rate, pages and tokens; ListPublicKeys."""

import base64
import datetime
import hashlib
import json
import time

from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.exceptions import JsonRESTError

from lab_state import LOCK, STATE


class Throttled(JsonRESTError):
    code = 400

    def __init__(self):
        super().__init__("ThrottlingException", "Rate exceeded")


class BadToken(JsonRESTError):
    code = 400

    def __init__(self):
        super().__init__("InvalidNextTokenException", "The token is invalid or was made for other parameters.")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def identity(event):
    return event.get("userIdentity") or {}


ATTRIBUTES = {
    "EventId": lambda e: [e.get("eventID")],
    "EventName": lambda e: [e.get("eventName")],
    "EventSource": lambda e: [e.get("eventSource")],
    "ReadOnly": lambda e: [str(e.get("readOnly", "")).lower()],
    "Username": lambda e: [identity(e).get("userName")],
    "AccessKeyId": lambda e: [identity(e).get("accessKeyId")],
    "ResourceName": lambda e: [r.get("ARN") for r in e.get("resources") or []],
    "ResourceType": lambda e: [r.get("type") for r in e.get("resources") or []],
}


def lookup_events(self):
    wish = json.loads(self.body or "{}")
    key = f"{self.current_account}/{self.region}"
    with LOCK:
        now = time.time()
        recent = [t for t in STATE["lookups"].get(key, []) if now - t < 1.0]
        STATE["lookups"][key] = recent
        if STATE["tps"] and len(recent) >= STATE["tps"]:
            raise Throttled()
        recent.append(now)
    region = self.region
    found = [
        e
        for e in STATE["events"]
        if e.get("awsRegion", region) == region
        and (not wish.get("StartTime") or seconds(e["eventTime"]) >= float(wish["StartTime"]))
        and (not wish.get("EndTime") or seconds(e["eventTime"]) <= float(wish["EndTime"]))
    ]
    for attribute in wish.get("LookupAttributes") or []:
        values = ATTRIBUTES[attribute["AttributeKey"]]
        found = [e for e in found if attribute["AttributeValue"] in values(e)]
    found.sort(key=lambda e: e["eventTime"], reverse=True)
    same = {k: v for k, v in sorted(wish.items()) if k not in ("NextToken", "MaxResults")}
    seal = hashlib.sha256(json.dumps(same, default=str).encode()).hexdigest()[:16]
    start = 0
    if wish.get("NextToken"):
        try:
            token = json.loads(base64.b64decode(wish["NextToken"]))
        except ValueError:
            raise BadToken() from None
        if token.get("seal") != seal:
            raise BadToken()
        start = token["at"]
    size = min(int(wish.get("MaxResults") or 50), 50)
    answer = {
        "Events": [
            {
                "EventId": e.get("eventID"),
                "EventName": e.get("eventName"),
                "ReadOnly": str(e.get("readOnly", "")).lower(),
                "AccessKeyId": identity(e).get("accessKeyId"),
                "EventTime": seconds(e["eventTime"]),
                "EventSource": e.get("eventSource"),
                "Username": identity(e).get("userName"),
                "Resources": [],
                "CloudTrailEvent": json.dumps(e),
            }
            for e in found[start : start + size]
        ]
    }
    if start + size < len(found):
        token = json.dumps({"at": start + size, "seal": seal})
        answer["NextToken"] = base64.b64encode(token.encode()).decode()
    return json.dumps(answer)


def list_public_keys(self):
    return json.dumps({"PublicKeyList": STATE["keys"]})


for _function in (lookup_events, list_public_keys):
    setattr(CloudTrailResponse, _function.__name__, _function)
