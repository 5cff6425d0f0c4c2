"""What a device makes of settings, whole or broken."""

import pytest

from profilegen.probe.dialects import Capabilities
from profilegen.probe.target import Encryption, Target, login_obstacle, target_of_found, target_of_server
from profilegen.settings.servers import Auth, FoundServer, Protocol, Security, Server


@pytest.mark.parametrize(
    ("protocol", "port", "ssl", "expected"),
    [
        (Protocol.SMTP, None, None, (25, Encryption.NONE)),
        (Protocol.SMTP, None, True, (25, Encryption.STARTTLS)),
        (Protocol.SMTP, 587, True, (587, Encryption.STARTTLS)),
        (Protocol.SMTP, 465, True, (465, Encryption.TLS)),
        (Protocol.SMTP, 465, False, (465, Encryption.NONE)),
        (Protocol.SMTP, 2525, True, (2525, Encryption.EITHER)),
        (Protocol.IMAP, None, True, (993, Encryption.TLS)),
        (Protocol.IMAP, None, False, (143, Encryption.NONE)),
        (Protocol.IMAP, 143, True, (143, Encryption.STARTTLS)),
        (Protocol.POP, None, True, (995, Encryption.TLS)),
        (Protocol.POP, None, None, (110, Encryption.NONE)),
    ],
)
def test_missing_settings_are_filled_as_a_device_does(
    protocol: Protocol, port: int | None, ssl: bool | None, expected: tuple[int, Encryption]
) -> None:
    target = target_of_found(FoundServer(protocol=protocol, host="mail.example.com", port=port, use_ssl=ssl))
    assert (target.port, target.encryption) == expected


def test_what_the_profile_says_about_security_wins_over_the_port() -> None:
    found = FoundServer(protocol=Protocol.SMTP, host="x.test", port=2525, use_ssl=True, security=Security.TLS)
    assert target_of_found(found).encryption is Encryption.TLS


@pytest.mark.parametrize("host", [None, "", "smtp://mail.example.com", "mail.example.com:587", "two words"])
def test_a_host_that_is_none_is_told_as_a_flaw(host: str | None) -> None:
    assert target_of_found(FoundServer(protocol=Protocol.SMTP, host=host)).host_flaw


def test_a_whole_server_is_taken_as_it_is() -> None:
    server = Server(
        protocol=Protocol.IMAP,
        host="mail.example.com",
        port=993,
        security=Security.TLS,
        auth=(Auth.OAUTH2, Auth.PASSWORD),
        username="x",
    )
    assert target_of_server(server) == Target(
        protocol=Protocol.IMAP,
        host="mail.example.com",
        port=993,
        encryption=Encryption.TLS,
        auth=(Auth.OAUTH2, Auth.PASSWORD),
    )


@pytest.mark.parametrize(
    ("auth", "mechanisms", "plain_command", "cause"),
    [
        ((Auth.PASSWORD,), ("PLAIN",), False, None),
        ((Auth.PASSWORD,), ("LOGIN",), False, None),
        ((Auth.PASSWORD,), (), True, None),
        ((Auth.PASSWORD,), (), False, "auth_not_offered"),
        ((Auth.PASSWORD,), ("CRAM-MD5",), False, "auth_mech_unsupported"),
        ((Auth.PASSWORD,), ("XOAUTH2", "OAUTHBEARER"), False, "oauth_required"),
        ((Auth.PASSWORD, Auth.OAUTH2), ("XOAUTH2",), False, None),
        ((Auth.CRAM_MD5,), ("PLAIN",), True, "auth_mech_unsupported"),
        ((Auth.CRAM_MD5,), ("CRAM-MD5",), False, None),
        ((), (), False, None),
    ],
)
def test_the_configured_login_has_to_be_offered(
    auth: tuple[Auth, ...], mechanisms: tuple[str, ...], plain_command: bool, cause: str | None
) -> None:
    target = Target(protocol=Protocol.SMTP, host="x.test", port=587, encryption=Encryption.STARTTLS, auth=auth)
    obstacle = login_obstacle(target, Capabilities(mechanisms=mechanisms, plain_command=plain_command))
    assert (obstacle and obstacle[0]) == cause
