"""The ground floor and the settings."""
