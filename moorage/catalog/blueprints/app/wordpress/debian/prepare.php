<?php
// First start: tables, the title and the first user. Later ones: what a newer WordPress changes.

define('WP_INSTALLING', true);
$_SERVER['HTTP_HOST'] = 'localhost';

// It would send the password by mail.
function wp_new_blog_notification(): void
{
}

require 'wait.php';
wait_for(getenv('WORDPRESS_DB_HOST') ?: 'db', 3306);
require '/var/www/html/wp-load.php';
require ABSPATH . 'wp-admin/includes/upgrade.php';

// An installation that was interrupted has tables, but nobody in them.
if (is_blog_installed() && get_users(['number' => 1])) {
    wp_upgrade();
} else {
    wp_install(
        getenv('WORDPRESS_TITLE') ?: 'WordPress',
        getenv('WORDPRESS_ADMIN_USER') ?: 'admin',
        getenv('WORDPRESS_ADMIN_EMAIL') ?: 'admin@localhost.localdomain',
        true,
        '',
        wp_slash(getenv('WORDPRESS_ADMIN_PASSWORD'))
    );
    update_option('permalink_structure', '/%postname%/');
}
