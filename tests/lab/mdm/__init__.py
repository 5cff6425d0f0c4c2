"""
Device management on loopback: protocol-true test servers and test devices, written from the documented wire formats.

`nano.NanoMdm` speaks NanoMDM's interface, `micro.MicroMdm` MicroMDM's (built from the public source), `kmfddm.Kmfddm`
the declarative one; `device.Phone` and `device.Mac` speak Apple's check-in and connect protocol over HTTP, so the same
tests run against a real NanoMDM:

    NANOMDM_URL=http://127.0.0.1:9000 NANOMDM_API_KEY=… NANOMDM_WEBHOOK_PORT=9009 NANOMDM_CA=ca.pem pytest tests/mdm

with `nanomdm -cert-header X-Client-Cert -ca ca.pem -webhook-url http://127.0.0.1:9009/ -webhook-hmac-key
nanomdm-test-hmac`. `NANOMDM_CA` is a PEM file with the certificate and the key of the authority that issues device
identities.
"""
