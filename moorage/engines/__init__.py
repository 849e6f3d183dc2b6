"""Where things run: the port, its Docker adapter, and a fake that keeps the same contract."""
