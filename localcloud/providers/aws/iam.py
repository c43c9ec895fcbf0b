"""Roles and their policies."""

from localcloud.providers.aws import refusals
from localcloud.providers.declare import Describe, Prop, Resource, Tagging, call, tag_list

ROLE = Resource(
    token="aws:iam/role:Role",
    refuse_write=(
        refusals.too_long("name", 64),
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
    read=Describe(call("get_role_policy", RoleName="role", PolicyName="name"), "@"),
    updates=(call("put_role_policy", RoleName="role", PolicyName="name", PolicyDocument="policy"),),
    replace_on=frozenset({"role", "name"}),
    delete=call("delete_role_policy", RoleName="role", PolicyName="name"),
    autoname="name",
    autoname_max=128,
)

ROLE_POLICY_ATTACHMENT = Resource(
    token="aws:iam/rolePolicyAttachment:RolePolicyAttachment",
    service="iam",
    create=call("attach_role_policy", RoleName=Prop("role", at=""), PolicyArn="policyArn"),
    id=lambda values, _: f"{values['role']}/{values['policyArn']}",
    read=Describe(
        call("list_attached_role_policies", RoleName="role"),
        lambda values: f"AttachedPolicies[?PolicyArn=='{values['policyArn']}'] | [0]",
    ),
    delete=call("detach_role_policy", RoleName="role", PolicyArn="policyArn"),
)

RESOURCES = (ROLE, ROLE_POLICY, ROLE_POLICY_ATTACHMENT)
