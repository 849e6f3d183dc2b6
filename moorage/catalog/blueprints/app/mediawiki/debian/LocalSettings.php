<?php
$wgSitename = getenv('MEDIAWIKI_NAME') ?: 'Wiki';
$wgLanguageCode = getenv('MEDIAWIKI_LANG') ?: 'en';
$wgScriptPath = '';
$wgArticlePath = '/wiki/$1';
// The address may change: another port, a domain.
$scheme = ($_SERVER['HTTPS'] ?? '') === 'on' ? 'https' : 'http';
$wgServer = "$scheme://" . ($_SERVER['HTTP_HOST'] ?? 'localhost');

$wgDBtype = 'mysql';
$wgDBserver = getenv('MEDIAWIKI_DB_HOST') ?: 'db';
$wgDBname = getenv('MEDIAWIKI_DB_NAME') ?: 'mediawiki';
$wgDBuser = getenv('MEDIAWIKI_DB_USER') ?: 'mediawiki';
$wgDBpassword = getenv('MEDIAWIKI_DB_PASSWORD');
$wgDBTableOptions = 'ENGINE=InnoDB, DEFAULT CHARSET=binary';
$wgSecretKey = getenv('MEDIAWIKI_SECRET_KEY');
$wgAuthenticationTokenVersion = '1';

$wgMainCacheType = CACHE_ACCEL;
$wgSessionCacheType = CACHE_DB;
$wgParserCacheType = CACHE_DB;
$wgCacheDirectory = '/var/cache/mediawiki';
$wgEnableUploads = true;
$wgUseInstantCommons = false;
$wgEnableEmail = false;
$wgPingback = false;

$access = getenv('MEDIAWIKI_ACCESS') ?: 'public';
$wgGroupPermissions['*']['edit'] = $access === 'open';
$wgGroupPermissions['*']['createaccount'] = $access === 'open';
$wgGroupPermissions['*']['read'] = $access !== 'closed';
$wgWhitelistRead = ['Special:UserLogin'];

wfLoadSkin('Vector');
$wgDefaultSkin = 'vector-2022';
$extensions = ['CategoryTree', 'Cite', 'CodeEditor', 'ImageMap', 'InputBox', 'Nuke',
    'ParserFunctions', 'TemplateData', 'VisualEditor', 'WikiEditor'];
wfLoadExtensions($extensions);
