"""What endangers a server is refused, however it is written, and its place is named."""

from pathlib import Path

import pytest

from moorage.catalog import safety
from tests.catalog.judged import errors, judged

pytestmark = pytest.mark.anyio

SOCKET = "/var/run/docker.sock:/var/run/docker.sock"


def web(lines: str) -> str:
    """Return a file with one service and some lines of its own."""
    indented = "".join(f"    {line}\n" for line in lines.splitlines())
    return f"services:\n  web:\n    image: nginx\n{indented}"


def with_store(kind: str, store: str) -> str:
    """Return a file whose service uses a volume, network, config or secret."""
    use = "[{type: volume, source: x, target: /x}]" if kind == "volumes" else "[x]"
    return f"{web(f'{kind}: {use}')}{kind}:\n  x: {store}\n"


@pytest.mark.parametrize(
    ("lines", "where", "rule"),
    [
        ("privileged: true", "privileged", "privileged"),
        ("privileged: 'yes'", "privileged", "privileged"),
        ("privileged: ${X:-true}", "privileged", "privileged"),
        ("privileged: ${X}", "privileged", "privileged"),
        ("privileged: true\ndeploy: {replicas: 0}", "privileged", "privileged"),
        ("post_start: [{command: x, privileged: true}]", "post_start[0].privileged", "privileged"),
        ("pre_stop: [{command: x, privileged: true}]", "pre_stop[0].privileged", "privileged"),
        ("network_mode: host", "network_mode", "network-mode"),
        ("network_mode: ${X-host}", "network_mode", "network-mode"),
        ("network_mode: container:moorage", "network_mode", "network-mode"),
        ("pid: host", "pid", "pid"),
        ("pid: 'container:other'", "pid", "pid"),
        ("ipc: host", "ipc", "ipc"),
        ("uts: host", "uts", "uts"),
        ("userns_mode: host", "userns_mode", "userns-mode"),
        ("cgroup: host", "cgroup", "cgroup"),
        ("cgroup_parent: /", "cgroup_parent", "cgroup-parent"),
        ("runtime: sysbox", "runtime", "runtime"),
        ("isolation: process", "isolation", "isolation"),
        ("cap_add: [SYS_ADMIN]", "cap_add[0]", "cap-add"),
        ("cap_add: [chown, all]", "cap_add[1]", "cap-add"),
        ("cap_add: [CAP_NET_ADMIN]", "cap_add[0]", "cap-add"),
        ("devices: ['/dev/sda:/dev/sda']", "devices", "devices"),
        ("device_cgroup_rules: ['a *:* rwm']", "device_cgroup_rules", "device-cgroup-rules"),
        ("security_opt: [seccomp=unconfined]", "security_opt[0]", "security-opt"),
        ("security_opt: ['apparmor:unconfined']", "security_opt[0]", "security-opt"),
        ("security_opt: [label=disable]", "security_opt[0]", "security-opt"),
        ("security_opt: [systempaths=unconfined]", "security_opt[0]", "security-opt"),
        ("security_opt: ['no-new-privileges:false']", "security_opt[0]", "security-opt"),
        ("security_opt: [seccomp=./mine.json]", "security_opt[0]", "security-opt"),
        ("sysctls: {kernel.core_pattern: x}", "sysctls.kernel.core_pattern", "sysctls"),
        ("oom_kill_disable: true", "oom_kill_disable", "oom-kill-disable"),
        ("oom_score_adj: -999", "oom_score_adj", "oom-score-adj"),
        ("credential_spec: {file: x.json}", "credential_spec", "credential-spec"),
        ("external_links: [redis]", "external_links", "external-links"),
        ("volumes_from: ['container:x']", "volumes_from[0]", "volumes-from"),
        ("labels: [moorage.instance=ins_1]", "labels.moorage.instance", "labels"),
        ("use_api_socket: true", "use_api_socket", "compose"),
        ("provider: {type: x}", "provider", "compose"),
    ],
)
async def test_a_service_that_leaves_its_container_is_refused(
    tmp_path: Path, lines: str, where: str, rule: str
) -> None:
    verdict = await judged(tmp_path, web(lines))

    assert errors(verdict) == [(f"services.web.{where}", rule)]
    assert rule in {*safety.RULES, "compose"}  # an administrator may allow it


@pytest.mark.parametrize(
    ("mount", "rule"),
    [
        (SOCKET, "docker-socket"),
        ("/run/docker.sock:/x:ro", "docker-socket"),
        ("//var/run/docker.sock:/x", "docker-socket"),
        ("/var/run/../run/docker.sock:/x", "docker-socket"),
        ("${DOCKER_SOCK:-/var/run/docker.sock}:/x", "docker-socket"),
        ("${A:-${B:-/var/run}}/docker.sock:/x", "docker-socket"),
        ("${A:+/run/podman/podman.sock}:/x", "docker-socket"),
        (r"\\.\pipe\docker_engine:/x", "docker-socket"),
        ("/run/containerd/containerd.sock:/x", "docker-socket"),
        ("/var/run:/x", "bind-mount"),
        ("/:/host:ro", "bind-mount"),
        ("/etc/passwd:/x", "bind-mount"),
        ("/etc/localtime:/etc/localtime", "bind-mount"),
        ("~/data:/x", "bind-mount"),
        ("~:/x", "bind-mount"),
        ("$HOME/data:/x", "bind-mount"),
        ("../data:/x", "bind-mount"),
        ("./data/../../other:/x", "bind-mount"),
        ("${PWD}/../other:/x", "bind-mount"),
        (r"C:\Users:/x", "bind-mount"),
        ("/mnt/${NAME}:/x", "bind-mount"),
    ],
)
async def test_a_mount_of_something_outside_the_project_is_refused_in_either_form(
    tmp_path: Path, mount: str, rule: str
) -> None:
    source, _, _ = mount.removesuffix(":ro").rpartition(":")
    target = "/etc/localtime" if "localtime" in mount else "/x"
    long = f"volumes: [{{type: bind, source: '{source}', target: {target}}}]"

    for lines in (f"volumes: ['{mount}']", long):
        verdict = await judged(tmp_path, web(lines))

        assert errors(verdict) == [("services.web.volumes[0]", rule)]


@pytest.mark.parametrize(
    ("mount", "said"),
    [
        ("'d:/data'", "d:/data is no path in a container, such as /data. A volume's name"),
        ("'data:data'", "data is no path in a container, such as /data."),
        ("{type: tmpfs, target: data}", "data is no path in a container, such as /data."),
    ],
)
async def test_a_mount_at_no_path_is_refused(tmp_path: Path, mount: str, said: str) -> None:
    verdict = await judged(tmp_path, f"{web(f'volumes: [{mount}]')}volumes: {{d: , data: }}")

    assert errors(verdict) == [("services.web.volumes[0]", "mount-target")]
    assert verdict.findings[0].detail.startswith(said)


@pytest.mark.parametrize(
    ("kind", "store", "where", "rule"),
    [
        ("volumes", "{external: true}", "volumes.x.external", "external-volume"),
        ("volumes", "{driver: rexray}", "volumes.x.driver", "volume-driver"),
        (
            "volumes",
            "{driver_opts: {type: none, o: bind, device: /etc}}",
            "volumes.x.driver_opts.device",
            "bind-mount",
        ),
        (
            "volumes",
            "{driver_opts: {o: rbind, device: ./../other}}",
            "volumes.x.driver_opts.device",
            "bind-mount",
        ),
        (
            "volumes",
            "{driver_opts: {type: '${T:-none}', o: bind, device: '${D:-/run/docker.sock}'}}",
            "volumes.x.driver_opts.device",
            "docker-socket",
        ),
        (
            "volumes",
            "{driver_opts: {type: tmpfs, o: bind, device: /etc}}",
            "volumes.x.driver_opts",
            "volume-driver",
        ),
        (
            "volumes",
            "{driver_opts: {type: overlay, o: 'bind,lowerdir=/', device: ./data}}",
            "volumes.x.driver_opts",
            "volume-driver",
        ),
        (
            "volumes",
            "{driver_opts: {type: nfs, o: 'addr=192.0.2.1', device: ':/all'}}",
            "volumes.x.driver_opts",
            "volume-driver",
        ),
        ("networks", "{external: true}", "networks.x.external", "external-network"),
        ("networks", "{external: true, name: host}", "networks.x", "network-mode"),
        ("networks", "{name: bridge}", "networks.x", "network-mode"),
        ("networks", "{driver: host}", "networks.x.driver", "network-driver"),
        ("networks", "{driver: macvlan}", "networks.x.driver", "network-driver"),
        (
            "networks",
            "{driver_opts: {com.docker.network.bridge.name: docker0}}",
            "networks.x.driver_opts",
            "network-driver",
        ),
        ("configs", "{file: /etc/shadow}", "configs.x.file", "bind-mount"),
        ("configs", "{file: ../secret}", "configs.x.file", "bind-mount"),
        ("configs", "{external: true}", "configs.x.external", "external-config"),
        ("secrets", "{file: ~/.ssh/id_ed25519}", "secrets.x.file", "bind-mount"),
        ("secrets", "{file: '${F:-/var/run/docker.sock}'}", "secrets.x.file", "docker-socket"),
        ("secrets", "{external: true}", "secrets.x.external", "external-secret"),
    ],
)
async def test_a_store_of_the_server_or_of_somebody_else_is_refused_used_or_not(
    tmp_path: Path, kind: str, store: str, where: str, rule: str
) -> None:
    for text in (with_store(kind, store), f"{web('')}{kind}:\n  x: {store}\n"):
        verdict = await judged(tmp_path, text)

        assert errors(verdict) == [(where, rule)]
        assert rule in safety.RULES


@pytest.mark.parametrize(
    "files",
    [
        "x-a: &a {privileged: true}\nservices: {web: {<<: *a, image: x}}",
        "services: {web: {image: x}}\n---\nservices: {web: {privileged: true}}",
        "services: {web: {extends: b, image: x}, b: {image: x, privileged: true}}",
        {
            "compose.yaml": "services: {web: {extends: {file: sub/b.yaml, service: b}}}",
            "sub/b.yaml": "services: {b: {image: x, privileged: true}}",
        },
        {
            "compose.yaml": "include: [sub/b.yaml]\nservices: {a: {image: x}}",
            "sub/b.yaml": "services: {web: {image: x, privileged: true}}",
        },
        {
            "compose.yaml": "include: [{path: ['${A:-b}.yaml']}]\nservices: {a: {image: x}}",
            "b.yaml": "include: [c.yaml]",
            "c.yaml": "services: {web: {image: x, privileged: true}}",
        },
    ],
)
async def test_what_is_merged_into_a_service_is_judged(
    tmp_path: Path, files: str | dict[str, str]
) -> None:
    verdict = await judged(tmp_path, files)

    assert ("services.web.privileged", "privileged") in errors(verdict)


@pytest.mark.parametrize(
    "lines",
    [
        "environment: ['A=${A:-./safe}', 'B=$A']\nvolumes: ['${A:-/etc}:/x']",
        "environment: ['A=${A:-}', 'B=$A']\nvolumes: ['${A:+/etc}:/x']",
        "environment: ['A=${A:-safe}']\nvolumes: ['${A:+/etc}:/x']",
    ],
)
async def test_a_variable_that_falls_back_twice_hides_nothing(tmp_path: Path, lines: str) -> None:
    verdict = await judged(tmp_path, web(lines))

    assert errors(verdict) == [("services.web.volumes[0]", "bind-mount")]


async def test_a_variable_with_many_defaults_is_refused(tmp_path: Path) -> None:
    many = "\n".join(f"- ${{A:-{number}}}" for number in range(9))

    verdict = await judged(tmp_path, web(f"command:\n{many}\n- $A"))

    assert "more than 4 defaults" in verdict.findings[0].detail


async def test_an_error_says_what_to_do_and_nothing_of_this_machine(tmp_path: Path) -> None:
    verdict = await judged(tmp_path, web("volumes: ['../x:/x', '/etc:/y']"))

    details = [one.detail for one in verdict.findings]
    assert details[1] == "/etc is on the server; use a named volume."
    assert "moorage-" not in "".join(details)


async def test_a_file_that_only_builds_is_refused_with_what_to_do(tmp_path: Path) -> None:
    verdict = await judged(tmp_path, "services: {web: {build: .}}")

    assert errors(verdict) == [("services.web.build", "build")]
    assert "image" in verdict.findings[0].detail


@pytest.mark.parametrize(
    "image",
    [
        *(
            "NGINX",
            "NGINX::x y",
            "nginx:",
            "nginx:a b",
            "nginx:.1",
            "-nginx",
            "a//b",
            "a/-b",
            "a:b:c",
        ),
        *("example.com:x/a", "https://example.com/a", "a@sha256:1", "a@b", "é", f"a:{'1' * 129}"),
        "a-" * 100_000,
    ],
)
async def test_what_names_no_image_is_refused(tmp_path: Path, image: str) -> None:
    verdict = await judged(tmp_path, f"services: {{web: {{image: '{image}'}}}}")

    assert errors(verdict) == [("services.web.image", "image")]


async def test_a_service_that_is_never_started_is_judged_too(tmp_path: Path) -> None:
    text = web("privileged: true\nprofiles: [never]") + "  other: {image: nginx}\n"

    assert errors(await judged(tmp_path, text)) == [("services.web.privileged", "privileged")]


@pytest.mark.parametrize(
    ("lines", "where", "rule"),
    [
        ("profiles: [never]", "x-moorage.database", "profiles"),
        ("network_mode: none", "x-moorage.database", "network-mode"),
        ("network_mode: 'service:lone'", "x-moorage.database", "network-mode"),
    ],
)
async def test_a_port_of_what_is_never_started_or_has_no_network_is_refused(
    tmp_path: Path, lines: str, where: str, rule: str
) -> None:
    text = f"""{web("")}
  db: {{image: redis, {lines}}}
  lone: {{image: redis, network_mode: none}}
x-moorage: {{database: {{service: db, port: 6379}}}}
"""

    assert errors(await judged(tmp_path, text)) == [(where, rule)]


@pytest.mark.parametrize(
    ("lines", "refused"),
    [
        ("depends_on: [db]", True),
        ("network_mode: 'service:db'", True),
        ("depends_on: {db: {condition: service_started, required: false}}", False),
    ],
)
async def test_a_service_must_not_wait_for_one_that_is_never_started(
    tmp_path: Path, lines: str, refused: bool
) -> None:
    text = f"{web(lines)}  db: {{image: redis, profiles: [never]}}\n"

    wanted = [("services.web.depends_on.db", "profiles")] if refused else []
    assert errors(await judged(tmp_path, text)) == wanted


def asking(question: str) -> str:
    """Return a file that asks something."""
    return f"{web('')}x-moorage: {{questions: {{properties: {{COLOR: {question}}}}}}}\n"


@pytest.mark.parametrize(
    "question", [r"{type: string, pattern: '(a)\1'}", "{patternProperties: {'(a+)+$': {}}}"]
)
async def test_a_question_that_may_take_for_ever_to_check_is_refused(
    tmp_path: Path, question: str
) -> None:
    assert errors(await judged(tmp_path, asking(question))) == [("x-moorage", "x-moorage")]
    assert errors(await judged(tmp_path / "enum", asking("{enum: [red, blue]}"))) == []
