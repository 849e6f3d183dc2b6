"""What any Compose file may say: accepted, and told where it comes out otherwise."""

from pathlib import Path

import pytest

from moorage.catalog import safety
from moorage.kit.errors import Invalid
from tests.catalog.judged import errors, judged, warnings
from tests.catalog.test_judge_refuses import SOCKET, web, with_store

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "text",
    [
        web(""),
        "version: '2'\n" + web("mem_limit: 64m\ncpus: 0.5"),
        web("cap_drop: [ALL]\ncap_add: [CHOWN, SETUID, setgid, CAP_NET_BIND_SERVICE]"),
        web("security_opt: ['no-new-privileges:true']\nread_only: true\ntmpfs: /tmp"),
        web("sysctls: [net.core.somaxconn=1024]\nulimits: {nofile: 65536}"),
        web("network_mode: none\nipc: private\npid: ''"),
        web("privileged: false\nuser: root\ninit: true"),
        web("volumes: ['data:/data', /anonymous]") + "volumes: {data: }",
        web("volumes: [{type: tmpfs, target: /x}]"),
        web("volumes: [{type: tmpfs, target: '${WHERE:?}'}, {type: tmpfs, target: '/x/${Y}'}]"),
        web("volumes: ['data:${WHERE}', 'data:/x/${Y:?}']") + "volumes: {data: }",
        with_store("volumes", "{driver: local}"),
        with_store("volumes", "{driver_opts: {type: tmpfs, device: tmpfs, o: 'size=1m,uid=1'}}"),
        with_store("networks", "{driver: bridge, internal: true}"),
        with_store("configs", "{content: hello}"),
        with_store("secrets", "{environment: PASSWORD}"),
        web("links: ['db:database']") + "  db: {image: redis}\n",
        web("network_mode: service:db") + "  db: {image: redis}\n",
        web("healthcheck: {test: 'curl -f http://127.0.0.1 || exit 1', interval: 5s}"),
        web("command: [sh, -c, 'echo $$HOME']"),
        web("logging: {driver: json-file, options: {max-size: 1m}}"),
    ],
)
async def test_what_needs_nothing_of_the_server_is_accepted_as_it_is(
    tmp_path: Path, text: str
) -> None:
    verdict = await judged(tmp_path, text)

    assert verdict.is_accepted, verdict.findings
    assert warnings(verdict) == [("x-moorage.main", "guessed")]


@pytest.mark.parametrize(
    "image",
    [
        *("nginx", "nginx:1.27-alpine", "a__b/c-d.e_f---g", "LOCALHOST/a", "a.b-c.d:5000/e/f:G_1"),
        *(
            "[::1]:5000/a",
            f"a@sha256:{'0' * 64}",
            f"a:1@sha256:{'f' * 64}",
            f"127.0.0.1/{'a/' * 99}b",
        ),
        *("${A:?}/${B:?}:${C:?}", "a@sha256:${A:?}", "a@${A:?}", "a:1.${A:?}", "${A:?}a-${B:?}"),
    ],
)
async def test_what_may_name_an_image_is_accepted(tmp_path: Path, image: str) -> None:
    verdict = await judged(tmp_path, f"services: {{web: {{image: '{image}'}}}}")

    assert errors(verdict) == []


@pytest.mark.parametrize(
    ("text", "where", "rule"),
    [
        (web("container_name: web"), "services.web.container_name", "container-name"),
        (web("ports: ['80:80']"), "services.web.ports", "ports"),
        (web("build: ."), "services.web.build", "build"),
        (web("network_mode: bridge"), "services.web.network_mode", "network-mode"),
        (web("volumes: ['./data:/data']"), "services.web.volumes[0]", "bind-in-project"),
        (web("volumes: ['./gone.conf:/x:ro']"), "services.web.volumes[0]", "missing-file"),
        (
            with_store("volumes", "{driver_opts: {type: none, o: bind, device: '${PWD}/gone'}}"),
            "volumes.x.driver_opts",
            "missing-file",
        ),
        (web("volumes: ['${PWD}/data:/data']"), "services.web.volumes[0]", "bind-in-project"),
        (web("volumes: ['${WHERE}:/data']"), "services.web.volumes[0]", "bind-in-project"),
        (
            web("volumes: ['/etc/localtime:/etc/localtime:ro']"),
            "services.web.volumes[0]",
            "bind-mount",
        ),
        (
            with_store("volumes", "{driver_opts: {type: none, o: bind, device: '${PWD}/data'}}"),
            "volumes.x.driver_opts",
            "bind-in-project",
        ),
        (with_store("volumes", "{name: others}"), "volumes.x.name", "name"),
        (with_store("networks", "{name: others}"), "networks.x", "network"),
        (web("extra_hosts: ['h:host-gateway']"), "services.web.extra_hosts[0]", "extra-hosts"),
        (web("logging: {driver: syslog}"), "services.web.logging", "logging"),
        (web("group_add: [docker]"), "services.web.group_add", "group-add"),
        (web("tty: true"), "services.web.tty", "tty"),
        (web("deploy: {replicas: 2}"), "services.web.deploy.replicas", "replicas"),
        (web("scale: 3"), "services.web.scale", "replicas"),
        (web("deploy: {mode: global}"), "services.web.deploy", "deploy"),
        (web("env_file: .env.production"), "services.web.env_file[0]", "missing-file"),
    ],
)
async def test_what_is_replaced_or_left_out_is_accepted_with_a_warning(
    tmp_path: Path, text: str, where: str, rule: str
) -> None:
    verdict = await judged(tmp_path, text)

    assert verdict.is_accepted, verdict.findings
    assert (where, rule) in warnings(verdict)


@pytest.mark.parametrize("kind", ["configs", "secrets"])
async def test_a_file_that_no_service_uses_may_be_missing(tmp_path: Path, kind: str) -> None:
    text = f"{web('')}{kind}:\n  x: {{file: ./gone}}\n"

    assert errors(await judged(tmp_path, text)) == []


async def test_a_rule_that_an_admin_allows_only_warns(tmp_path: Path) -> None:
    text = web(f"privileged: true\nvolumes: ['{SOCKET}']")

    verdict = await judged(tmp_path, text, allow=["docker-socket"])

    assert errors(verdict) == [("services.web.privileged", "privileged")]
    assert ("services.web.volumes[0]", "docker-socket") in warnings(verdict)


@pytest.mark.parametrize("rule", ["compose", "outside-project", "nope"])
async def test_what_is_no_rule_of_safety_cannot_be_allowed_and_those_that_are_get_named(
    tmp_path: Path, rule: str
) -> None:
    with pytest.raises(Invalid, match=f"{rule} cannot be allowed; what can: .*cap-add, cgroup"):
        await judged(tmp_path, web(""), allow=[rule])


def test_an_order_whose_answers_endanger_the_server_is_refused(tmp_path: Path) -> None:
    mount = {"type": "bind", "source": "/etc", "target": "/x"}
    model = {"name": "shop", "services": {"web": {"image": "a", "volumes": [mount]}}}

    with pytest.raises(Invalid, match="/etc is on the server") as refusal:
        safety.check(model, tmp_path, allowed=["privileged"])

    assert refusal.value.fields.keys() == {"services.web.volumes[0]"}
    safety.check(model, tmp_path, allowed=["bind-mount"])
    with pytest.raises(Invalid, match="'a:b c' is no name of an image"):
        safety.check({"services": {"web": {"image": "a:b c"}}}, tmp_path, allowed=[])


async def test_an_app_that_comes_to_its_owners_databases_is_pointed_out(tmp_path: Path) -> None:
    file = "services: {web: {image: nginx}}\nx-moorage: {reaches_databases: true}\n"

    verdict = await judged(tmp_path, file)

    assert verdict.is_accepted
    assert ("x-moorage.reaches_databases", "x-moorage") in warnings(verdict)
