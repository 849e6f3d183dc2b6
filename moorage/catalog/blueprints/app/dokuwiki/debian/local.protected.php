<?php
$conf['savedir'] = '/storage/data';
$conf['useacl'] = 1;
$conf['superuser'] = '@admin';
$conf['updatecheck'] = 0;
