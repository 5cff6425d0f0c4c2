"""
A real mail world on loopback: Postfix and Dovecot of the system, every variant a host of its own with standard ports.

Nothing of the machine's own services is touched: all files are in a temporary folder, both servers run as children in
the foreground, and mail for the outside world is swallowed.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.lab.certificates import Authority, IssuedCertificate

DOMAIN = "lab.test"
USERS = ("alice", "bob", "carol", "junk", "off")  # the mail of junk arrives in Junk; off may not log in to IMAP
MAIL_UID = 5000
_POSTFIX = Path("/usr/lib/postfix/sbin/master")
_START_SECONDS = 20.0


def password_of(user: str) -> str:
    """Return the password of a user of the lab; unusual enough to be found wherever it leaks."""
    return f"{user}-Passw0rd+of/the=lab"


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """
    One variant: its certificate, the SMTP listeners as port -> Postfix options, and whether Dovecot listens.

    `imap_words` replaces the abilities Dovecot names after login.
    """

    certificate: str = "good"
    smtp: dict[int, str] = field(default_factory=dict)
    mailbox: bool = False
    imap_words: str = ""


_SASL = (
    "-o smtpd_sasl_auth_enable=yes -o smtpd_tls_auth_only=yes"
    " -o smtpd_relay_restrictions=permit_sasl_authenticated,reject"
    " -o smtpd_sender_restrictions=reject_sender_login_mismatch"
)
# the names of their own that Debian's master.cf gives these services, so that the log tells the ports apart
_SUBMISSION = f"-o syslog_name=postfix/submission -o smtpd_tls_security_level=encrypt {_SASL}"
_SUBMISSIONS = f"-o syslog_name=postfix/submissions -o smtpd_tls_wrappermode=yes {_SASL}"
_MX = "-o smtpd_tls_security_level=may"
_ANYBODY = (
    "-o smtpd_relay_restrictions=permit_mynetworks,reject_unauth_destination -o mynetworks=0.0.0.0/0"
    " -o smtpd_sender_restrictions="
)
_VERDICTS = "lab.test; spf=fail smtp.mailfrom=lab.test; dkim=none; dmarc=fail header.from=lab.test"


def _refusing(reply: str) -> str:
    """Return the options of a server somewhere else, by its name, that takes mail for nobody."""
    return (
        f"{_MX} -o myhostname=mx.elsewhere.test -o mynetworks=0.0.0.0/0"
        " -o smtpd_relay_restrictions=permit_mynetworks,reject"
        f" -o {{smtpd_recipient_restrictions=check_recipient_access static:{{{reply}}}}}"
    )


HOSTS = {
    "good": Host(smtp={25: _MX, 587: _SUBMISSION, 465: _SUBMISSIONS}, mailbox=True),
    "wronghost": Host(certificate="wronghost", smtp={587: _SUBMISSION, 465: _SUBMISSIONS}, mailbox=True),
    "expired": Host(certificate="expired", smtp={587: _SUBMISSION}, mailbox=True),
    "untrusted": Host(certificate="untrusted", smtp={587: _SUBMISSION}, mailbox=True),
    "longlived": Host(certificate="longlived", smtp={587: _SUBMISSION}, mailbox=True),
    "oldimap": Host(mailbox=True, imap_words="IMAP4rev1 SPECIAL-USE"),
    "openrelay": Host(smtp={25: f"{_MX} {_ANYBODY}", 587: f"{_SUBMISSION} {_ANYBODY}"}),
    "plain": Host(smtp={587: f"-o smtpd_tls_security_level=none {_SASL} -o smtpd_tls_auth_only=no"}),
    "nologin": Host(smtp={587: "-o smtpd_tls_security_level=encrypt"}),
    "cram": Host(smtp={587: f"{_SUBMISSION} -o smtpd_sasl_mechanism_filter=cram-md5"}),
    "loginonly": Host(smtp={587: f"{_SUBMISSION} -o smtpd_sasl_mechanism_filter=login"}),
    "limited": Host(smtp={587: f"{_SUBMISSION} -o smtpd_client_message_rate_limit=1"}),
    "greylist": Host(
        smtp={
            587: f"{_SUBMISSION} -o {{smtpd_recipient_restrictions=check_recipient_access static:{{450 4.2.0 Grey"
            "listed, try again later}}"
        }
    ),
    "relayed": Host(
        smtp={
            587: f"{_SUBMISSION} -o {{smtpd_data_restrictions=check_sender_access static:{{PREPEND "
            f"Authentication-Results: {_VERDICTS}}}}}"
        }
    ),
    "refusing": Host(
        smtp={25: _refusing("552 5.2.2 Mailbox full"), 26: _refusing("550 5.1.1 No mailbox of that name")}
    ),
    "held": Host(smtp={587: f"{_SUBMISSION} -o {{smtpd_data_restrictions=check_sender_access static:HOLD}}"}),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLab:
    """The running lab; `hosts` holds the address of every host name, `six` the ports on ::1 where IPv6 works."""

    folder: Path
    ca_pem: bytes
    hosts: dict[str, tuple[str, ...]]
    six: dict[str, int]

    @property
    def postfix_log(self) -> str:
        """Everything Postfix has logged so far."""
        return (self.folder / "log/postfix.log").read_text("utf-8", "replace")

    @property
    def dovecot_log(self) -> str:
        """Everything Dovecot has logged so far."""
        return (self.folder / "log/dovecot.log").read_text("utf-8", "replace")

    def message_names(self, user: str) -> set[str]:
        """Return the names of all messages of the user, which stay the same when one is seen."""
        return {path.name.partition(":")[0] for path in self.messages(user)}

    def messages(self, user: str) -> list[Path]:
        """Return the files of all messages in the user's folders."""
        box = self.folder / "mail" / DOMAIN / user
        return [path for path in box.rglob("*") if path.is_file() and path.parent.name in ("new", "cur")]

    def wait_for_messages(self, user: str, count: int) -> int:
        """Wait until the user has at least so many messages, and return how many there are."""
        deadline = time.monotonic() + _START_SECONDS
        while len(self.messages(user)) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return len(self.messages(user))

    def empty(self, user: str) -> None:
        """Delete all messages of a user."""
        for path in self.messages(user):
            path.unlink()


@pytest.fixture(scope="session")
def mail_lab(authority: Authority, stranger: Authority) -> Iterator[MailLab]:
    """Start Postfix and Dovecot once per test run."""
    missing = what_is_missing()
    if missing and os.environ.get("CI") == "true":
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    with running_lab(authority, stranger) as lab:
        yield lab


def what_is_missing() -> str | None:
    """Return why the lab cannot run here, None if it can."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "the mail lab needs root"
    if not _POSTFIX.exists() or shutil.which("dovecot") is None:
        return "the mail lab needs the Debian packages postfix, dovecot-imapd and dovecot-pop3d"
    return None


@contextmanager
def running_lab(authority: Authority, stranger: Authority) -> Iterator[MailLab]:
    """Run the lab until the block ends."""
    # not pytest's own folder: that is 0700, and the mail servers run as users of their own
    folder = Path(tempfile.mkdtemp(prefix="mail-lab-"))
    try:
        folder.chmod(0o755)
        lab = MailLab(folder=folder, ca_pem=authority.pem, hosts=_addresses(), six=_six_ports())
        _write_files(lab, authority, stranger)
        etc = str(lab.folder / "postfix/etc")
        # creates the queue's folders, one of which holds Dovecot's socket
        subprocess.run(["postfix", "-c", etc, "check"], capture_output=True, check=True, timeout=60)
        dovecot = ["dovecot", "-F", "-c", str(lab.folder / "dovecot/dovecot.conf")]
        postfix = [str(_POSTFIX), "-c", etc, "-d"]
        with _server(lab, "dovecot", dovecot, 993), _server(lab, "postfix", postfix, 587):
            yield lab
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _addresses() -> dict[str, tuple[str, ...]]:
    """Return loopback addresses no parallel test process uses: the process id is part of them."""
    pid = os.getpid()
    net = f"127.{64 + pid // 250 % 128}.{1 + pid % 250}"
    table: dict[str, tuple[str, ...]] = {
        f"{name}.{DOMAIN}": (f"{net}.{number}",) for number, name in enumerate(HOSTS, start=1)
    }
    return table | {f"six.{DOMAIN}": ("::1",), f"both.{DOMAIN}": ("::1", table[f"good.{DOMAIN}"][0])}


def _six_ports() -> dict[str, int]:
    """Return free ports on ::1; standard ports are not free there, because there is only one such address."""
    ports: dict[str, int] = {}
    with suppress(OSError):
        for service in ("submission", "imaps"):
            with socket.socket(socket.AF_INET6) as sock:
                sock.bind(("::1", 0))
                ports[service] = sock.getsockname()[1]
    return ports


# --- files -----------------------------------------------------------------------------------------------


def _write_files(lab: MailLab, authority: Authority, stranger: Authority) -> None:
    for name in ("tls", "log", "mail", "dovecot", "postfix/etc", "postfix/queue", "postfix/data"):
        (lab.folder / name).mkdir(parents=True)
    shutil.chown(lab.folder / "postfix/data", "postfix")
    os.chown(lab.folder / "mail", MAIL_UID, MAIL_UID)
    for name, certificate in _certificates(authority, stranger).items():
        certificate.write(lab.folder / "tls", name)
    etc = lab.folder / "postfix/etc"
    (etc / "users").write_text("".join(_user_line(user) for user in USERS))
    (etc / "mailboxes").write_text("".join(f"{user}@{DOMAIN} {DOMAIN}/{user}/{_folder(user)}\n" for user in USERS))
    owners = {f"{user}@{DOMAIN}": user for user in USERS} | {f"sales@{DOMAIN}": "alice"}
    (etc / "owners").write_text("".join(f"{sender} {user}@{DOMAIN}\n" for sender, user in owners.items()))
    refusing = f"smtp:[{lab.hosts[f'refusing.{DOMAIN}'][0]}]"
    (etc / "transport").write_text(f"full.test {refusing}:25\ngone.test {refusing}:26\n")
    (etc / "main.cf").write_text(_MAIN_CF.format(lab=lab.folder, uid=MAIL_UID, domain=DOMAIN))
    (etc / "master.cf").write_text("".join(_listeners(lab)) + _MASTER_CF)
    (lab.folder / "dovecot/dovecot.conf").write_text(_dovecot_conf(lab))


def _certificates(authority: Authority, stranger: Authority) -> dict[str, IssuedCertificate]:
    now = datetime.now(UTC)
    good = [f"{name}.{DOMAIN}" for name in (*HOSTS, "six", "both")]
    return {
        "good": authority.issue(*good),
        "wronghost": authority.issue(f"other.{DOMAIN}"),
        "expired": authority.issue(
            f"expired.{DOMAIN}", not_before=now - timedelta(days=90), not_after=now - timedelta(days=1)
        ),
        "untrusted": stranger.issue(f"untrusted.{DOMAIN}"),
        "longlived": authority.issue(f"longlived.{DOMAIN}", not_after=now + timedelta(days=1000)),
    }


def _user_line(user: str) -> str:
    extra = "nologin=y reason=Account_disabled" if user == "off" else ""
    return f"{user}@{DOMAIN}:{{PLAIN}}{password_of(user)}::::::{extra}\n"


def _folder(user: str) -> str:
    return ".Junk/" if user == "junk" else ""


def _listeners(lab: MailLab) -> Iterator[str]:
    for name, host in HOSTS.items():
        address = lab.hosts[f"{name}.{DOMAIN}"][0]
        for port, options in host.smtp.items():
            yield f"{address}:{port} inet n - n - - smtpd {options}{_certificate_options(lab, host.certificate)}\n"
    if lab.six:
        yield f"[::1]:{lab.six['submission']} inet n - n - - smtpd {_SUBMISSION}\n"


def _certificate_options(lab: MailLab, certificate: str) -> str:
    chain, key = f"{lab.folder}/tls/{certificate}.crt.pem", f"{lab.folder}/tls/{certificate}.key.pem"
    return f" -o smtpd_tls_cert_file={chain} -o smtpd_tls_key_file={key}"


_MAIN_CF = """\
compatibility_level = 3.6
queue_directory = {lab}/postfix/queue
data_directory = {lab}/postfix/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.{domain}
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = all
inet_protocols = all
# loopback must not be trusted, or every relay test passes
mynetworks = 192.0.2.1/32
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {lab}/mail
virtual_mailbox_maps = texthash:{lab}/postfix/etc/mailboxes
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
# mail for the outside world is swallowed and never leaves the machine; what is for full.test and gone.test comes back
transport_maps = texthash:{lab}/postfix/etc/transport
default_transport = discard:lab
relay_transport = discard:lab
message_size_limit = 1000000
maillog_file = {lab}/log/postfix.log
maillog_file_prefixes = {lab}
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_sasl_security_options = noanonymous
smtpd_sender_login_maps = texthash:{lab}/postfix/etc/owners
smtpd_tls_cert_file = {lab}/tls/good.crt.pem
smtpd_tls_key_file = {lab}/tls/good.key.pem
smtpd_relay_restrictions = permit_sasl_authenticated, reject_unauth_destination
smtpd_client_connection_rate_limit = 0
smtpd_peername_lookup = no
"""

_MASTER_CF = """\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


def _dovecot_conf(lab: MailLab) -> str:
    boxes = {name: lab.hosts[f"{name}.{DOMAIN}"][0] for name, host in HOSTS.items() if host.mailbox}
    tls = "".join(
        f"local {address} {{\n  ssl_cert = <{lab.folder}/tls/{HOSTS[name].certificate}.crt.pem\n"
        f"  ssl_key = <{lab.folder}/tls/{HOSTS[name].certificate}.key.pem\n"
        f"  protocol imap {{\n    imap_capability = {HOSTS[name].imap_words}\n  }}\n}}\n"
        for name, address in boxes.items()
    )
    six = ""
    if lab.six:
        six = f"  inet_listener imaps6 {{\n    address = ::1\n    port = {lab.six['imaps']}\n    ssl = yes\n  }}\n"
    return _DOVECOT_CONF.format(lab=lab.folder, listen=", ".join(boxes.values()), uid=MAIL_UID, six=six) + tls


_DOVECOT_CONF = """\
base_dir = {lab}/dovecot/run
log_path = {lab}/log/dovecot.log
listen = {listen}
protocols = imap pop3
instance_name = lab
ssl = required
ssl_cert = <{lab}/tls/good.crt.pem
ssl_key = <{lab}/tls/good.key.pem
disable_plaintext_auth = yes
auth_mechanisms = plain login cram-md5
auth_failure_delay = 0
mail_location = maildir:{lab}/mail/%d/%n
first_valid_uid = {uid}
namespace inbox {{
  inbox = yes
  mailbox Junk {{
    special_use = \\Junk
    auto = create
  }}
}}
passdb {{
  driver = passwd-file
  args = username_format=%u {lab}/postfix/etc/users
}}
userdb {{
  driver = static
  args = uid={uid} gid={uid} home={lab}/mail/%d/%n
}}
service auth {{
  unix_listener {lab}/postfix/queue/private/auth {{
    mode = 0660
    user = postfix
    group = postfix
  }}
}}
# without the penalty that grows to 15 s after failed logins and looks like a hang
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 143
  }}
  inet_listener imaps {{
    port = 993
    ssl = yes
  }}
{six}}}
service pop3-login {{
  inet_listener pop3 {{
    port = 110
  }}
  inet_listener pop3s {{
    port = 995
    ssl = yes
  }}
}}
"""


# --- processes -------------------------------------------------------------------------------------------


@contextmanager
def _server(lab: MailLab, name: str, command: list[str], port: int) -> Iterator[None]:
    """Run a server in the foreground from when it listens on the good host's `port` until the block ends."""
    with (lab.folder / f"log/{name}.out").open("wb") as out:
        server = subprocess.Popen(command, stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        try:
            _wait_for(lab, server, port)
            yield
        finally:
            server.terminate()
            server.wait(timeout=20)


def _wait_for(lab: MailLab, server: subprocess.Popen[bytes], port: int) -> None:
    address = lab.hosts[f"good.{DOMAIN}"][0]
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(OSError), socket.create_connection((address, port), timeout=1):
            return
        time.sleep(0.02)
    logs = "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in (lab.folder / "log").iterdir())
    raise RuntimeError(f"port {port} never opened:\n{logs}")
