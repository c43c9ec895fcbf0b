"""Who calls."""

from localcloud.providers.declare import Function, call

FUNCTIONS = (
    Function(
        token="aws:index/getCallerIdentity:getCallerIdentity",
        service="sts",
        call=call("get_caller_identity"),
        returns={"accountId": "Account", "arn": "Arn", "userId": "UserId"},
    ),
)
