"""Which environment variables are secrets, by their names and values."""

import re

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
_SECRETS = frozenset(
    {
        *("PASS", "PASSWD", "PASSPHRASE", "PWD", "PAT", "KEY", "KEYS", "SECRETS", "CREDENTIAL", "CREDENTIALS", "CREDS"),
        "APIKEY",
    }
)
_ENDINGS = ("PASSWORD", "SECRET", "TOKEN", "APIKEY", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY")
"""How words end that are secrets however they begin, as in `PGPASSWORD`."""
_OPEN_KEYS = frozenset({"PUBLIC", "PUBLISHABLE", "PARTITION", "SORT", "PRIMARY", "CACHE", "OBJECT", "PREFIX"})
"""Words beside `KEY` of keys that open nothing."""
_SETTINGS = frozenset(
    {
        *("ARN", "NAME", "ID", "FILE", "PATH", "DIR", "URL", "URI", "ENDPOINT", "HOST", "HEADER", "ISSUER", "REGION"),
        *("TTL", "EXPIRY", "SECONDS", "MINUTES", "HOURS", "DAYS", "LENGTH", "SIZE", "TYPE", "ALGORITHM", "VERSION"),
        *("TIMEOUT", "ROTATION", "PROVIDER", "POLICY"),
    }
)
"""Last words of names that tell where a secret is, or how it is handled."""
_NAMES = ("ECS_ENGINE_AUTH_DATA",)
"""A name that ECS.8 looks for, and that no word tells."""
_IDS = re.compile(r"(^|_)ACCESS_KEY_ID(_\d+)?$", re.IGNORECASE)
_HARMLESS_NAMES = ("PWD", "OLDPWD")
"""What a shell calls its folders."""
_HARMLESS_VALUES = re.compile(r"arn:.*|true|false", re.IGNORECASE)
_VALUES = re.compile(
    r"[a-z][a-z0-9+.-]*://[^/\s:@]*:[^/\s@$][^/\s@]*@"
    r"|\b(AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_\w{22}|\bsk_live_\w{16}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
"""Passwords in addresses, access keys of AWS's, tokens of GitHub's and Stripe's, private keys."""


def is_secret(name: str, value: str) -> bool:
    """Whether a variable holds a secret, rather than tells where one is."""
    if _VALUES.search(value) or name in _NAMES or _IDS.search(name):
        return True
    return name not in _HARMLESS_NAMES and not _HARMLESS_VALUES.fullmatch(value) and _is_named_secret(name)


def _is_named_secret(name: str) -> bool:
    words = [word.upper() for word in _WORD.findall(name)]
    secret = {word for word in words if word in _SECRETS or word.endswith(_ENDINGS)}
    is_open_key = secret <= {"KEY", "KEYS"} and not _OPEN_KEYS.isdisjoint(words)
    return bool(secret) and words[-1] not in _SETTINGS and not is_open_key
