"""The table of prices, written anew by what AWS's price list says: its shapes are those of "GetProducts"."""

import json
from datetime import date

import boto3
import pytest
from botocore.stub import Stubber

from costs import prices, refresh

US, TOKYO, IRELAND = "us-east-1", "ap-northeast-1", "eu-west-1"
PREFIX = {US: "", TOKYO: "APN1-", IRELAND: "EU-"}


def listed(usage, *tiers, **attributes):
    """A product as the price list has it, with what each tier of it costs."""
    dimensions = {
        f"SKU.OFFER.{index}": {
            "rateCode": f"SKU.OFFER.{index}",
            "unit": "Hrs",
            "beginRange": begin,
            "endRange": "Inf",
            "description": "",
            "appliesTo": [],
            "pricePerUnit": {"USD": usd},
        }
        for index, (begin, usd) in enumerate(tiers)
    }
    return json.dumps(
        {
            "product": {"productFamily": "x", "attributes": {"usagetype": usage, **attributes}, "sku": "SKU"},
            "serviceCode": "x",
            "terms": {"OnDemand": {"SKU.OFFER": {"offerTermCode": "OFFER", "priceDimensions": dimensions}}},
            "version": "20261126000000",
            "publicationDate": "2026-11-26T00:00:00Z",
        }
    )


def page(*products, more=None):
    return {"FormatVersion": "aws_v1", "PriceList": list(products)} | ({"NextToken": more} if more else {})


@pytest.fixture
def table(tmp_path, monkeypatch):
    """A copy of the table, to be written."""
    file = tmp_path / "prices.json"
    file.write_text(prices.TABLE.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(prices, "TABLE", file)
    prices.load.cache_clear()
    yield file
    prices.load.cache_clear()


@pytest.fixture
def client(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "none")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none")
    return boto3.client("pricing", region_name=refresh.ENDPOINT_REGION)


def expected(product, region, token=None):
    where = {"location": "Any"} if product.anywhere else {product.region_field: region}
    wanted = {**where, **product.attributes}
    filters = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in wanted.items()]
    asked = {"ServiceCode": product.service, "Filters": filters, "FormatVersion": "aws_v1"}
    return asked | ({"NextToken": token} if token else {})


def answered(stub, places, answers=None):
    """Let AWS say 2 USD for everything, or what some prices are told to be."""
    for name, product in refresh.PRODUCTS.items():
        for place in places:
            usage = f"{PREFIX[place]}{product.usage}"
            pages = (answers or {}).get((name, place), [page(listed(usage, ("0", "2.0000000000")))])
            for index, one in enumerate(pages):
                stub.add_response("get_products", one, expected(product, place, f"token{index}" if index else None))


def test_the_table_is_written_with_one_region_more(table, client):
    with Stubber(client) as stub:
        answered(stub, sorted([US, TOKYO, IRELAND]))
        assert refresh.refreshed(IRELAND, client) == [TOKYO, IRELAND, US]
        stub.assert_no_pending_responses()
    written = json.loads(table.read_text())
    assert written["as_of"] == date.today().isoformat()
    assert set(written["prices"]) == set(refresh.PRODUCTS)
    (everywhere,) = [product for product in refresh.PRODUCTS.values() if product.anywhere]
    assert everywhere.wanted(IRELAND) == everywhere.wanted(TOKYO) == {"location": "Any"}
    nat = written["prices"]["nat_gateway_hour"]
    assert nat["regions"][IRELAND] == {"usd": 2, "source": "AWS Price List API, AmazonEC2, EU-NatGateway-Hours"}
    assert nat["unit"] == "h"
    assert prices.regions() == [TOKYO, IRELAND, US]
    assert prices.prices(IRELAND).usd["web_acl_million_requests"] == 2_000_000


def test_it_finds_a_price_among_others(table, client):
    others = [
        listed("APN1-NatGateway-Bytes", ("0", "9")),
        listed("APN1-RegionalNatGateway-Hours", ("0", "9")),
        json.dumps({"product": {"attributes": {"usagetype": "APN1-NatGateway-Hours"}}, "terms": {"Reserved": {}}}),
    ]
    tiers = listed("APN1-DataTransfer-Out-Bytes", ("10240", "0.089"), ("1", "0.114"), ("0", "0.0000000000"))
    answers = {
        ("nat_gateway_hour", TOKYO): [
            page(*others, more="token1"),
            page(listed("APN1-NatGateway-Hours", ("0", "0.062"))),
        ],
        ("internet_gb", TOKYO): [page(tiers)],
        ("key_month", TOKYO): [page(listed("ap-northeast-1-KMS-Keys", ("0", "1")))],
        ("log_gb", US): [
            page(listed("USE1-DataProcessing-Bytes", ("0", "0.5")), listed("DataProcessing-Bytes", ("0", "0.5")))
        ],
    }
    with Stubber(client) as stub:
        answered(stub, sorted([US, TOKYO]), answers)
        refresh.refreshed(US, client)
    found = prices.prices(TOKYO).usd
    assert (found["nat_gateway_hour"], found["internet_gb"], found["key_month"]) == (0.062, 0.114, 1)
    assert prices.prices(US).usd["log_gb"] == 0.5


def test_what_is_not_understood_leaves_the_table_as_it_is(table, client):
    before = table.read_text()
    two = page(listed("KMS-Keys", ("0", "1")), listed("us-east-1-KMS-Keys", ("0", "2")))
    with Stubber(client) as stub:
        answered(stub, sorted([US, TOKYO]), {("lcu_hour", TOKYO): [page()], ("key_month", US): [two]})
        with pytest.raises(ValueError, match="the table stays as it is") as error:
            refresh.refreshed(US, client)
    assert "lcu_hour of ap-northeast-1: AWSELB has 0 prices of LCUUsage, where one was expected" in str(error.value)
    assert "key_month of us-east-1: awskms has 2 prices of KMS-Keys" in str(error.value)
    assert table.read_text() == before


def test_aws_is_asked_where_its_price_list_is(table, client, monkeypatch):
    asked = []
    monkeypatch.setattr("boto3.client", lambda *given, **more: asked.append((given, more)) or client)
    with Stubber(client) as stub:
        answered(stub, sorted([US, TOKYO]))
        refresh.refreshed(US)
    assert asked == [(("pricing",), {"region_name": "us-east-1"})]
