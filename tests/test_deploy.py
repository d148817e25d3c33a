"""What the manifests in deploy/ name is there: routes, metrics, settings, and what the image has.

No cluster is asked. `kubernetes-validate --strict` checks them by the schemas of Kubernetes.
"""

import re
from pathlib import Path
from typing import Any

import pytest
import styler_server.app
from styler_server.metrics import Metrics
from styler_server.settings import Settings, check_environment

from styler.jobs import size_of

yaml = pytest.importorskip("yaml")

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "deploy" / "kubernetes"


def read(name: str) -> dict[str, Any]:
    (document,) = yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text("utf-8"))
    return dict(document)


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    return dict(read("deployment")["spec"]["template"]["spec"])


@pytest.fixture(scope="module")
def container(pod: dict[str, Any]) -> dict[str, Any]:
    (container,) = pod["containers"]
    return dict(container)


@pytest.fixture
def settings(container: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> Settings:
    """What the server makes of the environment that it is given."""
    for variable in container["env"]:
        monkeypatch.setenv(variable["name"], variable["value"])
    check_environment()
    return Settings()


def image(instruction: str) -> str:
    """What the Dockerfile says last."""
    text = (ROOT / "Dockerfile").read_text("utf-8")
    return re.findall(rf"^{instruction} (.*)$", text, re.MULTILINE)[-1]


def test_all_manifests_are_applied() -> None:
    files = {path.name for path in FOLDER.glob("*.yaml")} - {"kustomization.yaml"}
    assert set(read("kustomization")["resources"]) == files


def test_all_are_about_the_same_pods() -> None:
    deployment, service = read("deployment"), read("service")
    labels = deployment["spec"]["template"]["metadata"]["labels"]
    assert labels == deployment["spec"]["selector"]["matchLabels"] == service["spec"]["selector"]
    assert labels == read("disruption")["spec"]["selector"]["matchLabels"]
    scaled = read("autoscaling")["spec"]["scaleTargetRef"]
    assert (scaled["kind"], scaled["name"]) == ("Deployment", deployment["metadata"]["name"])
    assert "replicas" not in deployment["spec"]  # or each `apply` would undo the scaling


def test_probes_ask_routes_that_there_are(container: dict[str, Any]) -> None:
    paths = styler_server.app.create_app().openapi()["paths"]
    (port,) = container["ports"]
    for kind in ("startup", "readiness", "liveness"):
        asked = container[f"{kind}Probe"]["httpGet"]
        assert "get" in paths[asked["path"]], kind
        assert asked["port"] == port["name"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/livez"  # BUSY is no reason to die
    scraped = read("deployment")["spec"]["template"]["metadata"]["annotations"]
    assert "get" in paths[scraped["prometheus.io/path"]]
    assert scraped["prometheus.io/port"] == str(port["containerPort"]) == image("EXPOSE")
    assert read("service")["spec"]["ports"][0]["targetPort"] == port["name"]


def test_it_scales_by_a_metric_that_there_is(settings: Settings) -> None:
    (metric,) = (m["pods"] for m in read("autoscaling")["spec"]["metrics"])
    name = metric["metric"]["name"]
    assert re.search(rf"^{name} 7\.0$", Metrics(lambda: 7).text().decode(), re.MULTILINE)
    assert float(metric["target"]["averageValue"]) < 1 + settings.queue  # before any is refused
    adapter = yaml.safe_load((ROOT / "deploy" / "prometheus-adapter.yaml").read_text("utf-8"))
    (rule,) = adapter["rules"]["custom"]
    assert rule["name"]["matches"] == name and rule["seriesQuery"].startswith(f"{name}{{")


def test_settings_are_known_and_fit_the_limits(
    settings: Settings, pod: dict[str, Any], container: dict[str, Any]
) -> None:
    limits, requests = (container["resources"][kind] for kind in ("limits", "requests"))
    assert settings.memory is not None
    assert settings.memory < 0.8 * size_of(f"{limits['memory']}B")
    assert settings.threads == int(limits["cpu"]) == int(requests["cpu"])
    before = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert before + settings.grace_seconds < pod["terminationGracePeriodSeconds"]


def test_nothing_but_temporary_files_is_written(
    pod: dict[str, Any], container: dict[str, Any]
) -> None:
    inside = container["securityContext"]
    assert inside["readOnlyRootFilesystem"] and not inside["allowPrivilegeEscalation"]
    assert inside["capabilities"] == {"drop": ["ALL"]}
    assert f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}" == (
        image("USER")
    )
    (mount,), (volume,) = container["volumeMounts"], pod["volumes"]
    assert (mount["name"], mount["mountPath"]) == (volume["name"], "/tmp")
    assert not pod["automountServiceAccountToken"] and not pod["enableServiceLinks"]
