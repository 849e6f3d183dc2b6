<?php
// First start: settings, who may do what, and the first user. Every start: link what is bundled.

function make(string $file, string $content): void
{
    if (!file_exists($file)) {
        file_put_contents("$file.new", $content);
        rename("$file.new", $file);
    }
}

foreach (['conf', 'lib/plugins', 'lib/tpl'] as $folder) {
    is_dir("/storage/$folder") || mkdir("/storage/$folder", 0750, true);
}
foreach (glob('/usr/share/dokuwiki/{plugins,tpl}/*', GLOB_BRACE) as $bundled) {
    $link = str_replace('/usr/share/dokuwiki', '/storage/lib', $bundled);
    file_exists($link) || is_link($link) || symlink($bundled, $link);
}

// Strangers make themselves no users: who writes is the owner's choice, and no mail can be sent.
$settings = [
    'title' => getenv('DOKUWIKI_TITLE'),
    'lang' => getenv('DOKUWIKI_LANG'),
    'disableactions' => 'register,resendpwd',
];
$lines = ['<?php'];
foreach (array_filter($settings) as $name => $value) {
    $lines[] = "\$conf['$name'] = " . var_export($value, true) . ';';
}
make('/storage/conf/local.php', implode("\n", $lines) . "\n");

// 0 nothing, 1 read, 8 upload, the highest right of a page's writer.
$rights = ['open' => [8, 8], 'public' => [1, 8], 'closed' => [0, 8]];
[$visitor, $user] = $rights[getenv('DOKUWIKI_ACCESS') ?: 'public'];
make('/storage/conf/acl.auth.php', "# <?php exit()?>\n*\t@ALL\t$visitor\n*\t@user\t$user\n");

$hash = password_hash(getenv('DOKUWIKI_ADMIN_PASSWORD'), PASSWORD_BCRYPT);
$first = implode(':', ['admin', $hash, 'Administrator', 'admin@localhost', 'admin,user']);
make('/storage/conf/users.auth.php', "# <?php exit()?>\n$first\n");
