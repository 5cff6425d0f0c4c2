"""From configuration to a working flow: the only place that names concrete classes."""
