"""A person's data, gathered and erased by the services as they run, while processes die."""

from devservers.ports import wait_until


def done(admin, request):
    return admin.get(f"/privacy/requests/{request['id']}").ok()["state"] == "done"


def test_a_person_gets_his_data_and_is_erased_although_processes_die(suite, admin):
    made = {"name": "Kanaria Vogelhaus", "email": "canary@example.com", "kind": "person"}
    customer = admin.post("/customers", made).ok()
    export = admin.post("/privacy/exports", {"customer_id": customer["id"]}).ok()
    wait_until(lambda: done(admin, export), "all is gathered", 60)
    assert "canary@example.com" in str(admin.get(f"/privacy/exports/{export['id']}/file").body)
    erasure = admin.post("/privacy/erasures", {"customer_id": customer["id"]}).ok()
    for name in ("tickets-work", "campaigns-serve", "customers-work"):
        suite.kill_and_wait(name)
    wait_until(lambda: done(admin, erasure), "the person is erased everywhere", 90)
    left = admin.get(f"/customers/{customer['id']}").ok()
    assert (left["name"], left["email"]) == ("[erased]", None)
