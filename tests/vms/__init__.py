"""Tests of VMs without HTTP."""
