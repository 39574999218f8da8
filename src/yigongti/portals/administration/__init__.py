"""Administration (系统管理): accounts and the roles they hold, and the audit trail; three separate people's work."""
