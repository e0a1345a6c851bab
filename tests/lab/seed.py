#!/usr/bin/env python3
"""Fills the AWS lab with a Bitbucket Data Center cluster under AWS, with boto3, and writes down its ids.

    python seed.py --endpoint URL --out facts.json [--interfaces 2] [--ipv4-only] [--public] [--near-nat] [--events FILE]
                   [--keys FILE]

Two nodes, node 1 with two interfaces and two volumes (root, home), behind an ALB (web) and an NLB (SSH), in a scaling
group; private subnets that go out through a NAT gateway (`--public`: through the internet gateway; `--near-nat`: the NAT
gateway stands in the node's own subnet); an evidence bucket with Object Lock in another account; a trail with its bucket. `--events` is a JSON list (or {"Records": [...]}) for
LookupEvents; in its text `{{node1}}` and every other key of facts.json that holds a string is replaced.
"""

import argparse
import json
import urllib.request

import boto3

REGION = "eu-central-1"
NODE_TAGS = {"Application": "bitbucket", "Cluster": "bitbucket-dc", "aws:cloudformation:stack-name": "bitbucket-dc"}
EVIDENCE_ACCOUNT = "210987654321"
TRUST = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"},
                                                           "Action": "sts:AssumeRole"}]})


class Seed:
    """One seeding; every method adds to `facts`."""

    def __init__(self, options):
        self.options = options
        self.facts = {"region": REGION, "account": "123456789012", "endpoint": options.endpoint}
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        self.keys = keys

    def client(self, service, **extra):
        arguments = {"endpoint_url": self.options.endpoint, "region_name": REGION, **self.keys, **extra}
        return boto3.client(service, **arguments)

    def post(self, name, value):
        body = json.dumps(value).encode()
        request = urllib.request.Request(f"{self.options.endpoint}/_bb/{name}", body, {"Content-Type": "application/json"})
        urllib.request.urlopen(request, timeout=30).read()

    def network(self):
        ec2, facts = self.client("ec2"), self.facts
        dual = not self.options.ipv4_only
        vpc = ec2.create_vpc(CidrBlock="10.20.0.0/16", AmazonProvidedIpv6CidrBlock=dual)["Vpc"]
        facts["vpc"] = vpc["VpcId"]
        block = None
        if dual:
            block = ec2.describe_vpcs(VpcIds=[vpc["VpcId"]])["Vpcs"][0]["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"]

        def subnet(number, zone):
            extra = {}
            if block:
                head = block.split("::")[0].rsplit(":", 1)
                extra["Ipv6CidrBlock"] = f"{head[0]}:{(head[1][:-2] or '0')}{number:02x}::/64"
            made = ec2.create_subnet(VpcId=facts["vpc"], CidrBlock=f"10.20.{number}.0/24",
                                     AvailabilityZone=REGION + zone, **extra)["Subnet"]
            return made["SubnetId"]

        facts["subnets"] = {"node": subnet(1, "a"), "second": subnet(2, "a"), "peer": subnet(3, "b"),
                            "public": subnet(10, "a"), "public_b": subnet(11, "b")}
        gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=facts["vpc"])
        address = ec2.allocate_address(Domain="vpc")
        facts["nat_subnet"] = facts["subnets"]["node" if self.options.near_nat else "public"]
        nat = ec2.create_nat_gateway(SubnetId=facts["nat_subnet"], AllocationId=address["AllocationId"])["NatGateway"]
        facts.update(internet_gateway=gateway, nat_gateway=nat["NatGatewayId"])
        public = ec2.create_route_table(VpcId=facts["vpc"])["RouteTable"]["RouteTableId"]
        private = ec2.create_route_table(VpcId=facts["vpc"])["RouteTable"]["RouteTableId"]
        ec2.create_route(RouteTableId=public, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
        ec2.create_route(RouteTableId=private, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat["NatGatewayId"])
        if dual:
            ec2.create_route(RouteTableId=public, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)
            egress_only = ec2.create_egress_only_internet_gateway(VpcId=facts["vpc"])
            egress_only = egress_only["EgressOnlyInternetGateway"]["EgressOnlyInternetGatewayId"]
            ec2.create_route(RouteTableId=private, DestinationIpv6CidrBlock="::/0", EgressOnlyInternetGatewayId=egress_only)
            facts["egress_only_gateway"] = egress_only
        for name, subnet_id in facts["subnets"].items():
            is_public = name.startswith("public") or self.options.public
            ec2.associate_route_table(RouteTableId=public if is_public else private, SubnetId=subnet_id)
        facts.update(route_table_public=public, route_table_private=private)
        acl = ec2.create_network_acl(VpcId=facts["vpc"])["NetworkAcl"]["NetworkAclId"]
        facts["acl_nodes"] = acl
        for egress in (True, False):
            ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=100, Protocol="-1", RuleAction="allow",
                                         Egress=egress, CidrBlock="0.0.0.0/0")
            if dual:
                ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=101, Protocol="-1", RuleAction="allow",
                                             Egress=egress, Ipv6CidrBlock="::/0")
        wanted = {facts["subnets"]["node"], facts["subnets"]["second"]}
        found = ec2.describe_network_acls(Filters=[{"Name": "vpc-id", "Values": [facts["vpc"]]}])["NetworkAcls"]
        for old in found:
            for association in list(old["Associations"]):
                if association["SubnetId"] in wanted:
                    ec2.replace_network_acl_association(AssociationId=association["NetworkAclAssociationId"], NetworkAclId=acl)

    def groups(self):
        ec2, facts = self.client("ec2"), self.facts

        def group(name, permissions):
            made = ec2.create_security_group(GroupName=name, Description=name, VpcId=facts["vpc"])["GroupId"]
            if permissions:
                ec2.authorize_security_group_ingress(GroupId=made, IpPermissions=permissions)
            return made

        def tcp(port, **source):
            return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}

        balancer = group("bitbucket-alb", [tcp(443, IpRanges=[{"CidrIp": "0.0.0.0/0"}])])
        node = group("bitbucket-node", [tcp(7990, UserIdGroupPairs=[{"GroupId": balancer}]),
                                        tcp(7999, IpRanges=[{"CidrIp": "0.0.0.0/0"}])])
        cluster = group("bitbucket-cluster", [])
        ec2.authorize_security_group_ingress(GroupId=cluster, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 5701, "ToPort": 5703, "UserIdGroupPairs": [{"GroupId": cluster}]}])
        facts["groups"] = {"alb": balancer, "node": node, "cluster": cluster}

    def identity(self):
        iam, facts = self.client("iam"), self.facts
        iam.create_role(RoleName="bitbucket-node-role", Path="/apps/", AssumeRolePolicyDocument=TRUST)
        iam.put_role_policy(RoleName="bitbucket-node-role", PolicyName="node", PolicyDocument=json.dumps({
            "Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue", "s3:GetObject"],
                                                   "Resource": "*"}]}))
        profile = iam.create_instance_profile(InstanceProfileName="bitbucket-node-profile", Path="/apps/")
        iam.add_role_to_instance_profile(InstanceProfileName="bitbucket-node-profile", RoleName="bitbucket-node-role")
        iam.create_user(UserName="ci-deploy")
        key = iam.create_access_key(UserName="ci-deploy")["AccessKey"]["AccessKeyId"]
        facts.update(instance_profile_arn=profile["InstanceProfile"]["Arn"], role="bitbucket-node-role", ci_access_key=key)

    def node(self, name, subnets, extra_volume):
        ec2, facts = self.client("ec2"), self.facts
        count = 0 if self.options.ipv4_only else 1
        image = ec2.describe_images(Owners=["amazon"])["Images"][0]["ImageId"]
        launched = ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, InstanceType="m5.xlarge", UserData=f"#!/bin/sh\n# {name}\n",
            IamInstanceProfile={"Arn": facts["instance_profile_arn"]},
            BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 30, "DeleteOnTermination": True}}],
            NetworkInterfaces=[{"DeviceIndex": 0, "SubnetId": subnets[0], "AssociatePublicIpAddress": False,
                                "Groups": [facts["groups"]["node"], facts["groups"]["cluster"]]}],
            TagSpecifications=[{"ResourceType": "instance", "Tags": [
                {"Key": k, "Value": v} for k, v in {**NODE_TAGS, "Name": name}.items() if not k.startswith("aws:")]}],
        )["Instances"][0]
        instance = launched["InstanceId"]
        interfaces = [launched["NetworkInterfaces"][0]["NetworkInterfaceId"]]
        if count:  # moto forgets Ipv6AddressCount of the first interface
            ec2.assign_ipv6_addresses(NetworkInterfaceId=interfaces[0], Ipv6AddressCount=1)
        if self.options.public:
            address = ec2.allocate_address(Domain="vpc")["AllocationId"]
            ec2.associate_address(AllocationId=address, NetworkInterfaceId=interfaces[0])
        for index, subnet in enumerate(subnets[1:], 1):
            made = ec2.create_network_interface(SubnetId=subnet, Groups=[facts["groups"]["cluster"]], Ipv6AddressCount=count)
            made = made["NetworkInterface"]["NetworkInterfaceId"]
            ec2.attach_network_interface(NetworkInterfaceId=made, InstanceId=instance, DeviceIndex=index)
            interfaces.append(made)
        root = ec2.describe_instances(InstanceIds=[instance])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
        volumes = [root[0]["Ebs"]["VolumeId"]]
        if extra_volume:
            zone = launched["Placement"]["AvailabilityZone"]
            home = ec2.create_volume(AvailabilityZone=zone, Size=200)["VolumeId"]
            ec2.attach_volume(VolumeId=home, InstanceId=instance, Device="/dev/sdf")
            volumes.append(home)
        return {"instance": instance, "interfaces": interfaces, "volumes": volumes,
                "private_ip": launched.get("PrivateIpAddress")}

    def nodes(self):
        subnets = self.facts["subnets"]
        own = [subnets["node"]] + [subnets["second"]] * (self.options.interfaces - 1)
        first = self.node("bitbucket-1", own, True)
        second = self.node("bitbucket-2", [subnets["peer"]], False)
        self.facts.update(node1=first["instance"], node2=second["instance"], node1_ip=first["private_ip"],
                          nodes={"node1": first, "node2": second})

    def balancers(self):
        elb, facts = self.client("elbv2"), self.facts
        facts["target_groups"], facts["load_balancers"] = {}, {}
        for kind, protocol, port, target_port in (("application", "HTTP", 80, 7990), ("network", "TCP", 7999, 7999)):
            extra = {"SecurityGroups": [facts["groups"]["alb"]]} if kind == "application" else {}
            made = elb.create_load_balancer(Name=f"bitbucket-{kind[:3]}", Type=kind, Scheme="internet-facing",
                                            Subnets=[facts["subnets"]["public"], facts["subnets"]["public_b"]], **extra)
            balancer = made["LoadBalancers"][0]["LoadBalancerArn"]
            group = elb.create_target_group(Name=f"bitbucket-{target_port}", Protocol=protocol, Port=target_port,
                                            VpcId=facts["vpc"], TargetType="instance")["TargetGroups"][0]["TargetGroupArn"]
            elb.create_listener(LoadBalancerArn=balancer, Protocol=protocol, Port=port,
                                DefaultActions=[{"Type": "forward", "TargetGroupArn": group}])
            elb.register_targets(TargetGroupArn=group, Targets=[{"Id": facts["node1"]}, {"Id": facts["node2"]}])
            facts["target_groups"][kind], facts["load_balancers"][kind] = group, balancer
        classic = self.client("elb")
        classic.create_load_balancer(LoadBalancerName="bitbucket-old", Subnets=[facts["subnets"]["public"]], Listeners=[
            {"Protocol": "tcp", "LoadBalancerPort": 22, "InstanceProtocol": "tcp", "InstancePort": 7999}])
        classic.register_instances_with_load_balancer(LoadBalancerName="bitbucket-old", Instances=[
            {"InstanceId": facts["node1"]}, {"InstanceId": facts["node2"]}])
        facts["classic_load_balancer"] = "bitbucket-old"

    def scaling(self):
        scaling, facts = self.client("autoscaling"), self.facts
        scaling.create_launch_configuration(LaunchConfigurationName="bitbucket", ImageId="ami-12c6146b", InstanceType="m5.xlarge")
        scaling.create_auto_scaling_group(AutoScalingGroupName="bitbucket-nodes", LaunchConfigurationName="bitbucket",
                                          MinSize=0, MaxSize=4, DesiredCapacity=0, VPCZoneIdentifier=facts["subnets"]["node"])
        scaling.attach_instances(AutoScalingGroupName="bitbucket-nodes", InstanceIds=[facts["node1"], facts["node2"]])
        scaling.update_auto_scaling_group(AutoScalingGroupName="bitbucket-nodes", MinSize=2)
        facts["scaling_group"] = "bitbucket-nodes"

    def buckets(self):
        facts, place = self.facts, {"LocationConstraint": REGION}
        role = f"arn:aws:iam::{EVIDENCE_ACCOUNT}:role/evidence-writer"
        session = self.client("sts").assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        vault = self.client("s3", aws_access_key_id=session["AccessKeyId"], aws_secret_access_key=session["SecretAccessKey"],
                            aws_session_token=session["SessionToken"])
        vault.create_bucket(Bucket="evidence-vault", ObjectLockEnabledForBucket=True, CreateBucketConfiguration=place)
        vault.put_public_access_block(Bucket="evidence-vault", PublicAccessBlockConfiguration={
            "BlockPublicAcls": True, "IgnorePublicAcls": True, "BlockPublicPolicy": True, "RestrictPublicBuckets": True})
        s3 = self.client("s3")
        s3.create_bucket(Bucket="plain-bucket", CreateBucketConfiguration=place)
        s3.create_bucket(Bucket="trail-logs", CreateBucketConfiguration=place)
        s3.put_bucket_policy(Bucket="trail-logs", Policy=json.dumps({"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": ["s3:GetBucketAcl", "s3:PutObject"],
             "Resource": ["arn:aws:s3:::trail-logs", "arn:aws:s3:::trail-logs/*"]}]}))
        trail = self.client("cloudtrail")
        made = trail.create_trail(Name="org-trail", S3BucketName="trail-logs", IsMultiRegionTrail=True,
                                  IncludeGlobalServiceEvents=True, EnableLogFileValidation=True)
        trail.start_logging(Name="org-trail")
        facts.update(evidence_bucket="evidence-vault", evidence_account=EVIDENCE_ACCOUNT, evidence_role_arn=role,
                     plain_bucket="plain-bucket", trail_bucket="trail-logs", trail_arn=made["TrailARN"])

    def trail_events(self):
        for name, path in (("events", self.options.events), ("keys", self.options.keys)):
            if not path:
                continue
            with open(path, encoding="utf8") as source:
                text = source.read()
            for key, value in self.facts.items():
                if isinstance(value, str):
                    text = text.replace("{{" + key + "}}", value)
            given = json.loads(text)
            given = given.get("Records", given) if isinstance(given, dict) else given
            self.post(name, given)
            self.facts[f"{name}_count"] = len(given)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--interfaces", type=int, default=2)
    parser.add_argument("--ipv4-only", action="store_true")
    parser.add_argument("--public", action="store_true")
    parser.add_argument("--near-nat", action="store_true")
    parser.add_argument("--events")
    parser.add_argument("--keys")
    seed = Seed(parser.parse_args())
    for step in (seed.network, seed.groups, seed.identity, seed.nodes, seed.balancers, seed.scaling, seed.buckets,
                 seed.trail_events):
        step()
    with open(seed.options.out, "w", encoding="utf8") as out:
        json.dump(seed.facts, out, indent=2)


if __name__ == "__main__":
    main()
