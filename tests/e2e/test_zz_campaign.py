import time, requests, json
from devservers.ports import wait_until
def test_it(suite, admin):
    ids=[]
    for n in range(200):
        admin.post("/customers", {"kind":"organisation","name":f"Soft {n}","sector":"zz","email":f"o{n}@zz{n}.example"}).ok()
    c=admin.post("/campaigns", {"name":"N","audience":{"field":"sector","op":"eq","value":"zz"},"template":{"subject":"Hi {{customer.name}}","html":"<p>x</p>"},"throttle_per_minute":60000}).ok()
    p=f"/campaigns/{c['id']}"
    wait_until(lambda: admin.post(f"{p}/audience-preview").ok()["recipients"]==200,"aud",40)
    t=time.time(); admin.post(f"{p}/send",{}).ok()
    wait_until(lambda: admin.get(p).ok()["state"]=="sent","sent",60); print("200 in", time.time()-t)
    m=suite.mail.messages()[0]; r=suite.mail.readable(m["id"])
    link=next(l for l in r["links"] if "unsubscribe" in l); print(link)
    g=requests.get(link); print(g.status_code, g.headers.get("Content-Security-Policy"), g.headers.get("Content-Type"))
    print(requests.post(link, files={"List-Unsubscribe": (None,"One-Click")}).status_code, "multipart")
    g=requests.post(link, data={"List-Unsubscribe":"One-Click"}); print(g.status_code, "form")
    g=requests.post(link); print(g.status_code, "empty")
    print(requests.get(link[:-2]+"xx").status_code, requests.get(link[:-2]+"xx").text[:200])
    us=admin.get("/unsubscriptions").ok()["items"]; print(us)
    d=requests.delete(f"{admin.url}/api/v1/unsubscriptions/{us[0]['id']}", json={"note":"x"}, headers=admin._session.headers if hasattr(admin,'_session') else {}); print(d.status_code, d.text[:200])
    cid=admin.get("/customers?limit=1").ok()["items"][0]["id"]
    print(json.dumps(admin.get(f"/customers/{cid}/overview").ok())[:1500])
