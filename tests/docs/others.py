"""Commands and variables of others that tell no test what they take: what pages use of them.

Each line was read in the program's own help. A page that types more adds it here, once it has looked.
"""

import re
from collections.abc import Iterator
from urllib.parse import parse_qs

FORMS = {
    "curl": (
        "-f -s -S -L -i -H --connect-to --data --fail --fail-with-body --header --output --request --silent --write-out"
    ),
    "docker build": "-f -q -t --platform",
    "docker exec": "-i -t",
    "docker image ls": "",
    "docker image prune": "",
    "docker image rm": "",
    "docker images": "",
    "docker info": "",
    "docker inspect": "--format",
    "docker load": "-i",
    "docker login": "--username --password-stdin",
    "docker logs": "--follow",
    "docker ps": "-a --all",
    "docker pull": "--platform",
    "docker push": "",
    "docker run": "-d -e -i -p -t --entrypoint --env --platform --read-only --rm --tmpfs --user",
    "docker system df": "",
    "docker tag": "",
    "gh api": "--input --jq --method",
    "gh auth login": "",
    "gh secret set": "--env --body",
    "gh variable set": "--env --body",
    "gh workflow enable": "",
    "gh workflow run": "--field --ref",
}
"""Commands, with their flags; letters behind one hyphen stand for a flag each."""
STATES = {
    "s3": "awssdk endpoint kmskeyid profile region",
    "azblob": "storage_account",
    "gs": "",
    "file": "",
    "https": "",
}
"""Where Pulumi keeps a state, with what may stand behind `?` (Pulumi docs, "Managing state and backend options")."""
VARIABLES = {
    "AWS": "ACCESS_KEY_ID CONFIG_FILE DEFAULT_REGION ENDPOINT_URL PROFILE REGION SECRET_ACCESS_KEY SESSION_TOKEN",
    "PULUMI": "ACCESS_TOKEN BACKEND_URL CONFIG_PASSPHRASE CONFIG_PASSPHRASE_FILE",
}
"""What AWS's command line and Pulumi read, by what their names begin with."""


def programs() -> frozenset[str]:
    """Those that are judged here."""
    return frozenset(one.partition(" ")[0] for one in FORMS)


def form_problems(words: list[str]) -> Iterator[str]:
    """What is wrong with a command of one of them."""
    form = next((one for one in _longest_first() if words[: len(one.split())] == one.split()), None)
    if form is None:
        yield f"{' '.join(words[:2])} is not known: see FORMS in tests/docs/others.py"
        return
    for word in words[len(form.split()) :]:
        if form == "docker run" and not word.startswith("-") and word.isupper():
            return  # the image: what follows is its own
        yield from (f"{form} has no {one}: see FORMS" for one in _flags(word) if one not in FORMS[form].split())


def variable_problems(assignments: list[str]) -> Iterator[str]:
    """What is wrong with variables that are set, `NAME=VALUE` each."""
    for name, _, value in (one.partition("=") for one in assignments):
        known = VARIABLES.get(name.partition("_")[0])
        if known is not None and name.partition("_")[2] not in known.split():
            yield f"nothing reads {name}: see VARIABLES in tests/docs/others.py"
        if name == "PULUMI_BACKEND_URL":
            yield from state_problems(value)


def state_problems(url: str) -> Iterator[str]:
    """What is wrong with an address of a state."""
    found = re.fullmatch(r"(\w+)://[^?]*\??(.*)", url)
    if found and found[1] not in STATES:
        yield f"Pulumi keeps no state at {found[1]}://, but at {', '.join(STATES)}"
    elif found:
        yield from (
            f"{found[1]}:// knows no {one}" for one in parse_qs(found[2]) if one not in STATES[found[1]].split()
        )


def _longest_first() -> list[str]:
    return sorted(FORMS, key=len, reverse=True)


def _flags(word: str) -> list[str]:
    if word.startswith("--"):
        return [word.partition("=")[0]] if word != "--" else []
    return [f"-{letter}" for letter in word[1:]] if re.fullmatch(r"-[A-Za-z]+", word) else []
