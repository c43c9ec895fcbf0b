"""Stacks for the page of a stack: one that says a lot, and one of many services."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("__main__.py", "settings.py", "configuration", "components", "policies", "costs", "app", "Pulumi.yaml")
TODAY = date.today() + timedelta(1)  # which a command finds no later, also when it runs after midnight
SCRIPT = "<script>alert('a')</script>"
BREAKOUT = '</style></script><img src=x onerror=alert(1)> & "quoted"'
PROMOTED = f"123456789012.dkr.ecr.ap-northeast-1.amazonaws.com/old@sha256:{'a' * 64}"
RICH = {
    "aws:region": "ap-northeast-1",
    "aws:allowedAccountIds": ["123456789012", "210987654321"],
    "fargate:environment": "staging",
    "fargate:budget": 900,
    "fargate:network": {"nat": "per_az", "zones": 3},
    "fargate:load_balancer": {
        "domain": {"zone": "example.com", "names": ["www.example.com", "api.example.com"]},
        "firewall": {"rate_limit": 1234},
        "access_logs": True,
    },
    "fargate:file_systems": {"uploads": {"throughput": "bursting"}},
    "fargate:services": {
        "web": {
            "build": {"context": "./app", "args": {"LEVEL": "info"}},
            "port": 9000,
            "hosts": ["www.example.com"],
            "calls": ["ledger"],
            "cpu": 512,
            "memory": 2048,
            "scaling": {"min": 3, "max": 17, "cpu": 61},
            "capacity": {"base": 2, "fargate": 1, "fargate_spot": 3},
            "health_check": {"path": "/are-you-well", "interval": 7},
            "deployment": {"strategy": "canary", "percent": 12.5},
            "timeout_minutes": 33,
            "environment": {
                "GREETING": SCRIPT,
                "DATABASE_URL": "postgres://me:hunter2@db/shop",
                "API_TOKEN": "t0psecret",
            },
            "secrets": {"STRIPE_KEY": {"secret": "prod/stripe", "key": "live"}, "FLAGS": {"parameter": "/shop/flags"}},
            "permissions": [{"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::shelf/*"]}],
            "volumes": {"/uploads": "uploads"},
            "sidecars": {"proxy": {"image": "envoy:v1", "port": 9901, "command": ["--quiet"]}},
            "pre_deploy": ["/bin/migrate", "--all"],
            "start_period": 91,
        },
        "ledger": {"kind": "internal", "image": "public.ecr.aws/books/ledger:7"},
        "mailer": {"kind": "worker", "image": {"repository": "team/mailer", "tag": "v3"}, "capacity": "FARGATE_SPOT"},
        "old": {
            "image": {"promote": PROMOTED},
            "paths": ["/old/*"],
            "methods": ["GET"],
        },
    },
    "fargate:jobs": {
        "tidy": {"service": "web", "schedule": "cron(0 3 * * ? *)", "command": ["tidy"]},
        "count": {
            "image": "alpine:3",
            "schedule": {"expression": "rate(2 hours)", "time_zone": "Asia/Tokyo"},
            "cpu": 1024,
            "memory": 2048,
        },
    },
    "fargate:exceptions": [
        {
            "rules": ["vpc-flow-logs", "vpc-endpoints"],
            "reason": f"no need of {BREAKOUT}",
            "until": str(TODAY + timedelta(11)),
        },
        {"rules": ["log-encrypted"], "resource": "web*", "reason": "no key yet", "until": str(TODAY + timedelta(40))},
        {"rules": ["log-retention"], "reason": "forgotten", "until": "2020-01-31"},
        {"rules": ["target-encrypted"], "resource": "nobody", "reason": "of before", "until": str(TODAY)},
    ],
}


def many(services: int) -> dict[str, Any]:
    """A stack of so many services."""
    each = {f"s{number}": {"build": "./app", "paths": [f"/{number}/*"]} for number in range(services)}
    return {"aws:region": "us-east-1", "fargate:environment": "dev", "fargate:services": each}


def write(folder: Path, name: str, config: dict[str, Any]) -> Path:
    """A folder of this program with a stack file of its own."""
    folder.mkdir(exist_ok=True)
    for part in PARTS:
        if not (folder / part).exists():
            (folder / part).symlink_to(ROOT / part)
    (folder / f"Pulumi.{name}.yaml").write_text(yaml.safe_dump({"config": config}))
    return folder
