<?php
// Adminer with the server's name filled in, and without a look at adminer.org for updates.

function adminer_object(): object
{
    require '/usr/share/adminer/plugins/version-noverify.php';

    return new Adminer\Plugins([
        new AdminerVersionNoverify(),
        new class {
            public function loginFormField(string $name, string $heading, string $value): ?string
            {
                $server = htmlspecialchars(getenv('ADMINER_DEFAULT_SERVER') ?: '');
                return $name === 'server' && $server !== '' && str_contains($value, 'value=""')
                    ? $heading . str_replace('value=""', "value=\"$server\"", $value)
                    : null;
            }
        },
    ]);
}

require '/usr/share/adminer/adminer.php';
