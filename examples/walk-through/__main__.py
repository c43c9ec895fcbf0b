"""A folder with a Dockerfile as a service, with its network, load balancer, cluster and repository."""

import sys

sys.path.insert(0, "../..")  # where components/ is; a program of your own has it beside it

import pulumi

from components import HealthCheck, WebService, WebServiceArgs

web = WebService(
    "web",
    WebServiceArgs(build="../../app", health_check=HealthCheck(path="/health"), force_delete=True),
)
pulumi.export("url", web.url)
pulumi.export("task_definition", web.service.task_definition_arn)
