<?php
// First start: settings, tables, the first user and site. Later ones: what a newer Matomo changes.

use Piwik\Access;
use Piwik\Application\Environment;
use Piwik\Auth\Password;
use Piwik\Common;
use Piwik\Config;
use Piwik\Db;
use Piwik\DbHelper;
use Piwik\Option;
use Piwik\Plugin\Manager as Plugins;
use Piwik\Plugins\SitesManager\API as Sites;
use Piwik\Plugins\UsersManager\Model as Users;
use Piwik\Plugins\UsersManager\UsersManager;
use Piwik\Updater;
use Piwik\Version;

const SETTINGS = '/var/lib/matomo/config.ini.php';

require 'wait.php';
$host = getenv('MATOMO_DATABASE_HOST') ?: 'db';
wait_for($host, 3306);

require '/usr/share/matomo/vendor_config.php';
require PIWIK_INCLUDE_PATH . '/core/bootstrap.php';
if (!is_file(SETTINGS)) {
    file_put_contents(SETTINGS, "; <?php exit; ?>\n[database]\n");
}
$environment = new Environment('cli');
$environment->init();

$config = Config::getInstance();
$config->database = [
    'host' => $host,
    'username' => getenv('MATOMO_DATABASE_USERNAME') ?: 'matomo',
    'password' => getenv('MATOMO_DATABASE_PASSWORD'),
    'dbname' => getenv('MATOMO_DATABASE_DBNAME') ?: 'matomo',
    'tables_prefix' => 'matomo_',
    'charset' => 'utf8mb4',
    'collation' => 'utf8mb4_general_ci',
] + $config->database;
$salt = $config->General['salt'] ?? '';
$config->General = ['salt' => $salt ?: Common::generateUniqId()] + $config->General;
$config->forceSave();

function make_tables(): void
{
    if (DbHelper::getTablesInstalled()) {
        Db::dropAllTables();
    }
    Plugins::getInstance()->clearPluginsInstalledConfig();
    DbHelper::createTables();
    DbHelper::createAnonymousUser();
    Plugins::getInstance()->installLoadedPlugins();
    DbHelper::recordInstallVersion();
}

function update(): void
{
    $updater = new Updater();
    $updates = $updater->getComponentUpdates();
    $result = $updates ? $updater->updateComponents($updates) : ['errors' => []];
    if ($result['errors']) {
        fwrite(STDERR, implode("\n", $result['errors']) . "\n");
        exit(1);
    }
}

function make_first_user(): void
{
    // Not through the API, which would write mails.
    $password = UsersManager::getPasswordHash(getenv('MATOMO_ADMIN_PASSWORD'));
    $users = new Users();
    $users->addUser(
        'admin', (new Password())->hash($password), 'admin@localhost.local', gmdate('Y-m-d H:i:s')
    );
    $users->setSuperUserAccess('admin', true);
}

Plugins::getInstance()->loadActivatedPlugins();
Access::doAsSuperUser(function (): void {
    // Recorded last: what was interrupted before is made again.
    $made = DbHelper::getTablesInstalled() && Option::get('version_core');
    if (!$made) {
        make_tables();
    }
    update();
    if (!$made) {
        Updater::recordComponentSuccessfullyUpdated('core', Version::VERSION);
    }
    if (!(new Users())->getUsersHavingSuperUserAccess()) {
        make_first_user();
    }
    if (!Sites::getInstance()->getAllSitesId()) {
        $address = getenv('MATOMO_SITE') ?: 'http://localhost';
        Sites::getInstance()->addSite(parse_url($address, PHP_URL_HOST), $address);
    }
});
