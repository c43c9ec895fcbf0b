"""Times that must fit one another, so that no request is lost while tasks come and go.

ECS ends a task of a service in this order (Amazon ECS Developer Guide, "Amazon ECS task lifecycle" and "Optimize load
balancer connection draining parameters for Amazon ECS"):

1. It is deregistered from its target group, and gets no new request.
2. Its requests have `deregistration_delay` seconds to end; ECS waits until the target is unused.
3. Each container gets its stop signal, one that others wait for (`depends_on`) when those have ended: ECS turns their
   order around (ECS API Reference, "ContainerDependency"), so that a proxy or a router of logs outlives the app.
4. A container that has not ended `stop_timeout` seconds after its signal is killed.

A task whose essential container ends by itself is stopped at once: the others get their signal while requests are still
on their way, and `stop_timeout` is all the time that these have.
"""

from .container import STOP_TIMEOUT_MAX


def keep_alive_problem(keep_alive_timeout: int, idle_timeout: int) -> str | None:
    """The problem with an app that closes idle connections before its load balancer does.

    The load balancer keeps connections to its targets, and answers 502 where a target closes one as a request comes
    (User Guide for Application Load Balancers, "Troubleshoot your Application Load Balancers", HTTP 502).

    Args:
        keep_alive_timeout: seconds for which the app keeps an idle connection.
        idle_timeout: seconds for which the load balancer does.
    """
    if keep_alive_timeout > idle_timeout:
        return None
    return (
        f"must be longer than the load balancer's idle_timeout={idle_timeout}, got {keep_alive_timeout}: "
        "a request that meets the app closing its connection is answered with 502"
    )


def stop_problem(stop_timeout: int, deregistration_delay: int) -> str | None:
    """The problem with a kill that comes before requests had their time to end.

    Args:
        stop_timeout: seconds between a container's stop signal and the kill.
        deregistration_delay: seconds for which the load balancer lets requests end.
    """
    least = min(deregistration_delay, STOP_TIMEOUT_MAX)
    if stop_timeout >= least:
        return None
    most = f", or {STOP_TIMEOUT_MAX}, Fargate's most" if deregistration_delay > STOP_TIMEOUT_MAX else ""
    return (
        f"must be at least deregistration_delay={deregistration_delay}{most}, got {stop_timeout}: "
        "the kill would cut requests that the load balancer lets end"
    )


def deployment_problem(timeout_minutes: int, deregistration_delay: int) -> str | None:
    """The problem with a deployment that cannot be steady in time, as it waits for the delay of the old tasks.

    Args:
        timeout_minutes: minutes after which a deployment that is not steady has failed.
        deregistration_delay: seconds for which the load balancer lets requests end.
    """
    if 60 * timeout_minutes > deregistration_delay:
        return None
    return (
        f"must be longer than deregistration_delay={deregistration_delay} seconds, got {timeout_minutes} minutes: "
        "every deployment waits for the old tasks, and would be called failed"
    )
