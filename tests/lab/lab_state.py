"""What the lab's parts share: its state, and one lock around it."""

import threading

LOCK = threading.RLock()


def fresh():
    """State of a lab that was just started."""
    return {
        "calls": [],  # every API call, in order
        "faults": [],  # see lab_faults.py
        "policy": None,  # see lab_iam.py; None: everything is allowed
        "events": [],  # CloudTrail records for LookupEvents
        "keys": [],  # CloudTrail public keys
        "tps": 2,  # LookupEvents per second, account and region; 0: unlimited
        "lookups": {},  # times of the last LookupEvents by account and region
        "locks": {},  # locked snapshots
        "page_size": 0,  # upper bound of a page of EC2 describe calls; 0: MaxResults alone decides
        "snapshot_pending_secs": 0.0,  # how long a snapshot stays pending
        "snapshot_states": {},  # snapshot id -> forced state, such as "error"
        "acl_rule_quota": 20,  # rules per network ACL, direction and address family
        "flows": [],  # see lab_flows.py
    }


STATE = fresh()


def reset():
    """Back to the start, without forgetting what moto holds."""
    with LOCK:
        STATE.clear()
        STATE.update(fresh())
