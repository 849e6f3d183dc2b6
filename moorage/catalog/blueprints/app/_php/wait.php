<?php
// Until a server takes connections: at a first start, and after one of the machine, it is later.

function wait_for(string $host, int $port, int $timeout_s = 120): void
{
    for ($start = time(); !($socket = @fsockopen($host, $port, $code, $why, 1)); usleep(200000)) {
        if (time() - $start > $timeout_s) {
            fwrite(STDERR, "$host:$port takes no connections: $why\n");
            exit(1);
        }
    }
    fclose($socket);
}
