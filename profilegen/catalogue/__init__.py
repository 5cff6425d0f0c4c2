"""The provider catalogue: TOML in, one index file out, offline answers in milliseconds."""
