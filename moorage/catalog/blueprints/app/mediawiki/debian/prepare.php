<?php
// First start: tables and the first user. Later ones: what a newer MediaWiki changes.

require 'wait.php';

function variable(string $name, string $default = ''): string
{
    return getenv("MEDIAWIKI_$name") ?: $default;
}

function secret_file(string $secret): string
{
    $file = tempnam('/tmp', 'secret');
    file_put_contents($file, $secret);
    register_shutdown_function('unlink', $file);
    return $file;
}

function run(array $arguments, array $environment = []): void
{
    $command = ['php', '/usr/share/mediawiki/maintenance/run.php', ...$arguments];
    $process = proc_open($command, [1 => ['pipe', 'w']], $pipes, null, $environment + getenv());
    $output = stream_get_contents($pipes[1]);
    if (proc_close($process) !== 0) {
        fwrite(STDERR, $output);
        exit(1);
    }
}

$host = variable('DB_HOST', 'db');
$name = variable('DB_NAME', 'mediawiki');
$user = variable('DB_USER', 'mediawiki');
$password = variable('DB_PASSWORD');
wait_for($host, 3306);
$database = new mysqli($host, $user, $password, $name);

// An installation that was interrupted has no user yet; it begins again.
$installed = $database->query("SHOW TABLES LIKE 'user'")->num_rows > 0
    && $database->query('SELECT 1 FROM user LIMIT 1')->num_rows > 0;
if (!$installed) {
    foreach ($database->query('SHOW TABLES')->fetch_all() as [$table]) {
        $database->query("DROP TABLE `$table`");
    }
    $arguments = [
        'install', '--dbtype=mysql', "--dbserver=$host", "--dbname=$name", "--dbuser=$user",
        '--dbpassfile=' . secret_file($password), '--scriptpath=', '--server=http://localhost',
        '--passfile=' . secret_file(variable('ADMIN_PASSWORD')), '--confpath=/tmp',
        '--lang=' . variable('LANG', 'en'), variable('NAME', 'Wiki'), 'Admin',
    ];
    run($arguments, ['MW_CONFIG_FILE' => '/nonexistent']);
}
run(['update', '--quick', '--quiet']);
