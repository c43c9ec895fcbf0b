"""An AWS on this machine: the stacks of a Pulumi program, rehearsed with real images, containers and a load balancer."""
