"""Roles, policies, and who may become a role by signing in elsewhere."""

from localcloud.providers.aws import refusals, refusals_delivery
from localcloud.providers.declare import Built, Const, Describe, Operations, Prop, Resource, Tagging, call, tag_list

VERSIONS_MAX = 5
"""That a managed policy has (IAM User Guide, "Versioning IAM policies")."""

ROLE = Resource(
    token="aws:iam/role:Role",
    refuse_write=(
        refusals.too_long("name", 64),
        refusals_delivery.no_path,
        refusals.no_policy("assumeRolePolicy"),
        refusals.no_principal,
    ),
    service="iam",
    create=call(
        "create_role",
        RoleName="name",
        Path="path",
        AssumeRolePolicyDocument="assumeRolePolicy",
        Description=Prop("description", default=""),
        MaxSessionDuration=Prop("maxSessionDuration", default=3600),
        PermissionsBoundary=Prop("permissionsBoundary", at="PermissionsBoundary.PermissionsBoundaryArn"),
    ),
    id=lambda values, _: values["name"],
    read=Describe(call("get_role", RoleName="id"), "Role"),
    updates=(
        call(
            "update_assume_role_policy",
            RoleName="id",
            PolicyDocument=Prop("assumeRolePolicy", at="AssumeRolePolicyDocument"),
        ),
        call(
            "update_role",
            RoleName="id",
            Description=Prop("description", default=""),
            MaxSessionDuration=Prop("maxSessionDuration", default=3600),
        ),
        call("put_role_permissions_boundary", RoleName="id", PermissionsBoundary="permissionsBoundary"),
    ),
    removals={"permissionsBoundary": call("delete_role_permissions_boundary", RoleName="id")},
    implicit={"path": "/"},
    delete=call("delete_role", RoleName="id"),
    outputs={"arn": "Arn", "uniqueId": "RoleId", "createDate": "to_string(CreateDate)"},
    tags=Tagging(
        add=call("tag_role", RoleName="id", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_role", RoleName="id", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=64,
    only_engine=frozenset({"forceDetachPolicies"}),
)

ROLE_POLICY = Resource(
    token="aws:iam/rolePolicy:RolePolicy",
    refuse_write=(refusals.too_long("name", 128), refusals.no_policy("policy")),
    service="iam",
    create=call("put_role_policy", RoleName="role", PolicyName="name", PolicyDocument="policy"),
    id=lambda values, _: f"{values['role']}:{values['name']}",
    import_id="{role}:{name}",
    read=Describe(call("get_role_policy", RoleName="role", PolicyName="name"), "@"),
    updates=(call("put_role_policy", RoleName="role", PolicyName="name", PolicyDocument="policy"),),
    replace_on=frozenset({"role", "name"}),
    delete=call("delete_role_policy", RoleName="role", PolicyName="name"),
    autoname="name",
    autoname_max=128,
)

ROLE_POLICY_ATTACHMENT = Resource(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    refuse_write=(refusals_delivery.not_attachable,),
    service="iam",
    create=call("attach_role_policy", RoleName=Prop("role", at=""), PolicyArn="policyArn"),
    id=lambda values, _: f"{values['role']}/{values['policyArn']}",
    import_id="{role}/{policyArn}",
    read=Describe(
        call("list_attached_role_policies", RoleName="role"),
        lambda values: f"AttachedPolicies[?PolicyArn=='{values['policyArn']}'] | [0]",
    ),
    delete=call("detach_role_policy", RoleName="role", PolicyArn="policyArn"),
)


def _forget_versions(operation: Operations, left: int = VERSIONS_MAX - 1) -> None:
    """Room for one more version; the one in force stays."""
    client = operation.client()
    if operation.id:
        found = client.list_policy_versions(PolicyArn=operation.id)["Versions"]
        old = sorted((one for one in found if not one["IsDefaultVersion"]), key=lambda one: int(one["VersionId"][1:]))
        for one in old[: max(0, len(found) - left)]:
            client.delete_policy_version(PolicyArn=operation.id, VersionId=one["VersionId"])


POLICY = Resource(
    token="aws:iam/policy:Policy",
    refuse_write=(
        refusals.too_long("name", 128),
        refusals_delivery.no_path,
        refusals.no_policy("policy"),
        refusals_delivery.policy_too_large,
    ),
    refuse_delete=(refusals_delivery.boundary_in_use,),
    service="iam",
    create=call(
        "create_policy",
        PolicyName="name",
        Path=Prop("path", default="/"),
        Description="description",
        PolicyDocument=Prop("policy", at=""),
    ),
    id="Policy.Arn",
    read=Describe(call("get_policy", PolicyArn="id"), "Policy"),
    more=(
        Describe(
            call(
                "get_policy_version",
                PolicyArn="id",
                VersionId=Built(frozenset(), lambda values: values["described"]["DefaultVersionId"]),
            ),
            "PolicyVersion",
        ),
    ),
    reads=(Prop("policy", at="Document"),),
    updates=(call("create_policy_version", PolicyArn="id", PolicyDocument="policy", SetAsDefault=Const(True)),),
    before_write=_forget_versions,
    before_delete=lambda operation: _forget_versions(operation, left=1),
    delete=call("delete_policy", PolicyArn="id"),
    outputs={"arn": "Arn", "policyId": "PolicyId", "attachmentCount": "AttachmentCount"},
    tags=Tagging(
        add=call("tag_policy", PolicyArn="id", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_policy", PolicyArn="id", TagKeys="keys"),
    ),
    autoname="name",
    autoname_max=128,
)


def _set_clients(operation: Operations) -> None:
    """Those that it trusts, one by one, as AWS takes them."""
    client, wanted = operation.client(), set(operation.values["clientIdLists"])
    told = set((operation.describe() or {})["ClientIDList"])
    for one in sorted(wanted - told):
        client.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=operation.id, ClientID=one)
    for one in sorted(told - wanted):
        client.remove_client_id_from_open_id_connect_provider(OpenIDConnectProviderArn=operation.id, ClientID=one)


OPEN_ID_CONNECT_PROVIDER = Resource(
    token="aws:iam/openIdConnectProvider:OpenIdConnectProvider",
    idle="its address is not asked for its keys: nobody's signature is checked",
    refuse_write=(refusals_delivery.no_provider,),
    service="iam",
    create=call(
        "create_open_id_connect_provider",
        Url="url",
        ClientIDList=Prop("clientIdLists", write=sorted, read=sorted),
        ThumbprintList="thumbprintLists",
    ),
    id="OpenIDConnectProviderArn",
    read=Describe(call("get_open_id_connect_provider", OpenIDConnectProviderArn="id"), "@"),
    updates=(
        call(
            "update_open_id_connect_provider_thumbprint",
            OpenIDConnectProviderArn="id",
            ThumbprintList="thumbprintLists",
        ),
    ),
    after_write=_set_clients,
    only_engine=frozenset({"clientIdLists"}),
    kept=frozenset({"thumbprintLists"}),
    delete=call("delete_open_id_connect_provider", OpenIDConnectProviderArn="id"),
    computed=lambda operation, found: {
        "arn": operation.id,
        "url": found["Url"].removeprefix("https://"),  # as AWS tells it
        "thumbprintLists": found["ThumbprintList"],
    },
    tags=Tagging(
        add=call("tag_open_id_connect_provider", OpenIDConnectProviderArn="id", Tags=Prop("tags", write=tag_list())),
        remove=call("untag_open_id_connect_provider", OpenIDConnectProviderArn="id", TagKeys="keys"),
    ),
)

RESOURCES = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT, POLICY, OPEN_ID_CONNECT_PROVIDER)
