<?php
define('DB_HOST', getenv('WORDPRESS_DB_HOST') ?: 'db');
define('DB_NAME', getenv('WORDPRESS_DB_NAME') ?: 'wordpress');
define('DB_USER', getenv('WORDPRESS_DB_USER') ?: 'wordpress');
define('DB_PASSWORD', getenv('WORDPRESS_DB_PASSWORD'));
define('DB_CHARSET', 'utf8mb4');
$table_prefix = getenv('WORDPRESS_TABLE_PREFIX') ?: 'wp_';

// The address may change: another port, a domain. So it is never what the database remembers.
$scheme = ($_SERVER['HTTPS'] ?? '') === 'on' ? 'https' : 'http';
define('WP_HOME', "$scheme://" . ($_SERVER['HTTP_HOST'] ?? 'localhost'));
define('WP_SITEURL', WP_HOME);
define('WP_CONTENT_DIR', '/var/www/html/wp-content');
define('FS_METHOD', 'direct');
define('WP_DEBUG', (bool) getenv('WORDPRESS_DEBUG'));
