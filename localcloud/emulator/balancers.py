"""What load balancers and target groups tell of themselves, and ministack's do not: their VPC, zones, and protocol."""

from collections.abc import Callable
from typing import Any


class Balancers:
    """Wraps of Elastic Load Balancing's answers."""

    def __init__(self, alb: Any, ec2: Any) -> None:
        self._alb = alb
        self._ec2 = ec2

    def tell(self, tell: Callable[[Any], str]) -> Callable[[Any], str]:
        """A load balancer is in its subnets' VPC and zones; ministack's is always in the default VPC's first zone."""

        def told(lb: Any) -> str:
            found = {id: self._ec2._subnets[id] for id in lb["Subnets"] if id in self._ec2._subnets}
            (vpc,) = {subnet["VpcId"] for subnet in found.values()} or {lb["VpcId"]}
            xml = tell({**lb, "VpcId": vpc})
            for id, subnet in found.items():
                of_subnet = f"</ZoneName><SubnetId>{id}<"
                xml = xml.replace(f"{self._alb.get_region()}a{of_subnet}", f"{subnet['AvailabilityZone']}{of_subnet}")
            return xml

        return told

    def create_group(self, create: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """A target group keeps the version of its protocol and the kind of its targets' addresses."""

        def created(params: Any) -> Any:
            before, answer = set(self._alb._tgs), create(params)
            kept = {name: self._alb._p(params, name) for name in ("ProtocolVersion", "IpAddressType")}
            for arn in set(self._alb._tgs) - before:
                self._alb._tgs[arn] |= {name: value for name, value in kept.items() if value}
            return answer

        return created

    def tell_group(self, tell: Callable[[Any], str]) -> Callable[[Any], str]:
        """It tells them, or AWS's defaults."""

        def told(tg: Any) -> str:
            version, addresses = tg.get("ProtocolVersion", "HTTP1"), tg.get("IpAddressType", "ipv4")
            more = f"<ProtocolVersion>{version}</ProtocolVersion><IpAddressType>{addresses}</IpAddressType></member>"
            return tell(tg).removesuffix("</member>") + more

        return told
