#!/usr/bin/env python3
"""The AWS lab: moto's server, mended where it differs from AWS in ways that would make a wrong program look right.

    python aws_lab.py --port 0 --ready-file F      binds 127.0.0.1; F becomes {"endpoint": ..., "pid": ...}

Control plane, JSON in and out:

    GET  /_bb/calls    every API call in order        POST /_bb/set      sets fields of the state (lab_state.py)
    POST /_bb/events   CloudTrail records             POST /_bb/keys     CloudTrail public keys
    POST /_bb/faults   fault rules                    POST /_bb/reset    state back to the start; moto's things stay
    POST /_bb/flows    connections (lab_flows.py)     GET  /_bb/flows    which of them live, and why

A fault rule: {"match": "ec2[.]CreateSnapshots", "after": 0, "times": 2, "kind": KIND, "code": ..., "status": ...,
"secs": ..., "path": regex}. KIND: throttle; error (code, status); delay; stall; reset (connection dropped, nothing
done); after-commit (done, answered 500); lost (done, connection dropped); kill (SIGKILL to the caller whose process id
stands in the file "pid_file", nothing done); kill-after (the same, but done).
"""

import argparse
import base64
import hashlib
import io
import json
import logging
import os
import re
import signal
import socket
import sys
import time
from urllib.parse import parse_qs

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

import lab_cloudtrail  # noqa: F401  (mends moto when imported)
import lab_ec2  # noqa: F401
import lab_flows
import lab_iam
import lab_s3
from lab_state import LOCK, STATE, reset

S3_BY_QUERY = {
    "versioning": "BucketVersioning",
    "object-lock": "ObjectLockConfiguration",
    "publicAccessBlock": "PublicAccessBlock",
    "policy": "BucketPolicy",
    "policyStatus": "BucketPolicyStatus",
    "location": "BucketLocation",
    "retention": "ObjectRetention",
    "legal-hold": "ObjectLegalHold",
    "encryption": "BucketEncryption",
    "tagging": "Tagging",
    "acl": "Acl",
}
S3_VERBS = {"GET": "Get", "PUT": "Put", "HEAD": "Head", "DELETE": "Delete", "POST": "Post"}


def s3_operation(method, path, query):
    """The name of an S3 call, from its method, path and query."""
    for key, noun in S3_BY_QUERY.items():
        if key in query:
            return S3_VERBS[method] + noun
    has_key = path.strip("/").count("/") > 0
    if "uploads" in query:
        return "CreateMultipartUpload" if method == "POST" else "ListMultipartUploads"
    if "uploadId" in query:
        names = {"PUT": "UploadPart", "POST": "CompleteMultipartUpload", "DELETE": "AbortMultipartUpload", "GET": "ListParts"}
        return names.get(method, method)
    if not has_key:
        if method == "GET" and "versions" in query:
            return "ListObjectVersions"
        return {"GET": "ListObjectsV2" if path.strip("/") else "ListBuckets", "PUT": "CreateBucket", "HEAD": "HeadBucket"}.get(
            method, S3_VERBS.get(method, method) + "Bucket"
        )
    return S3_VERBS.get(method, method) + "Object"


def call_name(env, body):
    """`service.Operation` of a request."""
    signed = re.search(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/", env.get("HTTP_AUTHORIZATION", ""))
    service = signed.group(1) if signed else "?"
    target = env.get("HTTP_X_AMZ_TARGET")
    if target:
        return f"{service}.{target.split('.')[-1]}"
    if env.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        action = parse_qs(body.decode("utf8", "ignore")).get("Action")
        if action:
            return f"{service}.{action[0]}"
    if service == "s3":
        query = parse_qs(env.get("QUERY_STRING", ""), keep_blank_values=True)
        return f"s3.{s3_operation(env['REQUEST_METHOD'], env['PATH_INFO'], query)}"
    return f"{service}.{env['REQUEST_METHOD']}"


def error_body(service, code, message):
    """An error as the service words it, with its content type."""
    if service == "s3":
        text = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message><RequestId>lab</RequestId></Error>'
    elif service == "ec2":
        text = (
            f'<?xml version="1.0"?><Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>'
            "</Errors><RequestID>lab</RequestID></Response>"
        )
    elif service in ("iam", "sts", "autoscaling", "elasticloadbalancing"):
        text = (
            f'<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>'
            f"<Message>{message}</Message></Error><RequestId>lab</RequestId></ErrorResponse>"
        )
    else:
        return json.dumps({"__type": code, "message": message}).encode(), "application/x-amz-json-1.1"
    return text.encode(), "text/xml"


THROTTLES = {"s3": ("SlowDown", 503), "ec2": ("RequestLimitExceeded", 503), "autoscaling": ("Throttling", 400),
             "elasticloadbalancing": ("Throttling", 400), "iam": ("Throttling", 400), "sts": ("Throttling", 400)}


S3_ROOTS = {
    "s3.GetBucketVersioning": (b"GetBucketVersioningResponse", b"VersioningConfiguration"),
    "s3.ListParts": (b"ListPartsResponse", b"ListPartsResult"),
    "s3.CompleteMultipartUpload": (b"CompleteMultipartUploadResponse", b"CompleteMultipartUploadResult"),
    "s3.CreateMultipartUpload": (b"CreateMultipartUploadResponse", b"InitiateMultipartUploadResult"),
}


class Lab:
    """The WSGI application around moto."""

    def __init__(self, inner):
        self.inner = inner

    def __call__(self, env, start):
        body = self.read(env)
        if env["PATH_INFO"].startswith("/_bb/"):
            return self.control(env["PATH_INFO"][5:], env["REQUEST_METHOD"], body, start)
        call = call_name(env, body)
        service = call.split(".")[0]
        with LOCK:
            STATE["calls"].append(
                {"t": time.time(), "action": call, "path": env["PATH_INFO"], "dry": b"DryRun=true" in body,
                 "agent": env.get("HTTP_USER_AGENT", "")}
            )
        if not lab_iam.allows(STATE["policy"], call):
            return self.refuse(start, service, *lab_iam.refusal(call))
        if call == "iam.SimulatePrincipalPolicy":
            return self.answer(start, lab_iam.simulate(STATE["policy"], parse_qs(body.decode("utf8", "ignore"))))
        if service == "ec2" and parse_qs(body.decode("utf8", "ignore")).get("DryRun") == ["true"]:
            # moto carries some calls out although they were only to be tried
            return self.refuse(start, service, "DryRunOperation", 412,
                               "Request would have succeeded, but DryRun flag is set.")
        rule = self.fault(call, env["PATH_INFO"])
        if rule:
            answer = self.inject(rule, env, start, service)
            if answer is not None:
                return answer
        owner = env.get("HTTP_X_AMZ_EXPECTED_BUCKET_OWNER")
        if owner and service == "s3" and lab_s3.owner(env["PATH_INFO"]) not in (None, owner):
            return self.refuse(start, service, "AccessDenied", 403, "The bucket has another owner.")
        shortened = service == "s3" and call == "s3.PutObjectRetention" and lab_s3.shortens(env, body)
        if shortened:
            return self.refuse(start, service, "AccessDenied", 403, shortened)
        wrong = self.wrong_checksum(env, body, service)
        if wrong:
            return self.refuse(start, service, "BadDigest", 400, wrong)
        answer = self.run(env)
        if answer[0].startswith("500") and b"<html" in answer[2][:200].lower():
            return self.refuse(start, service, "InvalidAction", 400, f"The lab does not have {call}.")
        if service == "s3" and answer[0].startswith("200"):
            answer = answer[0], answer[1], self.rename_root(call, answer[1], answer[2])
        start(answer[0], answer[1])
        return [answer[2]]

    @staticmethod
    def read(env):
        if env.get("HTTP_TRANSFER_ENCODING", "") == "chunked":
            body = env["wsgi.input"].read()
        else:
            length = int(env.get("CONTENT_LENGTH") or 0)
            body = env["wsgi.input"].read(length) if length else b""
        env["wsgi.input"] = io.BytesIO(body)
        return body

    def run(self, env):
        """Asks moto; (status, headers, body)."""
        kept = {}

        def start(status, headers, _info=None):
            kept["status"], kept["headers"] = status, headers

        body = b"".join(self.inner(env, start))
        with LOCK:
            lab_flows.step()
        return kept["status"], kept["headers"], body

    @staticmethod
    def rename_root(call, headers, body):
        """Some of moto's root elements are not AWS's; strict clients refuse them."""
        wrong, right = S3_ROOTS.get(call, (None, None))
        if not wrong or wrong not in body:
            return body
        body = body.replace(wrong, right)
        for at, (name, _) in enumerate(headers):
            if name.lower() == "content-length":
                headers[at] = (name, str(len(body)))
        return body

    @staticmethod
    def answer(start, body, kind="text/xml"):
        start("200 OK", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def refuse(start, service, code, status, message):
        body, kind = error_body(service, code, message)
        start(f"{status} Refused", [("Content-Type", kind), ("Content-Length", str(len(body)))])
        return [body]

    @staticmethod
    def fault(call, path):
        with LOCK:
            for rule in STATE["faults"]:
                if not re.fullmatch(rule["match"], call) or not re.search(rule.get("path", ""), path):
                    continue
                rule["seen"] = rule.get("seen", 0) + 1
                after = rule.get("after", 0)
                if after < rule["seen"] <= after + rule.get("times", 1):
                    return rule
        return None

    def inject(self, rule, env, start, service):
        kind = rule["kind"]
        if kind in ("delay", "stall"):
            time.sleep(rule.get("secs", 1 if kind == "delay" else 3600))
            return None
        if kind in ("after-commit", "lost", "kill-after"):
            self.run(env)
        if kind in ("kill", "kill-after"):
            self.kill(rule["pid_file"])
        if kind in ("reset", "lost", "kill", "kill-after"):
            connection = env.get("werkzeug.socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
            connection.shutdown(socket.SHUT_RDWR)
            raise ConnectionError("dropped by a fault rule")
        if kind == "throttle":
            code, status = THROTTLES.get(service, ("ThrottlingException", 400))
        elif kind == "after-commit":
            code, status = "InternalError", 500
        else:
            code, status = rule.get("code", "InternalError"), rule.get("status", 500)
        return self.refuse(start, service, code, status, "injected")

    @staticmethod
    def kill(pid_file):
        """Ends the caller as power loss would; whoever started it writes the file right after the start."""
        until = time.time() + 10
        while not os.path.exists(pid_file) and time.time() < until:
            time.sleep(0.005)
        with open(pid_file, encoding="utf8") as told:
            os.kill(int(told.read()), signal.SIGKILL)

    @staticmethod
    def wrong_checksum(env, body, service):
        """S3 refuses a body whose checksum header does not fit; moto takes it."""
        if service != "s3" or env["REQUEST_METHOD"] != "PUT" or "aws-chunked" in env.get("HTTP_CONTENT_ENCODING", ""):
            return None
        for header, function in (("HTTP_X_AMZ_CHECKSUM_SHA256", hashlib.sha256), ("HTTP_CONTENT_MD5", hashlib.md5)):
            if env.get(header) and base64.b64decode(env[header]) != function(body).digest():
                return "The checksum you specified did not match the calculated checksum."
        if env.get("HTTP_X_AMZ_CHECKSUM_SHA256"):
            # moto asks for this header beside the checksum when Object Lock is used; AWS does not
            env.setdefault("HTTP_X_AMZ_SDK_CHECKSUM_ALGORITHM", "SHA256")
        return None

    @staticmethod
    def control(name, method, body, start):
        given = json.loads(body or b"null")
        answer = "ok"
        with LOCK:
            if name == "reset":
                reset()
            elif name == "set":
                STATE.update(given)
            elif name == "flows":
                answer = lab_flows.begin(given) if method == "POST" else lab_flows.report()
            elif method == "GET":
                answer = STATE.get(name)
            else:
                STATE[name] = given
            text = json.dumps(answer, default=str).encode()
        start("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--ready-file")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    if not arguments.verbose:
        logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
        sys.stderr = open(os.devnull, "w", encoding="utf8")  # dropped connections print tracebacks
    inner = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", arguments.port, Lab(inner), threaded=True)
    endpoint = f"http://127.0.0.1:{server.server_port}"
    if arguments.ready_file:
        unready = arguments.ready_file + ".part"
        with open(unready, "w", encoding="utf8") as out:
            json.dump({"endpoint": endpoint, "pid": os.getpid()}, out)
        os.replace(unready, arguments.ready_file)
    else:
        print(endpoint, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
