"""An AWS on this machine: a Pulumi program's stacks, rehearsed with real images, containers and a load balancer."""
