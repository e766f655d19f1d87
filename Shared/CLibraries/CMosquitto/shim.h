#pragma once
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/// libmosquitto writes each packet with a system call of its own. Between cork and uncork the kernel puts them into
/// full segments, so a thousand PUBACKs of four bytes do not become a thousand segments. Fails harmlessly on a
/// socket that is not TCP.
static inline void sluice_cork(int socket, int corked) {
    setsockopt(socket, IPPROTO_TCP, TCP_CORK, &corked, sizeof corked);
}
