"""
Device management on loopback: protocol-true test servers and test devices, written from the documented wire formats.

`nano.NanoMdm` speaks NanoMDM's interface, `micro.MicroMdm` MicroMDM's (built from the public source), `kmfddm.Kmfddm`
the declarative one; `device.Phone` and `device.Mac` speak Apple's check-in and connect protocol over HTTP and show
their identity in both ways (`Mdm-Signature`, and the certificate in `X-Client-Cert`), so the same tests run against
real servers. docs/mdm.md says how.
"""
