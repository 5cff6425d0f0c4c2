"""The probe against real Postfix and Dovecot, and against fakes where a server has to misbehave."""
