"""EC2 as AWS behaves, where moto 5.2.5 differs: each mend names the difference.

Without these a test of `isolate` would be green while the groups of an interface were never replaced.
"""

import base64
import datetime
import json
import time

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models import elastic_block_store as ebs
from moto.ec2.models import elastic_network_interfaces as enis
from moto.ec2.models import instances
from moto.ec2.models import network_acls as acls
from moto.ec2.responses import EC2Response
from moto.ec2.responses import instances as instance_responses

from lab_state import STATE

# --- Interfaces: ModifyNetworkInterfaceAttribute replaces groups (moto shows the old ones and the new) ---

enis.NetworkInterface.group_set = property(
    lambda self: list(self._group_set) or (self.instance.security_groups if self.instance else [])
)
_modify_interface = enis.NetworkInterfaceBackend.modify_network_interface_attribute


def modify_interface(self, eni_id, group_ids, source_dest_check=None, description=None):
    eni = self.get_network_interface(eni_id)
    groups = []
    for group_id in group_ids:
        group = self.get_security_group_from_id(group_id)
        if group is None or group.vpc_id != eni.subnet.vpc_id:
            # moto takes unknown groups and groups of another VPC
            raise EC2ClientError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
        groups.append(group)
    _modify_interface(self, eni_id, group_ids, source_dest_check, description)
    if groups:
        eni._group_set = groups
        if eni.instance and int(getattr(eni, "device_index", 0) or 0) == 0:
            eni.instance.security_groups = list(groups)


enis.NetworkInterfaceBackend.modify_network_interface_attribute = modify_interface

# --- Instances: one interface only for ModifyInstanceAttribute Groups; groups must exist ---

_modify_groups = instances.InstanceBackend.modify_instance_security_groups


def modify_groups(self, instance_id, ids):
    instance = self.get_instance(instance_id)
    if not ids:  # moto falls through to here for attributes that it does not know and would empty the groups
        return instance
    if len(instance.nics) > 1:
        raise EC2ClientError(
            "InvalidInstanceID",
            f"There are multiple interfaces attached to instance '{instance_id}'. "
            "Please specify an interface ID for the operation instead.",
        )
    for group_id in ids:
        if self.get_security_group_from_id(group_id) is None:
            raise EC2ClientError("InvalidGroup.NotFound", f"The security group '{group_id}' does not exist")
    result = _modify_groups(self, instance_id, ids)
    for nic in instance.nics.values():
        nic._group_set = list(instance.security_groups)
    return result


instances.InstanceBackend.modify_instance_security_groups = modify_groups

# --- Shutdown behaviour is silently ignored by moto ---

_dot_value = instance_responses.InstanceResponse._dot_value_instance_attribute_handler


def dot_value(self):
    value = self._get_param("InstanceInitiatedShutdownBehavior.Value")
    if value is None:
        return _dot_value(self)
    self.error_on_dryrun()
    if value not in ("stop", "terminate"):
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Value ({value}) for parameter instanceInitiatedShutdownBehavior is invalid.",
        )
    self.ec2_backend.modify_instance_attribute(
        self._get_param("InstanceId"), "instance_initiated_shutdown_behavior", value
    )
    return True


instance_responses.InstanceResponse._dot_value_instance_attribute_handler = dot_value

# --- Snapshots: pending for a while (moto: completed at once), and CreateSnapshots answers with a state ---


def snapshot_status(self):
    forced = STATE["snapshot_states"].get(self.id)
    if forced:
        return forced
    age = time.time() - self.__dict__.setdefault("_born", time.time())
    return "pending" if age < float(STATE["snapshot_pending_secs"]) else "completed"


def snapshot_born(self, _value):
    self.__dict__.setdefault("_born", time.time())


ebs.Snapshot.status = property(snapshot_status, snapshot_born)
ebs.Snapshot.state = property(snapshot_status)
ebs.Snapshot.progress = property(lambda self: "100%" if self.status == "completed" else "12%")

# --- Network ACLs: a quota of rules (moto: none) ---

_add_entry = acls.NetworkAclBackend.create_network_acl_entry


def add_entry(self, **entry):
    def side(egress):
        return str(egress).lower() == "true"

    same = [
        other
        for other in self.get_network_acl(entry["network_acl_id"]).network_acl_entries
        if side(other.egress) == side(entry["egress"])
        and bool(other.ipv6_cidr_block) == bool(entry.get("ipv6_cidr_block"))
        and str(other.rule_number) != "32767"
    ]
    if len(same) >= int(STATE["acl_rule_quota"]):
        raise EC2ClientError(
            "NetworkAclEntryLimitExceeded", "The maximum number of network ACL entries has been reached."
        )
    return _add_entry(self, **entry)


acls.NetworkAclBackend.create_network_acl_entry = add_entry

# --- Calls that moto does not have ---


def lock_snapshot(self):
    self.error_on_dryrun()
    snapshot_id = self._get_param("SnapshotId")
    mode = self._get_param("LockMode")
    days = self._get_int_param("LockDuration")
    if self.ec2_backend.describe_snapshots(snapshot_ids=[snapshot_id])[0].status == "error":
        raise EC2ClientError("IncorrectState", f"The snapshot '{snapshot_id}' is in the error state.")
    if not days or not 1 <= days <= 36500:
        raise EC2ClientError("InvalidParameterValue", "LockDuration must be between 1 and 36500 days.")
    held = STATE["locks"].get(snapshot_id)
    now = datetime.datetime.now(datetime.timezone.utc)
    if held and held["LockState"] == "compliance" and now + datetime.timedelta(days=days) < held["LockExpiresOn"]:
        raise EC2ClientError("SnapshotLocked", "A compliance lock cannot be shortened.")
    cool_off = self._get_int_param("CoolOffPeriod")
    state = "governance" if mode == "governance" else ("compliance-cooloff" if cool_off else "compliance")
    record = {
        "SnapshotId": snapshot_id,
        "OwnerId": self.ec2_backend.account_id,
        "LockState": state,
        "LockDuration": days,
        "LockCreatedOn": now,
        "LockDurationStartTime": now,
        "LockExpiresOn": now + datetime.timedelta(days=days),
    }
    STATE["locks"][snapshot_id] = record
    return ActionResult(record)


def describe_locked_snapshots(self):
    ids = self._get_param("SnapshotIds", [])
    return ActionResult({"Snapshots": [v for k, v in STATE["locks"].items() if not ids or k in ids]})


def get_console_screenshot(self):
    self.error_on_dryrun()
    instance_id = self._get_param("InstanceId")
    self.ec2_backend.get_instance(instance_id)
    image = base64.b64encode(b"\xff\xd8\xff\xe0\x00\x10JFIF lab screenshot\xff\xd9").decode()
    return ActionResult({"InstanceId": instance_id, "ImageData": image})


_delete_snapshot = EC2Response.delete_snapshot


def delete_snapshot(self):
    if self._get_param("SnapshotId") in STATE["locks"]:
        raise EC2ClientError("SnapshotLocked", "The snapshot is locked.")
    return _delete_snapshot(self)


for _function in (lock_snapshot, describe_locked_snapshots, get_console_screenshot, delete_snapshot):
    setattr(EC2Response, _function.__name__, _function)

# --- Pages: moto ignores MaxResults in these, so a client that forgets NextToken would look right ---


def paged(method_name, key):
    original = getattr(EC2Response, method_name)

    def page(self):
        answer = original(self)
        items = answer.result[key]
        wanted = self._get_int_param("MaxResults") or len(items) or 1
        bound = int(STATE["page_size"]) or wanted
        size = max(1, min(wanted, bound))
        token = self._get_param("NextToken")
        start = int(json.loads(base64.b64decode(token))["at"]) if token else 0
        result = dict(answer.result)
        result[key] = items[start : start + size]
        result.pop("NextToken", None)
        if start + size < len(items):
            result["NextToken"] = base64.b64encode(json.dumps({"at": start + size}).encode()).decode()
        return ActionResult(result)

    page.__name__ = method_name
    setattr(EC2Response, method_name, page)


for _name, _key in (
    ("describe_network_interfaces", "NetworkInterfaces"),
    ("describe_security_groups", "SecurityGroups"),
    ("describe_security_group_rules", "SecurityGroupRules"),
    ("describe_snapshots", "Snapshots"),
    ("describe_volumes", "Volumes"),
):
    paged(_name, _key)
