"""Images of blueprints: fetched from a registry, or built of Debian packages."""
