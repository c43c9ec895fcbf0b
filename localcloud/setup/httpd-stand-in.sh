#!/bin/sh
# Gives the Apache of Debian, in the root file system $1, the layout of the official httpd image: one Dockerfile fits both.
set -eu
cd "$1"
prefix=usr/local/apache2
mkdir -p $prefix/bin $prefix/conf $prefix/htdocs $prefix/logs
ln -s /usr/sbin/apache2 $prefix/bin/httpd
ln -s /usr/lib/apache2/modules $prefix/modules
ln -s /etc/mime.types $prefix/conf/mime.types
echo '<html><body><h1>It works!</h1></body></html>' >$prefix/htdocs/index.html

cat >$prefix/bin/httpd-foreground <<'END'
#!/bin/sh
exec httpd -d /usr/local/apache2 -f conf/httpd.conf -DFOREGROUND "$@"
END
chmod 755 $prefix/bin/httpd-foreground

cat >$prefix/conf/httpd.conf <<'END'
ServerRoot "/usr/local/apache2"
Listen 80
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authz_core_module modules/mod_authz_core.so
DocumentRoot "/usr/local/apache2/htdocs"
ErrorLog /proc/self/fd/2
END

rm -rf var/lib/apt/lists/* var/cache/apt/* usr/share/doc usr/share/man usr/share/locale usr/share/info
