ec2, elb, classic, scaling, iam = (client(s) for s in ("ec2", "elbv2", "elb", "autoscaling", "iam"))
made = [{"Name": "tag:bbsec-ir:case", "Values": [case]}]
groups = ec2.describe_security_groups()["SecurityGroups"]
rules = ec2.describe_security_group_rules()["SecurityGroupRules"]
# Ids of what the isolation makes differ from run to run: a group of ours is called by its name without the case.
name = {g["GroupId"]: g["GroupName"].replace(case, "CASE") if g["GroupName"].startswith("bbsec-ir-") else g["GroupId"]
        for g in groups}
world = {"nodes": {}}
for node in ("node1", "node2"):
    i = facts[node]
    enis = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [i]}])["NetworkInterfaces"]
    instance = ec2.describe_instances(InstanceIds=[i])["Reservations"][0]["Instances"][0]
    seen = {"state": instance["State"]["Name"],
            "groups": {e["NetworkInterfaceId"]: [name[g["GroupId"]] for g in e["Groups"]] for e in enis},
            "delete": {m["DeviceName"]: m["Ebs"]["DeleteOnTermination"] for m in instance["BlockDeviceMappings"]},
            "profile": [a["IamInstanceProfile"]["Arn"] for a in ec2.describe_iam_instance_profile_associations(
                Filters=[{"Name": "instance-id", "Values": [i]}])["IamInstanceProfileAssociations"]
                if a["State"] == "associated"],
            "lifecycle": [m["LifecycleState"] for m in
                          scaling.describe_auto_scaling_instances(InstanceIds=[i])["AutoScalingInstances"]]}
    for attribute in ("disableApiTermination", "disableApiStop", "instanceInitiatedShutdownBehavior"):
        key = attribute[0].upper() + attribute[1:]
        seen[attribute] = ec2.describe_instance_attribute(InstanceId=i, Attribute=attribute)[key]["Value"]
    world["nodes"][node] = seen
world["acls"] = {a["NetworkAclId"]: sorted(json.dumps(e, sort_keys=True) for e in a["Entries"])
                 for a in ec2.describe_network_acls()["NetworkAcls"]}
world["groups"] = {name[g["GroupId"]]: sorted(
    "%s %s %s" % (r["IsEgress"], r["IpProtocol"], r.get("CidrIpv4") or r.get("CidrIpv6") or "group")
    for r in rules if r["GroupId"] == g["GroupId"]) for g in groups}
world["targets"] = {k: sorted(t["Target"]["Id"] for t in
                              elb.describe_target_health(TargetGroupArn=a)["TargetHealthDescriptions"])
                    for k, a in facts["target_groups"].items()}
keep = {"deregistration_delay.timeout_seconds": "300", "deregistration_delay.connection_termination.enabled": "false"}
world["attributes"] = {k: {x["Key"]: x["Value"] for x in elb.describe_target_group_attributes(TargetGroupArn=a)["Attributes"]
                           if x["Key"] in keep and x["Value"] != keep[x["Key"]]} for k, a in facts["target_groups"].items()}
world["classic"] = sorted(x["InstanceId"] for b in classic.describe_load_balancers()["LoadBalancerDescriptions"]
                          for x in b["Instances"])
group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[facts["scaling_group"]])["AutoScalingGroups"][0]
world["scaling"] = {"min": group["MinSize"], "desired": group["DesiredCapacity"],
                    "suspended": sorted(p["ProcessName"] for p in group["SuspendedProcesses"])}
world["policies"] = [p.replace(case, "CASE") for p in iam.list_role_policies(RoleName=facts["role"])["PolicyNames"]]
# Snapshots are evidence and stay, so they are counted in the end state and are no part of what is taken back.
snapshots = ec2.describe_snapshots(OwnerIds=["self"], Filters=made)["Snapshots"]
end = dict(world, snapshots=sorted(s["VolumeId"] for s in snapshots),
           own_groups=sorted(name[g["GroupId"]] for g in ec2.describe_security_groups(Filters=made)["SecurityGroups"]))
out = {"end": end, "world": world}
