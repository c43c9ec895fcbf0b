"""What the tasks of a service wrote, from their log group."""

import time
from collections.abc import Iterator
from typing import Any

import boto3

from localcloud.home import Home

EVERY_SECONDS = 1


def events(home: Home, service: dict[str, str], lines: int, *, follow: bool) -> Iterator[str]:
    """The last lines of a service, by time, and with `follow` those that come, until interrupted.

    Args:
        home: of the local cloud.
        service: its outputs: `task_definition`, whose ARN names the region, and `log_group`.
        lines: how many of the last.
        follow: whether to go on.
    """
    session: Any = boto3.session.Session("test", "test", region_name=service["task_definition"].split(":")[3])
    logs = session.client("logs", endpoint_url=home.endpoint)
    told = set[str]()
    while True:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=service["log_group"])
        found = sorted((event for page in pages for event in page["events"]), key=lambda event: event["timestamp"])
        new = [event for event in found if event["eventId"] not in told]
        yield from (f"{event['logStreamName'].rpartition('/')[2][:8]} {event['message']}" for event in new[-lines:])
        if not follow:
            return
        told.update(event["eventId"] for event in new)
        time.sleep(EVERY_SECONDS)
