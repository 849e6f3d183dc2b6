"""The documented door of machines and sessions: `/api/status`, `/api/ticket`, `/api/info`."""
