# Caddy without root and without any capability: it listens on 8080 and 8443, and compose publishes these as 80 and 443.
FROM caddy:2.10.2
# The binary asks for a capability to bind low ports; a container that has none could not even start it.
RUN setcap -r /usr/bin/caddy && chown -R 10001 /data /config
COPY deploy/Caddyfile /etc/caddy/Caddyfile
USER 10001
