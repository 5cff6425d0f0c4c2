"""What a mail server of one's own has on disk: configuration, queue, logs, bans; read only, and read as untrusted."""
