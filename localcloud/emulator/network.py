"""What EC2's API takes and tells, and ministack's does not: IPv6, regional NAT gateways, endpoints' groups and names.

What ministack leaves of a request is kept with its record, and told with each description of it.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree

MORE = "_localcloud"
"""Under which a record keeps what ministack does not: elements of its description by name."""
SPACE = "http://ec2.amazonaws.com/doc/2016-11-15/"
DESTINATIONS = ("DestinationCidrBlock", "DestinationIpv6CidrBlock", "DestinationPrefixListId")
TARGETS = (
    "GatewayId",
    "NatGatewayId",
    "EgressOnlyInternetGatewayId",
    "InstanceId",
    "NetworkInterfaceId",
    "TransitGatewayId",
    "VpcEndpointId",
    "VpcPeeringConnectionId",
)
SERVICES = (
    *("ecs", "ecs-agent", "ecs-telemetry", "s3", "dynamodb", "sts", "ssmmessages", "autoscaling", "email-smtp", "rds"),
    *("application-autoscaling", "elasticloadbalancing", "elasticfilesystem", "guardduty-data", "inspector2"),
    *("kinesis-streams", "kinesis-firehose", "rds-data", "elasticache", "states", "sync-states", "xray", "batch"),
    *("bedrock", "bedrock-runtime", "cloudtrail", "codeartifact.api", "codeartifact.repositories", "config"),
    *("git-codecommit", "codebuild", "codedeploy", "athena", "glue", "servicediscovery", "data-servicediscovery"),
)
"""Services that AWS has interface endpoints for, beside those that ministack knows."""

EVERYTHING = '{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}'
"""The policy of an endpoint that is given none (AWS PrivateLink Guide, "Control access to VPC endpoints")."""

Members = dict[str, Any]
Handler = Callable[[Any], Any]


class Network:
    """Wraps of EC2's handlers."""

    def __init__(self, ec2: Any) -> None:
        self._ec2 = ec2
        ec2._VPCE_INTERFACE_SERVICES = tuple(sorted({*ec2._VPCE_INTERFACE_SERVICES, *SERVICES}))
        ec2._ACTION_MAP |= {
            "AssociateVpcCidrBlock": lambda p: self._associate(ec2._vpcs[self._of(p, "VpcId")], p),
            "AssociateSubnetCidrBlock": lambda p: self._associate(ec2._subnets[self._of(p, "SubnetId")], p),
            "DisassociateVpcCidrBlock": self._disassociate,
            "DisassociateSubnetCidrBlock": self._disassociate,
        }

    def keeps(self, prefix: str, store: Any, members: Callable[[Any], Members]) -> Callable[[Handler], Handler]:
        """A creation that keeps more with the new record, whose id begins with a prefix."""

        def wrap(create: Handler) -> Handler:
            def created(params: Any) -> Any:
                answer = create(params)
                if made := re.search(rf">({prefix}-[^<]+)<", answer[2].decode()):
                    store[made[1]][MORE] = members(params)
                return answer

            return created

        return wrap

    def tells(self, id: str, store: Any, also: Callable[[Any], Members] = lambda _: {}) -> Callable[[Handler], Handler]:
        """A description that tells what is kept, and what else a record says; `id` is the element with its id."""

        def wrap(describe: Handler) -> Handler:
            def described(params: Any) -> Any:
                status, headers, body = describe(params)
                root = ElementTree.fromstring(body)  # noqa: S314 - the emulator's own words
                for item in root.iter(f"{{{SPACE}}}item"):
                    record = store.get(item.findtext(f"{{{SPACE}}}{id}")) or {}
                    for name, value in {**also(record), **record.get(MORE, {})}.items():
                        _replace(item, name, value)
                return status, headers, ElementTree.tostring(root)

            return described

        return wrap

    def vpc(self, params: Any) -> Members:
        """A new VPC's IPv6 block."""
        return self._block(params) if self._of(params, "AmazonProvidedIpv6CidrBlock") == "true" else {}

    def subnet(self, params: Any) -> Members:
        """A new subnet's."""
        return self._block(params) if self._of(params, "Ipv6CidrBlock") else {}

    def change_subnet(self, change: Handler) -> Handler:
        """Whether a subnet's members get IPv6 addresses."""

        def changed(params: Any) -> Any:
            answer = change(params)
            if answer[0] == 200 and (value := self._of(params, "AssignIpv6AddressOnCreation.Value")):
                record = self._ec2._subnets[self._of(params, "SubnetId")]
                record[MORE] = {**record.get(MORE, {}), "assignIpv6AddressOnCreation": value}
            return answer

        return changed

    def put_route(self, put: Handler) -> Handler:
        """A route to any destination by any target, new or in place of another."""

        def changed(params: Any) -> Any:
            table = self._ec2._route_tables.get(self._of(params, "RouteTableId"))
            if not table:
                return put(params)
            given = {name: value for name in (*DESTINATIONS, *TARGETS) if (value := self._of(params, name))}
            route = {**given, "State": "active", "Origin": "CreateRoute"}
            table["Routes"] = [*self._other_routes(table, params), route]
            return self._done("CreateRoute")

        return changed

    def delete_route(self, delete: Handler) -> Handler:
        """The route to any destination."""

        def deleted(params: Any) -> Any:
            table = self._ec2._route_tables.get(self._of(params, "RouteTableId"))
            if not table:
                return delete(params)
            table["Routes"] = list(self._other_routes(table, params))
            return self._done("DeleteRoute")

        return deleted

    def endpoint(self, params: Any) -> Members:
        """A new endpoint's groups, names and policy."""
        groups = self._ec2._parse_member_list(params, "SecurityGroupId")
        return {
            "groupSet": [{"groupId": group} for group in groups],
            "privateDnsEnabled": self._of(params, "PrivateDnsEnabled") or "false",
            "policyDocument": self._of(params, "PolicyDocument") or EVERYTHING,
        }

    def change_endpoint(self, change: Handler) -> Handler:
        """The same of an endpoint that is there."""

        def changed(params: Any) -> Any:
            answer, record = change(params), self._ec2._vpc_endpoints.get(self._of(params, "VpcEndpointId"))
            if answer[0] == 200:
                more = record.setdefault(MORE, {})
                more |= {
                    name: value
                    for name, key in (("privateDnsEnabled", "PrivateDnsEnabled"), ("policyDocument", "PolicyDocument"))
                    if (value := self._of(params, key))
                }
                gone = self._ec2._parse_member_list(params, "RemoveSecurityGroupId")
                kept = [one for one in more.get("groupSet", []) if one["groupId"] not in gone]
                new = self._ec2._parse_member_list(params, "AddSecurityGroupId")
                more["groupSet"] = [*kept, *({"groupId": group} for group in new)]
            return answer

        return changed

    def nat_gateway(self, create: Handler) -> Handler:
        """A regional gateway is of a VPC, not of a subnet."""

        def created(params: Any) -> Any:
            regional = self._of(params, "AvailabilityMode") == "regional"
            answer = create({**params, "SubnetId": "-"} if regional else params)
            made = re.search(">(nat-[^<]+)<", answer[2].decode())
            if regional and made:
                record = self._ec2._nat_gateways[made[1]]
                record |= {"VpcId": self._of(params, "VpcId"), "SubnetId": ""}
                record[MORE] = {"subnetId": None, "availabilityMode": "regional"}
            return answer

        return created

    def nat_address(self, record: Any) -> Members:
        """A gateway's own address, of which its record has the allocation."""
        address = self._ec2._addresses.get(record.get("AllocationId"))
        ids = address and {"allocationId": address["AllocationId"], "publicIp": address["PublicIp"]}
        return {"natGatewayAddressSet": [ids]} if ids else {}

    def flow_log(self, params: Any) -> Members:
        """A flow log's role and interval."""
        names = {
            "deliverLogsPermissionArn": "DeliverLogsPermissionArn",
            "maxAggregationInterval": "MaxAggregationInterval",
        }
        return {name: value for name, key in names.items() if (value := self._of(params, key))}

    def group(self, tell: Callable[[Any], str]) -> Callable[[Any], str]:
        """A security group's ARN."""

        def told(sg: Any) -> str:
            arn = self._ec2._security_group_arn(sg["GroupId"])
            return tell(sg).replace("<item>", f"<item><securityGroupArn>{arn}</securityGroupArn>", 1)

        return told

    def tag(self, tag: Callable[[Any, str, str], Any]) -> Callable[[Any, str, str], Any]:
        """A new flow log's tags are under AWS's word for its type."""
        return lambda params, kind, id: tag(params, "vpc-flow-log" if kind == "flow-log" else kind, id)

    def permissions(self, parse: Callable[[Any, str], Any]) -> Callable[[Any, str], Any]:
        """The prefix lists of new rules."""

        def parsed(params: Any, prefix: str) -> Any:
            rules = parse(params, prefix)
            for number, rule in enumerate(rules, 1):
                base = f"{prefix}.{number}.PrefixListIds.1"
                if id := self._of(params, f"{base}.PrefixListId"):
                    note = {"Description": text} if (text := self._of(params, f"{base}.Description")) else {}
                    rule["PrefixListIds"] = [{"PrefixListId": id, **note}]
            return rules

        return parsed

    def rule(self, tell: Callable[..., str]) -> Callable[..., str]:
        """The prefix list of a security group's rule."""

        def told(sg_id: str, rule: dict[str, Any], is_egress: bool = False) -> str:
            found = "".join(f"<prefixListId>{one['PrefixListId']}</prefixListId>" for one in rule["PrefixListIds"])
            return tell(sg_id, rule, is_egress=is_egress).replace("<item>", f"<item>{found}", 1)

        return told

    def rule_id(self, _of_content: Any) -> Callable[[str, bool, dict[str, Any]], str]:
        """An id of each rule's own, as on AWS: ministack gives a rule that is made again the id of the one before."""
        return lambda _group, _egress, rule: rule.setdefault(
            "SecurityGroupRuleId", f"sgr-{self._ec2.new_uuid().replace('-', '')[:17]}"
        )

    def _of(self, params: Any, name: str) -> str:
        return self._ec2._p(params, name)

    def _done(self, action: str) -> Any:
        return self._ec2._xml(200, f"{action}Response", "<return>true</return>")

    def _other_routes(self, table: dict[str, Any], params: Any) -> Iterable[dict[str, Any]]:
        to = {name: self._of(params, name) for name in DESTINATIONS}
        return (one for one in table["Routes"] if any(one.get(name, "") != to[name] for name in DESTINATIONS))

    def _block(self, params: Any) -> Members:
        """An IPv6 block: the one that is asked for, or one of AWS's, which are /56."""
        seed = hashlib.sha256(repr(sorted(params.items())).encode()).hexdigest()
        block = self._of(params, "Ipv6CidrBlock") or f"2600:1f{seed[:2]}:{seed[2:6]}:{seed[6:8]}00::/56"
        state = {"ipv6CidrBlock": block, "associationId": f"cidr-assoc-{seed[:17]}"}
        return {"ipv6CidrBlockAssociationSet": [{**state, "ipv6CidrBlockState": {"state": "associated"}}]}

    def _associate(self, record: dict[str, Any], params: Any) -> Any:
        record[MORE] = record.get(MORE, {}) | self._block(params)
        return self._done("AssociateCidrBlock")

    def _disassociate(self, params: Any) -> Any:
        id, key = self._of(params, "AssociationId"), "ipv6CidrBlockAssociationSet"
        for record in (*self._ec2._vpcs.values(), *self._ec2._subnets.values()):
            if any(one["associationId"] == id for one in record.get(MORE, {}).get(key, ())):
                del record[MORE][key]
        return self._done("DisassociateCidrBlock")


def _replace(item: ElementTree.Element, name: str, value: Any) -> None:
    for old in item.findall(f"{{{SPACE}}}{name}"):
        item.remove(old)
    if value is not None:
        item.append(_element(name, value))


def _element(name: str, value: Any) -> ElementTree.Element:
    element = ElementTree.Element(f"{{{SPACE}}}{name}")
    if isinstance(value, dict):
        element.extend(_element(key, one) for key, one in value.items())
    elif isinstance(value, list):
        element.extend(_element("item", one) for one in value)
    else:
        element.text = value
    return element
