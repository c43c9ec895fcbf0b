"""What each role of delivery may do, as policies: pure functions of the names of delivery and an environment.

Every action stands in a table of these modules with the reason why it is there: `run`, where the runs of
tests/local/test_least_privilege.py need it, or the source that says who needs it. The tables are deployed by
`bootstrap/`, and shown in docs/permissions.md.
"""

from ..names import Names
from . import buckets, compute, data, edge, firewall, images, keys, network, roles, state, telemetry
from .boundary import boundary
from .grant import RUN, Document, Grant, policy
from .never import never

__all__ = ["RUN", "TABLES", "Document", "boundary", "build", "deploy", "preview"]

TABLES: dict[str, tuple[Grant, ...]] = {
    "base": (*state.GRANTS, *roles.GRANTS),
    "network": network.GRANTS,
    "edge": edge.GRANTS,
    "compute": compute.GRANTS,
    "images": images.GRANTS,
    "telemetry": telemetry.GRANTS,
    "data": (*buckets.GRANTS, *data.GRANTS),
    "keys": keys.GRANTS,
    "firewall": firewall.GRANTS,
}
"""What deploying takes, by the policy that it is in."""


def deploy(names: Names, environment: str, *, registry: bool = False) -> dict[str, Document]:
    """The policies of an environment's deploy role: it makes, changes and removes everything that a stack can have.

    Args:
        names: of delivery in the account.
        environment: name of the stack.
        registry: whether it also sets the rules of the account's registry. Default: it does not.
    """
    tables = TABLES | ({"images": (*images.GRANTS, *images.REGISTRY)} if registry else {})
    return _ended({name: policy(grants, names, environment) for name, grants in tables.items()}, names)


def preview(names: Names, environment: str) -> dict[str, Document]:
    """The policies of an environment's preview role: what of it only reads.

    Args:
        names: of delivery in the account.
        environment: name of the stack.
    """
    looks = {name: [one for one in grants if one.previews] for name, grants in TABLES.items()}
    return _ended({name: policy(grants, names, environment) for name, grants in looks.items()}, names)


def _ended(documents: dict[str, Document], names: Names) -> dict[str, Document]:
    """The policies, one of which also says what none of them allows."""
    base = documents["base"]
    return documents | {"base": base | {"Statement": [*base["Statement"], *never(names)]}}


def build(names: Names) -> dict[str, Document]:
    """The policy of the build role: it pushes images into the repository of builds, and can do nothing else.

    Args:
        names: of delivery in the account.
    """
    return {"push": policy(images.PUSH_BUILDS, names, "")}
