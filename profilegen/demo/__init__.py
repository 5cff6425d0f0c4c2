"""
The whole story on this machine: no network, no root, nothing of yours touched.

The two servers in here are fakes and say so: a submission server on aiosmtpd (RFC 6409) and the few words of IMAP
(RFC 9051) that a round trip needs. They exist so that the real flow has somebody to talk to.
"""
