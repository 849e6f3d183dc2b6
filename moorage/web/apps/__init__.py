"""The documented door of apps: `/installApp` … `/searchServer`, by GET and by POST."""
