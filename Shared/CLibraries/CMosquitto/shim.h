#pragma once
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

// The OpenSSL that libmosquitto is linked with; its headers are large, and this is all that is used of them.
int SSL_pending(const void *ssl);
const char *X509_get_default_cert_dir(void);

/// Whether TLS has decrypted bytes that nobody has read. The socket does not show them, so no poll ever tells of them.
static inline int sluice_has_decrypted(struct mosquitto *client) {
    const void *ssl = mosquitto_ssl_get(client);
    return ssl && SSL_pending(ssl) > 0;
}

/// libmosquitto writes each packet with a system call of its own. Between cork and uncork the kernel puts them into
/// full segments, so a thousand PUBACKs of four bytes do not become a thousand segments. Fails harmlessly on a
/// socket that is not TCP.
static inline void sluice_cork(int socket, int corked) {
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
}
