<?php
$cfg['blowfish_secret'] = file_get_contents('/tmp/phpmyadmin.secret');
$cfg['Servers'][1] = [
    'auth_type' => 'cookie',
    'host' => getenv('PMA_HOST') ?: 'db',
    'port' => getenv('PMA_PORT') ?: '',
];
$cfg['AllowArbitraryServer'] = (bool) getenv('PMA_ARBITRARY');
$cfg['VersionCheck'] = false;
$cfg['PmaNoRelation_DisableWarning'] = true;
