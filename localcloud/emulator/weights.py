"""A rule divides its requests between target groups by weight: ministack knows one group a rule."""

import random
from collections.abc import Iterator
from typing import Any


class Weights:
    """Groups and weights of rules: kept, told, and obeyed."""

    def __init__(self, alb: Any) -> None:
        self._alb = alb

    def parse(self, original: Any) -> Any:
        """Keep them."""

        def parse_actions(params: Any, prefix: str = "DefaultActions") -> Any:
            actions = original(params, prefix)
            for number, action in enumerate(actions, 1):
                groups = dict(self._groups(params, f"{prefix}.member.{number}.ForwardConfig.TargetGroups.member"))
                action |= {"ForwardConfig": groups} if groups else {}
            return actions

        return parse_actions

    def _groups(self, params: Any, prefix: str) -> Iterator[tuple[str, int]]:
        number = 1
        while arn := self._alb._p(params, f"{prefix}.{number}.TargetGroupArn"):
            yield arn, int(self._alb._p(params, f"{prefix}.{number}.Weight", "1"))
            number += 1

    def tell(self, original: Any) -> Any:
        """Tell them."""

        def action_xml(a: dict[str, Any]) -> str:
            groups = "".join(
                f"<member><TargetGroupArn>{arn}</TargetGroupArn><Weight>{weight}</Weight></member>"
                for arn, weight in a.get("ForwardConfig", {}).items()
            )
            config = f"<ForwardConfig><TargetGroups>{groups}</TargetGroups></ForwardConfig>" if groups else ""
            return original(a).replace("</member>", f"{config}</member>", 1)

        return action_xml

    def obey(self, original: Any) -> Any:
        """Forward each request to one of them."""

        async def execute_actions(actions: list[dict[str, Any]], *request: Any, **more: Any) -> Any:
            return await original([_chosen(action) for action in actions], *request, **more)

        return execute_actions


def _chosen(action: dict[str, Any]) -> dict[str, Any]:
    weights = {arn: weight for arn, weight in action.get("ForwardConfig", {}).items() if weight}
    return {**action, "TargetGroupArn": random.choices([*weights], [*weights.values()])[0]} if weights else action  # noqa: S311 - a share of the requests is no secret
