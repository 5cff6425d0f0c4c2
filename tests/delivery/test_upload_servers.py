"""The snippets in real servers: the right type, nothing kept, nothing listed, nothing else served."""

import re
from collections.abc import Mapping

import httpx2
import pytest

from profilegen.delivery.upload import Hosting
from tests.delivery.people import TEMPLATES, bring, files, folder, parcel
from tests.lab.certificates import Authority
from tests.lab.driving import wait_for
from tests.lab.webservers import KINDS, ServeWeb, WebServer

pytestmark = pytest.mark.servers

HOST = "profiles.example.com"
REFUSED = (403, 404)


@pytest.fixture(params=KINDS, scope="module")
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["/mail", "", "/a.b/c~d"], scope="module")
def hosted(
    request: pytest.FixtureRequest,
    kind: str,
    authority: Authority,
    serve_web: ServeWeb,
    tmp_path_factory: pytest.TempPathFactory,
) -> "Site":
    hosting = Hosting.parse(f"https://{HOST}{request.param}")
    server = serve_web(kind, HOST, authority.issue(HOST), hosting.snippets(TEMPLATES))
    channel = folder(tmp_path_factory.mktemp("handout") / "out", hosting=hosting)
    bring(channel, [parcel(1), parcel(2, language="de")])
    for name in files(channel.upload):
        (server.root / name).parent.mkdir(parents=True, exist_ok=True)
        (server.root / name).write_bytes((channel.upload / name).read_bytes())
    return Site(server, hosting, authority)


class Site:
    def __init__(self, server: WebServer, hosting: Hosting, authority: Authority) -> None:
        self.server, self.hosting, self._authority = server, hosting, authority

    def get(self, url: str, method: str = "GET", headers: Mapping[str, str] | None = None) -> httpx2.Response:
        with httpx2.Client(verify=self._authority.trust(), trust_env=False) as client:
            return client.request(
                method,
                httpx2.URL(url).copy_with(host=self.server.address),
                headers={"Host": HOST, **(headers or {})},
                extensions={"sni_hostname": HOST},
            )


def test_a_profile_is_served_as_one_and_kept_nowhere(hosted: Site) -> None:
    answer = hosted.get(hosted.hosting.profile_url(parcel(1).token))
    assert answer.status_code == 200
    assert answer.content == parcel(1).data
    assert answer.headers.get_list("content-type") == ["application/x-apple-aspen-config"]
    assert answer.headers.get_list("cache-control") == ["no-store"]
    assert answer.headers.get_list("x-content-type-options") == ["nosniff"]
    assert answer.headers.get_list("content-disposition") == ['attachment; filename="mail.mobileconfig"']
    assert "etag" not in answer.headers
    assert hosted.get(hosted.hosting.profile_url(parcel(1).token), "HEAD").status_code == 200


def test_a_page_is_served_at_the_url_of_the_code(hosted: Site) -> None:
    answer = hosted.get(hosted.hosting.page_url(parcel(2).token))
    assert answer.status_code == 200
    assert hosted.hosting.profile_url(parcel(2).token) in answer.text.replace("<wbr>", "")
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"


def test_a_second_look_gets_the_file_again_and_not_304(hosted: Site) -> None:
    for url in (hosted.hosting.profile_url(parcel(1).token), hosted.hosting.page_url(parcel(1).token)):
        headers = hosted.get(url).headers
        assert "etag" not in headers
        if "last-modified" in headers:  # without one, nobody has anything to compare with
            again = hosted.get(url, headers={"If-Modified-Since": headers["last-modified"]})
            assert again.status_code == 200


@pytest.mark.parametrize(
    "name", ["notes.txt", ".htpasswd", "index.html.bak", "other.mobileconfig", "mail.mobileconfig.bak"]
)
def test_nothing_else_in_the_same_folder_is_served(hosted: Site, name: str) -> None:
    token = parcel(1).token
    place = hosted.server.root.joinpath(*hosted.hosting.folder(token).parts[1:])
    (place / name).write_text("private")
    answer = hosted.get(hosted.hosting.page_url(token) + name)
    nothing = hosted.get(hosted.hosting.page_url(token) + "nothing")
    assert answer.status_code in REFUSED
    assert b"private" not in answer.content
    assert answer.status_code == nothing.status_code  # so nobody learns that it is there


def test_the_folder_of_all_people_is_not_listed_though_the_server_lists_others(hosted: Site) -> None:
    above = hosted.hosting.origin + hosted.hosting.prefix + "/"
    answer = hosted.get(above)
    assert answer.status_code in REFUSED
    assert parcel(1).token not in answer.text


def test_a_file_beside_the_folders_and_a_way_out_of_them_are_refused(hosted: Site) -> None:
    base = hosted.hosting.origin + hosted.hosting.prefix
    (
        hosted.server.root.joinpath(*hosted.hosting.folder(parcel(1).token).parts[1:-1]) / "secret.mobileconfig"
    ).write_text("x")
    assert hosted.get(f"{base}/secret.mobileconfig").status_code in REFUSED
    assert hosted.get(f"{base}/short/mail.mobileconfig").status_code in REFUSED
    out = hosted.get(f"{base}/{parcel(1).token}/%2e%2e/{parcel(9).token}/mail.mobileconfig")
    assert out.status_code in REFUSED


def test_the_rest_of_the_site_is_left_alone(hosted: Site) -> None:
    if not hosted.hosting.prefix:
        pytest.skip("the whole host is for profiles")
    (hosted.server.root / "hello.txt").write_text("hello")
    assert hosted.get(f"{hosted.hosting.origin}/hello.txt").text == "hello"


def test_no_address_reaches_the_servers_log(hosted: Site) -> None:
    hosted.get(hosted.hosting.profile_url(parcel(1).token))
    log = wait_for(lambda: hosted.server.accesses, parcel(1).token)
    assert not re.search(r"person1|Jane", log)
