"""Images that were built before, by the file that FARGATE_IMAGES names."""

import json
import runpy

import pulumi
import pytest
import yaml
from pulumi.runtime import config as runtime

import settings
from components import image_copy
from configuration.delivered import fitting, image_problems, not_built, read_images, with_images
from configuration.image import ImageSettings

DIGEST = f"sha256:{'7' * 64}"
WEB = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/fargate-builds@{DIGEST}"
NIGHT = f"123456789012.dkr.ecr.eu-west-1.amazonaws.com/fargate-builds@sha256:{'8' * 64}"
BUILT = {"build": "./app"}
CONFIG = {"aws:region": "eu-west-1", "fargate:environment": "dev", "fargate:services": {"web": BUILT}}


@pytest.fixture
def parse(app, flat, tmp_path):
    """Settings of dev with a file of images; one, or the file's text."""

    def parse(images, **more):
        file = tmp_path / "images.json"
        file.write_text(images if isinstance(images, str) else json.dumps(images))
        config = CONFIG | {f"fargate:{key}": value for key, value in more.items()}
        return settings.parse(flat(config), "dev", images=str(file))

    return parse


@pytest.fixture
def problems(parse):
    def problems(images, **more):
        with pytest.raises(settings.ConfigError) as error:
            parse(images, **more)
        return [line.strip() for line in str(error.value).splitlines()[1:]]

    return problems


def test_services_and_jobs_take_over_what_they_would_build(parse):
    jobs = {"night": {"schedule": "rate(1 day)", **BUILT}, "again": {"schedule": "rate(1 day)", "service": "web"}}
    found = parse({"web": WEB, "night": NIGHT}, jobs=jobs)
    assert found.services["web"].build is None
    assert found.services["web"].image == ImageSettings(promote=WEB)
    assert found.jobs["night"].image == ImageSettings(promote=NIGHT)
    assert found.jobs["again"].service == "web"


def test_another_image_takes_the_place_of_a_promoted_one(parse):
    promoted = {"image": {"promote": NIGHT}, "cpu": 512, "memory": 1024}
    web = parse({"web": WEB}, services={"web": promoted}).services["web"]
    assert (web.image, web.cpu) == (ImageSettings(promote=WEB), 512)


@pytest.mark.parametrize(
    "said",
    [
        {"build": {"context": "./app", "pull_accounts": ["210987654321"]}},
        {"image": {"promote": NIGHT, "pull_accounts": ["210987654321"]}},
    ],
)
def test_who_may_pull_may_still(parse, said):
    image = parse({"web": WEB}, services={"web": said}).services["web"].image
    assert image == ImageSettings(promote=WEB, pull_accounts=("210987654321",))
    args = image.promoted(force_delete=True, kms_key_arn="arn:key")
    assert (args.source, args.pull_accounts, args.force_delete) == (WEB, ("210987654321",), True)


def test_what_is_named_by_address_stays(parse):
    services = {"web": BUILT, "proxy": {"image": "public.ecr.aws/nginx/nginx:1.29", "paths": ["/p"]}}
    found = parse({"web": WEB}, services=services)
    assert found.services["proxy"].image == ImageSettings(uri="public.ecr.aws/nginx/nginx:1.29")


def test_a_stack_that_builds_nothing_needs_no_image(parse):
    assert parse({}, services={"web": {"image": "nginx:1.29"}}).services["web"].build is None


def test_what_is_built_from_is_not_looked_for(parse):
    assert parse({"web": WEB}, services={"web": {"build": "./not-here"}}).services["web"].build is None


@pytest.mark.parametrize(
    ("images", "more", "told"),
    [
        ({}, {}, "web is missing, and would be built anew: make build names every image of a stack"),
        ({"web": WEB, "wbe": WEB}, {}, "wbe: the stack has no such service or job: did you mean 'web'?"),
        (
            {"web": WEB},
            {"services": {"web": {"image": "nginx:1.29"}}},
            "web: the stack file neither builds nor promotes its image: leave it out",
        ),
        (
            {"web": "nginx:1.29"},
            {},
            "web: must name an image of an ECR repository by its digest, such as "
            "123456789012.dkr.ecr.eu-west-1.amazonaws.com/app@sha256:…, got 'nginx:1.29'",
        ),
    ],
)
def test_what_does_not_fit_is_refused(problems, images, more, told):
    assert f"FARGATE_IMAGES: {told}" in problems(images, **more)


def test_a_wrong_address_is_told_once(problems):
    (told,) = problems({"web": "nginx:1.29"})
    assert told.startswith("FARGATE_IMAGES: web: must name an image of an ECR repository by its digest")


def test_what_the_file_says_wrong_is_told_with_images_too(problems):
    (told,) = problems({"web": WEB}, services={"web": {**BUILT, "image": "nginx:1.29"}})
    assert told.startswith("fargate:services.web: a service needs either build")


def test_every_problem_is_told_at_once(problems):
    found = problems({"x": "nginx"}, budget=-1)
    assert [one.partition(":")[0] + ":" + one.split(":")[1] for one in found] == [
        "FARGATE_IMAGES: x",
        "FARGATE_IMAGES: x",
        "FARGATE_IMAGES: web is missing, and would be built anew",
        "fargate:budget",
    ]


def test_what_is_wrong_with_an_address_is_told_once(problems):
    (found,) = problems({"web": "x"})
    assert found.startswith("FARGATE_IMAGES: web: must name an image of an ECR repository by its digest")


def test_a_service_that_builds_and_names_an_image_is_refused_as_without_images(problems):
    both = {"web": BUILT | {"image": "nginx:1.29"}}
    (found,) = problems({"web": WEB}, services=both)
    assert found.startswith("fargate:services.web"), found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("no JSON", "images.json is no JSON such as {"),
        ("[" * 100_000, "images.json is no JSON such as {"),
        ("[]", "images.json must name each image by its address, such as {"),
        ('{"web": 1}', "images.json must name each image by its address, such as {"),
    ],
)
def test_a_file_that_is_none_says_how_one_looks(problems, text, told):
    (found,) = problems(text)
    assert told in found
    assert found.endswith('fargate-builds@sha256:…"}. make build writes such a file')


def test_a_file_that_is_not_there_says_who_makes_it(tmp_path):
    with pytest.raises(ValueError, match="images.json cannot be read: No such file or directory. make build writes"):
        read_images(str(tmp_path / "images.json"))


def test_values_that_are_no_mappings_are_left_to_the_models():
    values = {"services": 5, "jobs": {"night": 3}}
    assert with_images(values, {"night": NIGHT}) == values
    assert list(image_problems(values, {})) == []


def test_what_fits_and_what_is_missing():
    values = {"services": {"web": BUILT, "api": BUILT, "proxy": {"image": "nginx:1"}}}
    assert fitting(values, {"web": WEB, "proxy": NIGHT, "gone": NIGHT}) == {"web": WEB}
    assert not_built(values, {"web": WEB}) == ["api"]


@pytest.fixture
def run(deploy, at_root, flat, monkeypatch):
    """The program of dev; what it puts out."""
    exports = {}
    monkeypatch.setattr(pulumi, "export", exports.__setitem__)
    monkeypatch.setattr(image_copy, "copy_image", lambda *_: None)

    def run(**more):
        config = yaml.safe_load((at_root / "Pulumi.dev.yaml").read_text())["config"]

        def program():
            runtime.set_all_config(flat(config | {f"fargate:{key}": one for key, one in more.items()}), [])
            runpy.run_path("__main__.py")

        exports.clear()
        deploy(program, stack="dev")
        return exports

    return run


def test_the_program_copies_them_and_puts_out_where_they_came_from(run, cloud, tmp_path, monkeypatch):
    (tmp_path / "images.json").write_text(json.dumps({"web": WEB, "night": NIGHT}))
    monkeypatch.setenv("FARGATE_IMAGES", str(tmp_path / "images.json"))
    found = run(jobs={"night": {"schedule": "rate(1 day)", **BUILT}})
    assert found["images"] == {"web": WEB, "night": NIGHT}
    assert not cloud.all("docker:index/image:Image")
    assert [one.name for one in cloud.all("aws:ecr/repository:Repository")] == ["night", "web"]


@pytest.mark.parametrize("value", [None, ""])
def test_without_them_it_builds_and_puts_out_nothing_more(run, cloud, monkeypatch, value):
    monkeypatch.setenv("FARGATE_IMAGES", value) if value is not None else monkeypatch.delenv(
        "FARGATE_IMAGES", raising=False
    )
    assert "images" not in run()
    assert [one.name for one in cloud.all("docker:index/image:Image")] == ["web"]


def test_a_job_tells_its_own_image(run, deploy, cloud):
    jobs = {"night": {"schedule": "rate(1 day)", **BUILT}, "again": {"schedule": "rate(1 day)", "service": "web"}}
    found = run(jobs=jobs)["jobs"]
    assert deploy.known(found["night"])["image"] == cloud.uri("night")
    assert deploy.known(found["again"])["image"] is None
