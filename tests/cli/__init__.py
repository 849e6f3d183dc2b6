"""Tests of client commands, against the service in this process."""
