<?php
define('DATA_DIR', '/var/www/app/data');
define('FILES_DIR', DATA_DIR . '/files');
define('PLUGINS_DIR', '/var/www/app/plugins');
define('CACHE_DIR', '/tmp');
define('LOG_DRIVER', 'stderr');
define('MAIL_CONFIGURATION', true);
define('ENABLE_URL_REWRITE', true);
