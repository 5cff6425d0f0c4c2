"""The command line: arguments in, text and JSON and exit codes out. It decides nothing."""
