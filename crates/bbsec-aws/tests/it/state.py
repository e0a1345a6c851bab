ec2, elb, classic, scaling, iam = (client(s) for s in ("ec2", "elbv2", "elb", "autoscaling", "iam"))
out = {"nodes": {}}
for name in ("node1", "node2"):
    i = facts[name]
    enis = ec2.describe_network_interfaces(Filters=[{"Name": "attachment.instance-id", "Values": [i]}])["NetworkInterfaces"]
    instance = ec2.describe_instances(InstanceIds=[i])["Reservations"][0]["Instances"][0]
    node = {"state": instance["State"]["Name"],
            "groups": {e["NetworkInterfaceId"]: [g["GroupId"] for g in e["Groups"]] for e in enis},
            "delete": {m["DeviceName"]: m["Ebs"]["DeleteOnTermination"] for m in instance["BlockDeviceMappings"]},
            "profile": [a["IamInstanceProfile"]["Arn"] for a in ec2.describe_iam_instance_profile_associations(
                Filters=[{"Name": "instance-id", "Values": [i]}])["IamInstanceProfileAssociations"] if a["State"] == "associated"]}
    for attribute, key in (("disableApiTermination", "DisableApiTermination"), ("disableApiStop", "DisableApiStop"),
                           ("instanceInitiatedShutdownBehavior", "InstanceInitiatedShutdownBehavior")):
        node[attribute] = ec2.describe_instance_attribute(InstanceId=i, Attribute=attribute)[key]["Value"]
    member = scaling.describe_auto_scaling_instances(InstanceIds=[i])["AutoScalingInstances"]
    node["lifecycle"] = [m["LifecycleState"] for m in member]
    out["nodes"][name] = node
out["acls"] = {a["NetworkAclId"]: sorted(json.dumps(e, sort_keys=True) for e in a["Entries"])
               for a in ec2.describe_network_acls()["NetworkAcls"]}
out["groups"] = sorted(g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"])
out["targets"] = {k: sorted(t["Target"]["Id"] for t in elb.describe_target_health(TargetGroupArn=a)["TargetHealthDescriptions"])
                  for k, a in facts["target_groups"].items()}
keep = ("deregistration_delay.timeout_seconds", "deregistration_delay.connection_termination.enabled")
out["attributes"] = {k: {x["Key"]: x["Value"] for x in elb.describe_target_group_attributes(TargetGroupArn=a)["Attributes"]
                         if x["Key"] in keep and x["Value"] != "false"} for k, a in facts["target_groups"].items()}
out["classic"] = sorted(x["InstanceId"] for b in classic.describe_load_balancers()["LoadBalancerDescriptions"] for x in b["Instances"])
group = scaling.describe_auto_scaling_groups(AutoScalingGroupNames=[facts["scaling_group"]])["AutoScalingGroups"][0]
out["scaling"] = {"min": group["MinSize"], "desired": group["DesiredCapacity"],
                  "suspended": sorted(p["ProcessName"] for p in group["SuspendedProcesses"])}
out["policies"] = iam.list_role_policies(RoleName=facts["role"])["PolicyNames"]
