import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components import Route
from components.routing import MAX_PRIORITY, priorities

PATHS = st.lists(st.sampled_from("abc*"), max_size=4).map(lambda parts: "/" + "/".join(parts))


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


@given(st.lists(PATHS, min_size=1, max_size=3, unique=True), st.booleans())
def test_every_priority_is_one_that_a_listener_takes(values, with_host):
    hosts = ("a.example.com",) if with_host else ()
    found = priorities({"web": Route(paths=tuple(values), hosts=hosts)})
    assert 1 <= found["web"] <= MAX_PRIORITY


def test_a_given_priority_wins():
    assert order(first=paths("/*", priority=1), second=paths("/a")) == ["first", "second"]


@pytest.mark.parametrize(
    ("routes", "message"),
    [
        (
            {"a": paths("/x", "/y"), "b": paths("/y", "/x")},
            "services 'a' and 'b' have the same rule: give one another path or host",
        ),
        (
            {"a": paths("/x", priority=1), "b": paths("/x", priority=2)},
            "services 'a' and 'b' have the same rule: give one another path or host",
        ),
        (
            {"a": paths("/a*"), "b": paths("/*b")},
            "services 'a' and 'b' match some of the same requests: change a path or a host, or give the one that is to "
            "be asked first a lower priority than the other",
        ),
        (
            {"a": Route(hosts=("*.example.com",)), "b": Route(hosts=("a.*",))},
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
    ],
)
def test_services_that_a_listener_tells_apart(one, other):
    assert len(set(priorities({"a": one, "b": other}).values())) == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, r'a route needs a path or a host: for every request, paths: \["/\*"\]'),
        ({"paths": tuple(f"/{n}" for n in range(6))}, "a route takes 5 paths and hosts at most, got 6"),
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
