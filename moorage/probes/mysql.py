"""Log in to MySQL and MariaDB."""

from moorage.probes.port import Target, attempt, not_ready, refused

# https://dev.mysql.com/doc/mysql-errors/9.0/en/server-error-reference.html
REFUSALS = {
    1044,  # access denied to database
    1045,  # access denied
    1130,  # this address may not connect
    1698,  # access denied, no password was asked
}


class MysqlProbe:
    """A client that says SELECT 1."""

    async def login(self, target: Target) -> None:
        """Log in and ask, once."""
        # Imported late: 9 MiB that a service whose people order no MySQL does not pay.
        import aiomysql
        from pymysql.err import MySQLError

        async with attempt(target):
            try:
                connection = await aiomysql.connect(
                    host=target.address,
                    port=target.port,
                    user=target.user,
                    password=target.password,
                    db=target.database,
                )
                try:
                    async with connection.cursor() as cursor:
                        await cursor.execute("SELECT 1")
                finally:
                    connection.close()
            except MySQLError as error:
                code, text = (*error.args, "", "")[:2]
                tell = refused if code in REFUSALS else not_ready
                raise tell(target, str(text)) from error
