<?php
// What the wiki itself writes is in /storage, next to its pages; defaults come with the image.
$conf = '/etc/dokuwiki/';
$own = '/storage/conf/';
$config_cascade = [
    'main' => [
        'default' => [$conf . 'dokuwiki.php'],
        'local' => [$own . 'local.php'],
        'protected' => [$conf . 'local.protected.php'],
    ],
    'plugins' => [
        'default' => [$conf . 'plugins.php'],
        'local' => [$own . 'plugins.local.php'],
        'protected' => [$conf . 'plugins.required.php'],
    ],
    'acl' => ['default' => $own . 'acl.auth.php'],
    'plainauth.users' => ['default' => $own . 'users.auth.php', 'protected' => ''],
    'userstyle' => ['screen' => [$own . 'userstyle.css'], 'print' => [$own . 'userprint.css']],
    'styleini' => [
        'default' => ['/usr/share/dokuwiki/lib/tpl/%TEMPLATE%/style.ini'],
        'local' => [$own . 'tpl/%TEMPLATE%/style.ini'],
    ],
];
define('DOKU_CONF', $conf);
