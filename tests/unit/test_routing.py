import fnmatch
import itertools

import pulumi
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from components import Route, routing
from components.routing import MAX_PRIORITY, priorities

PATHS = st.lists(st.sampled_from("abc*"), max_size=4).map(lambda parts: "/" + "/".join(parts))


HEADERS = st.dictionaries(
    st.sampled_from(["X-A", "x-b"]),
    st.lists(st.text("aB*?", min_size=1, max_size=2), min_size=1, max_size=2).map(tuple),
)
METHODS = st.lists(st.sampled_from(["GET", "HEAD", "POST"]), max_size=2).map(tuple)


def order(**routes):
    """The services in the order in which a listener asks them."""
    found = priorities(routes)
    return sorted(found, key=found.__getitem__)


def paths(*values, **more):
    return Route(paths=values, **more)


def test_the_more_special_rule_is_asked_first():
    assert order(
        everything=paths("/*"),
        api=paths("/api/*"),
        version=paths("/api/v1/*"),
        exact=paths("/api/v1"),
        host=Route(hosts=("a.example.com",)),
        host_api=Route(hosts=("a.example.com",), paths=("/api/*",)),
    ) == ["host_api", "host", "exact", "version", "api", "everything"]


def test_a_service_keeps_its_priority_when_others_come_and_go():
    api, web = paths("/api/*"), paths("/*")
    assert priorities({"api": api})["api"] == priorities({"web": web, "api": api})["api"]


def test_a_hundred_services_each_have_a_priority_of_their_own():
    found = priorities({f"service-{n}": paths(f"/service-{n}") for n in range(100)})
    assert len(set(found.values())) == 100


def test_a_place_that_is_given_to_another_is_not_taken():
    own = priorities({"api": paths("/api/*")})["api"]
    found = priorities({"api": paths("/api/*"), "first": paths("/first", priority=own)})
    assert found == {"first": own, "api": own + 1}


KNOWN = {
    ("/*",): 49_581,
    ("/api/*",): 44_631,
    ("/api/v1/*",): 39_644,
    ("/healthz",): 42_263,
}
"""Places that services have had since the first release."""


@pytest.mark.parametrize("values", KNOWN)
def test_priorities_stay_as_they_were(values):
    assert priorities({"web": paths(*values)}) == {"web": KNOWN[values]}


def test_a_rule_that_divides_is_asked_before_the_one_that_it_takes_the_place_of():
    routes = {"web": paths("/*"), "api": paths("/api/*"), "other": paths("/other/*")}
    before, after = priorities(routes), priorities(routes, ["web", "api"])
    assert after == {"web": before["web"] - 1, "api": before["api"] - 1, "other": before["other"]}


def test_no_rule_moves_when_another_service_s_requests_begin_to_move():
    """Where a neighbour has the place before, it is left there, and the next one is taken."""
    own = priorities({"web": paths("/web/*")})["web"]
    neighbour = paths("/near/*", priority=own - 1)
    assert priorities({"web": paths("/web/*"), "near": neighbour}, ["web"]) == {"web": own - 2, "near": own - 1}


def test_a_given_priority_is_used_whatever_the_rule_does():
    assert priorities({"web": paths("/*", priority=9)}, ["web"]) == {"web": 9}


def test_the_first_place_of_a_band_is_left_for_a_rule_that_divides(monkeypatch):
    monkeypatch.setattr(routing, "_BAND", 2)  # so that every other rule's own would be the first
    for path in "abcdefgh":
        route = {"web": paths(f"/{path}")}
        assert priorities(route, ["web"])["web"] == priorities(route)["web"] - 1


def test_a_band_without_a_place_before_is_told(monkeypatch):
    monkeypatch.setattr(routing, "_BAND", 1)
    with pytest.raises(ValueError, match="service 'web': no priority below .* is free for its rule: give it one"):
        priorities({"web": paths("/*")}, ["web"])


@given(st.lists(PATHS, min_size=1, max_size=2, unique=True))
def test_before_every_place_is_one_of_the_same_band(values):
    one, other = priorities({"web": paths(*values)})["web"], priorities({"web": paths(*values)}, ["web"])["web"]
    assert other == one - 1
    assert (other - 1) // routing._BAND == (one - 1) // routing._BAND


@given(st.lists(PATHS, min_size=1, max_size=3, unique=True), st.booleans())
def test_every_priority_is_one_that_a_listener_takes(values, with_host):
    hosts = ("a.example.com",) if with_host else ()
    found = priorities({"web": Route(paths=tuple(values), hosts=hosts)})
    assert 1 <= found["web"] <= MAX_PRIORITY


@given(st.lists(PATHS, min_size=1, max_size=2, unique=True), HEADERS, METHODS)
def test_a_header_or_a_method_is_asked_before_the_same_path_without(values, headers, methods):
    assume(headers or methods)
    try:
        narrowed = Route(paths=tuple(values), headers=headers, methods=methods)
    except ValueError:
        assume(False)
    assert order(all=Route(paths=tuple(values)), some=narrowed) == ["some", "all"]
    assert 1 <= priorities({"some": narrowed})["some"] <= MAX_PRIORITY


@given(HEADERS, METHODS, HEADERS, METHODS)
def test_rules_of_one_path_either_never_meet_or_are_refused(headers, methods, others, other_methods):
    """Against every request that a small alphabet can make."""
    one, other = (
        {"headers": headers, "methods": methods},
        {"headers": others, "methods": other_methods},
    )
    assume(bool(headers or methods) == bool(others or other_methods))
    try:
        routes = {name: Route(paths=("/a",), **given) for name, given in (("one", one), ("other", other))}
    except ValueError:
        assume(False)
    requests = ((method, a, b) for method in ("GET", "HEAD", "POST") for a in VALUES for b in VALUES)
    meet = any(all(matched(route, *request) for route in routes.values()) for request in requests)
    if meet:
        with pytest.raises(ValueError, match="services 'one' and 'other'"):
            priorities(routes)
    else:
        assert len(set(priorities(routes).values())) == 2


VALUES = ["".join(text) for size in range(5) for text in itertools.product("ab", repeat=size)]


def matched(route, method, a, b):
    """What the rule does with a request, worked out anew."""
    sent = {"x-a": a, "x-b": b}
    return (not route.methods or method in route.methods) and all(
        any(fnmatch.fnmatchcase(sent[name.lower()], value.lower()) for value in values)
        for name, values in route.headers.items()
    )


def test_a_rule_without_header_or_method_has_its_place_in_the_second_half_of_its_band():
    """A change of this moves the rules of every stack that is deployed."""
    assert priorities({"web": paths("/*"), "api": paths("/api/*")}) == {"web": 49581, "api": 44631}


def test_a_given_priority_wins():
    assert order(first=paths("/*", priority=1), second=paths("/a")) == ["first", "second"]


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (
            {"a": paths("/x", "/y"), "b": paths("/y", "/x")},
            "services 'a' and 'b' have the same rule: give one another path, host, header or method",
        ),
        (
            {"a": paths("/x", priority=1), "b": paths("/x", priority=2)},
            "services 'a' and 'b' have the same rule: give one another path, host, header or method",
        ),
        (
            {"a": paths("/a*"), "b": paths("/*b")},
            "services 'a' and 'b' match some of the same requests: change a path, a host, a header or a method, or "
            "give the one that is to be asked first a lower priority than the other",
        ),
        (
            {"a": Route(hosts=("*.example.com",)), "b": Route(hosts=("a.*",))},
            "services 'a' and 'b' match some of the same requests",
        ),
        (
            {"a": paths("/x", headers={"X-A": ("V", "w")}), "b": paths("/x", headers={"x-a": ("W", "v")})},
            "services 'a' and 'b' have the same rule",
        ),
        (
            {"a": paths("/x", headers={"X-A": ("v*",)}), "b": paths("/x", headers={"x-a": ("*W",)})},
            "services 'a' and 'b' match some of the same requests",
        ),
        (
            {"a": paths("/x", headers={"X-A": ("v",)}), "b": paths("/x", headers={"X-B": ("v",)})},
            "services 'a' and 'b' match some of the same requests",
        ),
        (
            {"a": paths("/x", headers={"X-A": ("v",)}), "b": paths("/x", methods=("GET",))},
            "services 'a' and 'b' match some of the same requests",
        ),
        (
            {"a": paths("/x", methods=("GET",)), "b": paths("/x", methods=("HEAD", "GET"))},
            "services 'a' and 'b' match some of the same requests",
        ),
        (
            {"a": paths("/a", priority=7), "b": paths("/b", priority=7)},
            "services 'a' and 'b' both have priority 7: give one another, such as priority: 50000",
        ),
        (
            {"a": paths("/a", priority=50000), "b": paths("/b", priority=50000)},
            "such as priority: 49999",
        ),
    ],
)
def test_services_that_a_listener_could_not_tell_apart(routes, message):
    with pytest.raises(ValueError, match=message.replace("*", r"\*")):
        priorities(routes)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (paths("/a*"), paths("/b*")),
        (paths("/?"), paths("/ab")),
        (paths("/*a"), paths("/*b")),
        (Route(hosts=("a.example.com",), paths=("/x*",)), Route(hosts=("b.example.com",), paths=("/x*",))),
        (paths("/a*", priority=3), paths("/*a")),
        (paths("/a", methods=("GET",)), paths("/a", methods=("POST",))),
        (paths("/a", headers={"X-Version": ("beta",)}), paths("/a", headers={"x-version": ("stable", "2*")})),
        (paths("/a", headers={"X-Version": ("beta",)}), paths("/a")),
        (paths("/a", methods=("GET",)), paths("/a")),
        (paths("/a", headers={"X-Version": ("*",)}, priority=9), paths("/a", headers={"X-Version": ("beta",)})),
    ],
)
def test_services_that_a_listener_tells_apart(one, other):
    assert len(set(priorities({"a": one, "b": other}).values())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r'a route needs a path, a host, a header or a method: for every request, paths: \["/\*"\]'),
        (
            {"paths": tuple(f"/{n}" for n in range(6))},
            "a route takes 5 paths, hosts, header values and methods at most, got 6",
        ),
        (
            {"paths": ("/a", "/b"), "hosts": ("a.b",), "headers": {"X": ("a", "b")}, "methods": ("GET",)},
            "header values and methods at most, got 6",
        ),
        ({"paths": ("/*/*", "/?/?", "/*/*/?")}, "a route takes 6 wildcards at most, got 7"),
        ({"methods": ("get",)}, "method 'get' must match"),
        ({"methods": ("G" * 41,)}, "method 'G+' must match"),
        ({"headers": {"X_Version": ("1",)}}, "header 'X_Version' must match"),
        ({"headers": {"X" * 41: ("1",)}}, "header 'X+' must match"),
        ({"headers": {"X-*": ("1",)}}, r"header 'X-\*' must match"),
        ({"headers": {"host": ("a.b",)}}, "header 'Host' is no condition: use hosts"),
        ({"headers": {"X-A": ()}}, r"""header 'X-A' needs a value: for any, \["\*"\]"""),
        ({"headers": {"X-A": ("",)}}, "header 'X-A': value '' must match"),
        ({"headers": {"X-A": ("é",)}}, "header 'X-A': value 'é' must match"),
        ({"headers": {"X-A": ("v" * 129,)}}, "has 129 characters, at most 128 are allowed"),
        ({"headers": {"X-A": ("1",), "x-a": ("2",)}}, "headers 'X-A' and 'x-a' are one, as names are not case-sens"),
        ({"paths": ("api",)}, "path 'api' must match"),
        ({"paths": ("/a b",)}, "path '/a b' must match"),
        ({"paths": ("/" + "a" * 128,)}, "has 129 characters, at most 128 are allowed"),
        ({"hosts": ("A.example.com",)}, "host 'A.example.com' must match"),
        ({"hosts": ("",)}, "host '' must match"),
        ({"paths": ("/",), "priority": 0}, "priority must be from 1 to 50000, got 0"),
    ],
)
def test_what_a_listener_refuses(arguments, message):
    with pytest.raises(ValueError, match=message):
        Route(**arguments)


@pytest.mark.parametrize(
    ("route", "url"),
    [
        (paths("/*"), "http://lb/"),
        (paths("/api/*"), "http://lb/api/"),
        (paths("/v?/x"), "http://lb/v"),
        (Route(hosts=("a.example.com",)), "http://a.example.com/"),
        (Route(hosts=("*.example.com", "b.example.com"), paths=("/b",)), "http://b.example.com/b"),
        (Route(hosts=("*.example.com",)), "http://lb/"),
    ],
)
def test_where_a_browser_begins(deploy, route, url):
    assert deploy.known(deploy(lambda: route.url(pulumi.Output.from_input("http://lb")))) == url
