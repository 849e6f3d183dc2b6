<?php
// Debian's Twig is newer than phpMyAdmin, which would show its notes for developers to everybody.
// Source: https://github.com/symfony/deprecation-contracts#readme
function trigger_deprecation(): void
{
}
