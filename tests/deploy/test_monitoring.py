"""Alerts and dashboard: valid, about metrics that exist, and each alert with a page that says what to do."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy.conftest import ROOT, run

PROMETHEUS = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/dashboards/rockpool.json"
METRIC = re.compile(r"\brockpool_[a-z_]+\b")
FORMS = re.compile(r"_(bucket|sum|count)$")


@pytest.fixture(scope="module")
def alerts() -> list[dict[str, Any]]:
    groups = yaml.safe_load((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def metrics_in_the_source() -> set[str]:
    sources = [*ROOT.glob("chassis/**/*.py"), *ROOT.glob("gateway/**/*.py")]
    return set().union(*(METRIC.findall(path.read_text(encoding="utf-8")) for path in sources))


def test_alerts_and_dashboard_ask_for_metrics_that_exist() -> None:
    asked = METRIC.findall((PROMETHEUS / "rules.yml").read_text(encoding="utf-8"))
    asked += METRIC.findall(DASHBOARD.read_text(encoding="utf-8"))
    assert {FORMS.sub("", name) for name in asked} <= metrics_in_the_source()


def test_every_alert_says_how_urgent_it_is_and_what_to_do(alerts: list[dict[str, Any]]) -> None:
    for alert in alerts:
        assert alert["labels"]["severity"] in ("page", "ticket"), alert["alert"]
        assert alert["annotations"]["summary"], alert["alert"]
        page = ROOT / alert["annotations"]["runbook"]
        assert f"`{alert['alert']}`" in page.read_text(encoding="utf-8"), alert["alert"]


def test_every_runbook_is_the_page_of_an_alert(alerts: list[dict[str, Any]]) -> None:
    pages = {Path(alert["annotations"]["runbook"]).name for alert in alerts}
    assert pages == {path.name for path in ROOT.glob("docs/runbooks/*.md")} - {"README.md"}


def test_every_alert_is_tested(alerts: list[dict[str, Any]]) -> None:
    tests = yaml.safe_load((ROOT / "tests/deploy/alerts.yml").read_text(encoding="utf-8"))["tests"]
    firing = {case["alertname"] for test in tests for case in test["alert_rule_test"] if case.get("exp_alerts")}
    assert firing == {alert["alert"] for alert in alerts}


def test_prometheus_scrapes_every_process_of_the_compose_file(compose: dict[str, Any]) -> None:
    jobs = yaml.safe_load((PROMETHEUS / "prometheus.yml").read_text(encoding="utf-8"))["scrape_configs"]
    scraped = {name for job in jobs for found in job.get("dns_sd_configs", []) for name in found["names"]}
    assert scraped == {name for name in compose["services"] if name.endswith(("-serve", "-work"))} | {"gateway"}


def test_both_ways_of_scraping_have_the_same_jobs() -> None:
    for name in ("prometheus.yml", "kubernetes.yml"):
        jobs = yaml.safe_load((PROMETHEUS / name).read_text(encoding="utf-8"))["scrape_configs"]
        assert [job["job_name"] for job in jobs] == ["rockpool", "rabbitmq", "rabbitmq-queues"], name


def test_the_dashboard_can_be_loaded() -> None:
    dashboard = json.loads(DASHBOARD.read_text(encoding="utf-8"))
    panels = [panel for panel in dashboard["panels"] if panel["type"] != "row"]
    assert all(panel["targets"] and panel["description"] for panel in panels)
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(dashboard["panels"])


def test_prometheus_accepts_its_configuration(tool: Callable[[str], str]) -> None:
    run(tool("promtool"), "check", "config", PROMETHEUS / "prometheus.yml")


def test_the_alerts_fire_when_they_should(tool: Callable[[str], str]) -> None:
    run(tool("promtool"), "test", "rules", ROOT / "tests/deploy/alerts.yml")
