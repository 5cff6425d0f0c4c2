"""Whom a finished profile is for, what they are told, in which order: values and decisions; nothing is sent here."""
