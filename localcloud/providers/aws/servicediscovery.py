"""Cloud Map's namespaces, in which Service Connect finds services."""

from localcloud.providers.declare import Describe, Operations, Prop, Resource, Tagging, call, tag_list


def _made(operation: Operations) -> None:
    """AWS answers a creation with an operation, and that with the namespace; the emulator's has ended by then."""
    answer = operation.client().get_operation(OperationId=operation.id)
    operation.values["id"] = answer["Operation"]["Targets"]["NAMESPACE"]


HTTP_NAMESPACE = Resource(
    token="aws:servicediscovery/httpNamespace:HttpNamespace",
    service="servicediscovery",
    create=call("create_http_namespace", Name="name", Description="description"),
    id="OperationId",
    after_create=_made,
    read=Describe(call("get_namespace", Id="id"), "Namespace"),
    more=(Describe(call("list_tags_for_resource", ResourceARN="arn"), "{Tags: Tags}"),),
    delete=call("delete_namespace", Id="id"),
    outputs={"arn": "Arn", "httpName": "Properties.HttpProperties.HttpName"},
    tags=Tagging(
        add=call("tag_resource", ResourceARN="arn", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_resource", ResourceARN="arn", TagKeys="keys"),
    ),
    autoname="name",
)

RESOURCES = (HTTP_NAMESPACE,)
