<?php
// Making the connection makes or changes the tables; then the first user gets a password.

require '/usr/share/kanboard/app/common.php';

// The password that everybody knows never stays.
$admin = $container['db']->table('users')->eq('username', 'admin')->findOne();
$password = getenv('KANBOARD_ADMIN_PASSWORD');
if ($admin && $password && password_verify('admin', $admin['password'])) {
    $container['userModel']->update(['id' => $admin['id'], 'password' => $password]);
    $container['configModel']->save(['application_language' => getenv('KANBOARD_LANG')]);
}
