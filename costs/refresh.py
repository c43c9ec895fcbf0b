"""The table of prices anew, from the AWS Price List API.

Source: AWS Price List Query API Reference, "GetProducts"; AWS Billing User Guide, "Finding services and products using
the AWS Price List Query API": it answers in us-east-1 for every region. Written by those pages, and not run.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from costs import prices

ENDPOINT_REGION = "us-east-1"
_BEFORE = re.compile(r"((?:[A-Z]{2,4}\d?|[a-z]{2}(?:-[a-z]+)+-\d)-)?")
"""What a usage type has before its own name: a short word for the region, or its name; in us-east-1 often nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Product:
    """Where AWS's price list has a price."""

    service: str
    """Code of the service."""
    usage: str
    """Usage type, without the region before it."""
    attributes: Mapping[str, str] = field(default_factory=dict[str, str])
    """What tells it from others of the same usage type."""
    units: int = 1
    """Of AWS's units in one of the table's."""
    region_field: str = "regionCode"
    """Attribute that names the region."""
    anywhere: bool = False
    """Whether AWS lists it for no region, as it costs the same in all."""

    def wanted(self, region: str) -> dict[str, str]:
        """The attributes by which it is found."""
        return {**({"location": "Any"} if self.anywhere else {self.region_field: region}), **self.attributes}


def _product(service: str, usage: str, **attributes: str) -> Product:
    return Product(service=service, usage=usage, attributes=attributes)


_ALB, _NAT = {"productFamily": "Load Balancer-Application"}, {"productFamily": "NAT Gateway"}
PRODUCTS: Mapping[str, Product] = {
    "fargate_vcpu_hour": _product("AmazonECS", "Fargate-vCPU-Hours:perCPU"),
    "fargate_gb_hour": _product("AmazonECS", "Fargate-GB-Hours"),
    "fargate_arm_vcpu_hour": _product("AmazonECS", "Fargate-ARM-vCPU-Hours:perCPU"),
    "fargate_arm_gb_hour": _product("AmazonECS", "Fargate-ARM-GB-Hours"),
    "fargate_storage_gb_hour": _product("AmazonECS", "Fargate-EphemeralStorage-GB-Hours"),
    "load_balancer_hour": _product("AWSELB", "LoadBalancerUsage", **_ALB),
    "lcu_hour": _product("AWSELB", "LCUUsage", **_ALB),
    "nat_gateway_hour": _product("AmazonEC2", "NatGateway-Hours", **_NAT),
    "nat_gateway_gb": _product("AmazonEC2", "NatGateway-Bytes", **_NAT),
    "endpoint_hour": _product("AmazonVPC", "VpcEndpoint-Hours"),
    "endpoint_gb": _product("AmazonVPC", "VpcEndpoint-Bytes"),
    "public_ipv4_hour": _product("AmazonVPC", "PublicIPv4:InUseAddress"),
    "internet_gb": Product(
        service="AWSDataTransfer",
        usage="DataTransfer-Out-Bytes",
        attributes={"transferType": "AWS Outbound"},
        region_field="fromRegionCode",
    ),
    "log_gb": _product("AmazonCloudWatch", "DataProcessing-Bytes"),
    "log_storage_gb_month": _product("AmazonCloudWatch", "TimedStorage-ByteHrs"),
    "image_gb_month": _product("AmazonECR", "TimedStorage-ByteHrs"),
    "bucket_gb_month": _product("AmazonS3", "TimedStorage-ByteHrs"),
    "file_gb_month": _product("AmazonEFS", "TimedStorage-ByteHrs"),
    "file_read_gb": _product("AmazonEFS", "ETDataAccess-Bytes", operation="Read"),
    "file_write_gb": _product("AmazonEFS", "ETDataAccess-Bytes", operation="Write"),
    "key_month": _product("awskms", "KMS-Keys"),
    "web_acl_month": _product("awswaf", "WebACLV2"),
    "web_acl_rule_month": _product("awswaf", "RuleV2"),
    "web_acl_million_requests": Product(service="awswaf", usage="RequestV2-Tier1", units=1_000_000),
    "metric_month": _product("AmazonCloudWatch", "CW:MetricMonitorUsage"),
    "alarm_month": _product("AmazonCloudWatch", "CW:AlarmMonitorUsage"),
    "dashboard_month": Product(service="AmazonCloudWatch", usage="DashboardsUsageHour", anywhere=True),
}
"""Where each price of the table is."""


def refreshed(region: str, client: Any = None) -> list[str]:  # noqa: ANN401 - boto3 makes its clients at run time
    """Write the table anew, with the prices of one region more, and name its regions.

    Raises:
        ValueError: a price is missing or there are two; nothing was written.
    """
    if client is None:
        import boto3  # it takes as long to load as all the rest

        make: Any = boto3.client
        client = make("pricing", region_name=ENDPOINT_REGION)
    table, wanted = prices.load(), sorted({*prices.regions(), region})
    entries: dict[str, Any] = {name: {"unit": table["prices"][name]["unit"], "regions": {}} for name in PRODUCTS}
    problems: list[str] = []
    for name, product in PRODUCTS.items():
        for place in wanted:
            try:
                entries[name]["regions"][place] = _price(client, product, place)
            except ValueError as error:
                problems.append(f"{name} of {place}: {error}")
    if problems:
        raise ValueError("AWS's price list was not understood, and the table stays as it is:\n" + "\n".join(problems))
    written = {"as_of": date.today().isoformat(), "currency": "USD", "prices": entries}
    prices.TABLE.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    prices.load.cache_clear()
    return wanted


def _price(client: Any, product: Product, region: str) -> dict[str, Any]:  # noqa: ANN401 - as above
    """The one price of a product in a region, and where that is."""
    found: dict[float, str] = {}
    for one in _products(client, product, region):
        attributes = one["product"]["attributes"]
        usage = str(attributes.get("usagetype"))
        before = usage.removesuffix(product.usage)
        if usage.endswith(product.usage) and _BEFORE.fullmatch(before):
            found |= dict.fromkeys(_first_tier(one), usage)
    if len(found) != 1:
        raise ValueError(f"{product.service} has {len(found)} prices of {product.usage}, where one was expected")
    ((usd, usage),) = found.items()
    return {"usd": round(usd * product.units, 9), "source": f"AWS Price List API, {product.service}, {usage}"}


def _products(client: Any, product: Product, region: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - as above
    """What AWS lists of a service in a region, page by page."""
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in product.wanted(region).items()]
    pages = client.get_paginator("get_products").paginate(
        ServiceCode=product.service, Filters=filters, FormatVersion="aws_v1"
    )
    for page in pages:
        yield from map(json.loads, page["PriceList"])


def _first_tier(one: Mapping[str, Any]) -> set[float]:
    """What the first units cost that are not free."""
    tiers = [
        (float(tier.get("beginRange", 0)), float(tier["pricePerUnit"]["USD"]))
        for offer in one["terms"].get("OnDemand", {}).values()
        for tier in offer["priceDimensions"].values()
    ]
    paid = sorted(tier for tier in tiers if tier[1] > 0)
    return {paid[0][1]} if paid else set()
