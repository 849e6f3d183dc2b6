; <?php exit; ?> What holds for every instance; its own settings are in the volume.
[General]
; The address may change: another port, a domain.
enable_trusted_host_check = 0
; The code is the image's.
enable_auto_update = 0
enable_plugin_upload = 0
force_ssl = 0
