"""Log in to PostgreSQL."""

from moorage.probes.port import Target, attempt, not_ready, refused

# A failed login has no SQLSTATE in libpq, only the server's text (src/backend/libpq/auth.c).
REFUSALS = ("authentication failed", "no pg_hba.conf entry", 'role "')


class PostgresProbe:
    """A client that says SELECT 1."""

    async def login(self, target: Target) -> None:
        """Log in and ask, once."""
        # Imported late: 9 MiB that a service whose people order no PostgreSQL does not pay.
        import psycopg

        async with attempt(target):
            try:
                connection = await psycopg.AsyncConnection.connect(
                    host=target.address,
                    port=target.port,
                    user=target.user,
                    password=target.password,
                    dbname=target.database or "postgres",
                    autocommit=True,
                )
                try:
                    await connection.execute("SELECT 1")
                finally:
                    await connection.close()
            except psycopg.Error as error:
                text = str(error)
                tell = refused if any(sign in text for sign in REFUSALS) else not_ready
                # libpq repeats the address first, and explains itself in further lines.
                raise tell(target, text.partition("\n")[0].rpartition(" failed: ")[2]) from error
