<?php
// Encrypts the cookies of this container's sessions, which end with it.
umask(0077);
file_put_contents('/tmp/phpmyadmin.secret', random_bytes(32));
