"""Who calls, and in which of AWS's partitions: here it is always the commercial one."""

from localcloud.providers.declare import Function, call

FUNCTIONS = (
    Function(
        token="aws:index/getCallerIdentity:getCallerIdentity",
        service="sts",
        call=call("get_caller_identity"),
        returns={"accountId": "Account", "arn": "Arn", "userId": "UserId"},
    ),
    Function(
        token="aws:index/getPartition:getPartition",
        service="sts",
        call=call("get_caller_identity"),
        returns={
            "partition": "'aws'",
            "dnsSuffix": "'amazonaws.com'",
            "reverseDnsPrefix": "'com.amazonaws'",
            "id": "'aws'",
        },
    ),
)
