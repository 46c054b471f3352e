"""The manifests: valid against the schemas of Kubernetes, confined, and complete for every service."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.conftest import ROOT, run

Manifest = dict[str, Any]

CUSTOM_RESOURCES = {
    ("postgresql.cnpg.io/v1", "Cluster"),
    ("postgresql.cnpg.io/v1", "Database"),
    ("rabbitmq.com/v1beta1", "RabbitmqCluster"),
}
"""Kinds of operators, which the schemas of Kubernetes do not know."""

WORKLOADS = {"Deployment", "StatefulSet", "Job"}
PROCESSES = ("migrate", "serve", "work")


@pytest.fixture(scope="session", params=["dev", "prod"])
def overlay(request: pytest.FixtureRequest, tool: Any) -> list[Manifest]:
    return rendered(request.param, tool("kubectl"))


@pytest.fixture(scope="session")
def prod(tool: Any) -> list[Manifest]:
    return rendered("prod", tool("kubectl"))


@pytest.fixture(scope="session")
def dev(tool: Any) -> list[Manifest]:
    return rendered("dev", tool("kubectl"))


def rendered(name: str, kubectl: str) -> list[Manifest]:
    return list(yaml.safe_load_all(run(kubectl, "kustomize", ROOT / "deploy/k8s/overlays" / name)))


def of_kind(manifests: list[Manifest], *kinds: str) -> Iterator[Manifest]:
    return (manifest for manifest in manifests if manifest["kind"] in kinds)


def names(manifests: list[Manifest], kind: str) -> set[str]:
    return {manifest["metadata"]["name"] for manifest in of_kind(manifests, kind)}


def pods(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for workload in of_kind(manifests, *WORKLOADS):
        yield workload["metadata"]["name"], workload["spec"]["template"]


def of_the_suite(manifests: list[Manifest]) -> Iterator[tuple[str, Manifest]]:
    for name, pod in pods(manifests):
        if "app.kubernetes.io/part-of" in pod["metadata"]["labels"]:
            yield name, pod


def secrets_of(pod: Manifest) -> set[str]:
    return {volume["secret"]["secretName"] for volume in pod["spec"].get("volumes", []) if "secret" in volume}


def test_every_manifest_is_valid(overlay: list[Manifest]) -> None:
    for manifest in overlay:
        if (manifest["apiVersion"], manifest["kind"]) not in CUSTOM_RESOURCES:
            # strict: an unknown field is an error; a kind without a schema raises as well.
            kubernetes_validate.validate(manifest, desired_version="1.33", strict=True)


def test_every_pod_meets_the_restricted_standard(overlay: list[Manifest]) -> None:
    for name, pod in pods(overlay):
        confined = pod["spec"]["securityContext"]
        assert confined["runAsNonRoot"] is True, name
        assert confined["runAsUser"] > 0, name
        assert confined["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        for container in pod["spec"]["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }, name
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, name
            assert container["resources"]["limits"]["memory"], name


def test_every_long_running_process_is_probed(overlay: list[Manifest]) -> None:
    for name, pod in of_the_suite(overlay):
        container = pod["spec"]["containers"][0]
        if name.endswith("-migrate"):
            continue
        assert container["startupProbe"]["httpGet"]["path"] == "/livez", name
        assert container["livenessProbe"]["httpGet"]["path"] == "/livez", name
        assert container["readinessProbe"]["httpGet"]["path"] == "/readyz", name
        assert pod["spec"]["terminationGracePeriodSeconds"] > 20, name


def test_each_service_has_three_processes_with_its_own_secrets(overlay: list[Manifest], services: list[str]) -> None:
    by_name = dict(of_the_suite(overlay))
    wanted = {f"{service}-{process}": (service, process) for service in services for process in PROCESSES}
    assert set(by_name) == {"gateway", *wanted}
    for name, (service, process) in wanted.items():
        pod = by_name[name]
        # The command names the service by this label.
        assert pod["metadata"]["labels"]["app.kubernetes.io/name"] == service
        assert pod["spec"]["containers"][0]["command"][3:] == [process, "services.$(SERVICE)"]
        only_here = {"auth-first-administrator"} if name == "auth-migrate" else set()
        assert secrets_of(pod) - {"file-store"} == {f"{service}-credentials", *only_here}


def test_no_two_workloads_select_the_same_pods(overlay: list[Manifest]) -> None:
    selectors = [
        tuple(sorted(workload["spec"]["selector"]["matchLabels"].items()))
        for workload in of_kind(overlay, "Deployment", "StatefulSet")
    ]
    assert len(set(selectors)) == len(selectors)


def test_nobody_talks_to_anybody_unless_it_is_said(overlay: list[Manifest]) -> None:
    policies = {policy["metadata"]["name"]: policy["spec"] for policy in of_kind(overlay, "NetworkPolicy")}
    assert policies["default-deny"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    for name, pod in of_the_suite(overlay):
        labels = pod["metadata"]["labels"]
        assert labels["rockpool/bus"] == "client", name
        assert (labels.get("rockpool/database") == "client") == (name != "gateway"), name


def test_secrets_are_named_but_never_held(overlay: list[Manifest]) -> None:
    assert not list(of_kind(overlay, "Secret"))
    (settings,) = (item["data"] for item in of_kind(overlay, "ConfigMap") if "LOG_LEVEL" in item["data"])
    assert not {"AMQP_URL", "DATABASE_URL", "SECRET_KEY", "SUITE_KEYS", "SMTP_URL", "ADMIN_PASSWORD"} & set(settings)


def test_create_secrets_makes_all_that_the_dev_overlay_names(dev: list[Manifest], secrets: Path) -> None:
    environment = {**os.environ, "APPLY": "cat", "SECRETS": str(secrets)}
    printed = run(ROOT / "deploy/k8s/create-secrets", env=environment)
    made = {secret["metadata"]["name"]: set(secret["data"]) for secret in yaml.safe_load_all(printed) if secret}
    assert set().union(*(secrets_of(pod) for _, pod in pods(dev))) == set(made)
    for name, pod in of_the_suite(dev):
        assert settings_from_files(pod) <= set().union(*(made[secret] for secret in secrets_of(pod))), name


def settings_from_files(pod: Manifest) -> set[str]:
    """The keys that a pod expects in its secrets."""
    variables = pod["spec"]["containers"][0]["env"]
    return {item["name"].removesuffix("_FILE") for item in variables if item["name"].endswith("_FILE")} - {
        "AWS_SHARED_CREDENTIALS"
    }


def test_production_survives_the_loss_of_a_node(prod: list[Manifest], services: list[str]) -> None:
    scaled = {"gateway"} | {f"{name}-serve" for name in services}
    workers = {f"{name}-work" for name in services}
    autoscalers = [item["spec"] for item in of_kind(prod, "HorizontalPodAutoscaler")]
    assert {spec["scaleTargetRef"]["name"] for spec in autoscalers} == scaled
    assert all(spec["minReplicas"] >= 2 for spec in autoscalers)
    for deployment in of_kind(prod, "Deployment"):
        name, spec = deployment["metadata"]["name"], deployment["spec"]
        # A number of replicas beside an autoscaler would be put back at each roll-out.
        assert ("replicas" in spec) == (name in workers), name
        assert spec.get("replicas", 2) >= 2, name
        assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}, name
        assert spec["template"]["spec"]["topologySpreadConstraints"], name
    assert names(prod, "PodDisruptionBudget") == scaled | workers | {"rabbitmq"}
    (broker,) = of_kind(prod, "RabbitmqCluster")
    assert broker["spec"]["replicas"] == 3
    (database,) = of_kind(prod, "Cluster")
    assert database["spec"]["instances"] == 3


def test_production_has_a_database_and_a_role_for_each_service(prod: list[Manifest], services: list[str]) -> None:
    databases = {item["spec"]["name"]: item["spec"]["owner"] for item in of_kind(prod, "Database")}
    assert databases == {service: service for service in services}
    (cluster,) = of_kind(prod, "Cluster")
    assert {role["name"] for role in cluster["spec"]["managed"]["roles"]} == set(services)


def test_production_images_have_a_version(prod: list[Manifest]) -> None:
    for name, pod in pods(prod):
        image = pod["spec"]["containers"][0]["image"]
        deployable = pod["metadata"]["labels"]["app.kubernetes.io/name"]
        repository, _, version = image.rpartition(":")
        assert repository.endswith(f"/rockpool/{deployable}"), name
        assert version not in ("latest", "local", ""), name


def test_only_the_api_and_its_documentation_are_open_to_the_outside(prod: list[Manifest]) -> None:
    (ingress,) = of_kind(prod, "Ingress")
    (rule,) = ingress["spec"]["rules"]
    assert {path["path"] for path in rule["http"]["paths"]} == {"/api/v1", "/docs"}
    assert ingress["spec"]["tls"] == [{"hosts": [rule["host"]], "secretName": "rockpool-tls"}]


def test_every_secret_of_production_is_explained(prod: list[Manifest]) -> None:
    page = (ROOT / "docs/operations.md").read_text(encoding="utf-8")
    for secret in set().union(*(secrets_of(pod) for _, pod in pods(prod))):
        generic = secret.split("-", 1)[1] if secret.endswith("-credentials") else secret
        assert generic in page, secret
