"""IAM enforcement for the lab: which actions the caller may use, and the policy simulator, which moto does not have.

moto's own enforcement ignores conditions and answers EC2 with the wrong code. This one knows actions only:
`POST /_bb/set {"policy": {"Statement": [{"Effect": "Allow", "Action": [...]}, ...]}}`. Statements without conditions
apply; a statement with a `Condition` is applied too, because what the lab is asked is "does the action's name suffice".
"""

import fnmatch

# Operations whose IAM action has another name.
RENAMED = {
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:ListObjectVersions": "s3:ListBucketVersions",
    "s3:GetObjectLockConfiguration": "s3:GetBucketObjectLockConfiguration",
    "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
    "s3:CreateMultipartUpload": "s3:PutObject",
    "s3:UploadPart": "s3:PutObject",
    "s3:CompleteMultipartUpload": "s3:PutObject",
    "s3:ListParts": "s3:ListMultipartUploadParts",
}
FREE = {"sts:GetCallerIdentity"}


def listed(value):
    return value if isinstance(value, list) else [value]


def allows(policy, call):
    """Whether `service.Operation` is allowed."""
    action = call.replace(".", ":", 1)
    action = RENAMED.get(action, action)
    if policy is None or action in FREE:
        return True
    verdict = False
    for statement in listed(policy.get("Statement", [])):
        if any(fnmatch.fnmatchcase(action.lower(), p.lower()) for p in listed(statement.get("Action", []))):
            if statement.get("Effect") == "Deny":
                return False
            verdict = True
    return verdict


def refusal(call):
    """Code, status and text of the answer to a call that is not allowed."""
    service, operation = call.split(".", 1)
    action = RENAMED.get(f"{service}:{operation}", f"{service}:{operation}")
    if service == "ec2":
        return "UnauthorizedOperation", 403, (
            "You are not authorized to perform this operation. User: arn:aws:iam::123456789012:user/responder "
            f"is not authorized to perform: {action}"
        )
    return "AccessDenied", 403, (
        f"User: arn:aws:iam::123456789012:user/responder is not authorized to perform: {action}"
    )


def simulate(policy, query):
    """The answer to SimulatePrincipalPolicy, twenty results a page: a client that forgets the marker would look right."""
    names = [query[key][0] for key in sorted(
        (k for k in query if k.startswith("ActionNames.member.")), key=lambda k: int(k.rsplit(".", 1)[1]))]
    start = int(query.get("Marker", ["0"])[0])
    size = min(int(query.get("MaxItems", ["20"])[0]), 20)
    members = "".join(
        f"<member><EvalActionName>{name}</EvalActionName><EvalResourceName>*</EvalResourceName>"
        f"<EvalDecision>{'allowed' if allows(policy, name.replace(':', '.', 1)) else 'implicitDeny'}</EvalDecision></member>"
        for name in names[start : start + size]
    )
    more = start + size < len(names)
    marker = f"<IsTruncated>true</IsTruncated><Marker>{start + size}</Marker>" if more else "<IsTruncated>false</IsTruncated>"
    return (
        '<SimulatePrincipalPolicyResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><SimulatePrincipalPolicyResult>'
        f"<EvaluationResults>{members}</EvaluationResults>{marker}</SimulatePrincipalPolicyResult>"
        "<ResponseMetadata><RequestId>lab</RequestId></ResponseMetadata></SimulatePrincipalPolicyResponse>"
    ).encode()
