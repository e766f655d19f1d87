internal import CMosquitto
internal import Glibc
internal import IOLoop

// libmosquitto calls these inside `mosquitto_loop_read`, `_write` and `_misc`, which only our loop calls: always on
// the I/O thread. `callback_mutex` is held meanwhile, so none of them may tear the handle down; the client notes
// what has to be done and does it when the library has returned.

func installCallbacks(on handle: OpaquePointer) {
    mosquitto_connect_v5_callback_set(handle, onConnect)
    mosquitto_disconnect_v5_callback_set(handle, onDisconnect)
    mosquitto_message_v5_callback_set(handle, onMessage)
    mosquitto_publish_v5_callback_set(handle, onPublish)
    mosquitto_subscribe_callback_set(handle, onSubscribe)
    mosquitto_unsubscribe_callback_set(handle, onUnsubscribe)
}

/// While TLS is being negotiated, and while the redelivery window is open; see ``RedeliveryWindow``. libmosquitto holds
/// `log_callback_mutex` during the log callback, so it is switched from the other callbacks and never from itself.
func listenToLog(of handle: OpaquePointer, _ listen: Bool) {
    mosquitto_log_callback_set(handle, listen ? onLog : nil)
}

private func client(_ owner: UnsafeMutableRawPointer?) -> MQTTClient? {
    owner.map { Unmanaged<MQTTClient>.fromOpaque($0).takeUnretainedValue() }
}

private func onConnect(
    _: OpaquePointer?, owner: UnsafeMutableRawPointer?, reason: Int32, flags: Int32, _: OpaquePointer?
) {
    let client = client(owner)
    IOThread.assumeIsolated { client?.didReceiveConnectAnswer(reason: reason, sessionPresent: flags & 1 == 1) }
}

private func onDisconnect(_: OpaquePointer?, owner: UnsafeMutableRawPointer?, code: Int32, _: OpaquePointer?) {
    let client = client(owner)
    IOThread.assumeIsolated { client?.didLoseConnection(code) }
}

private func onMessage(
    _: OpaquePointer?, owner: UnsafeMutableRawPointer?, message: UnsafePointer<mosquitto_message>?,
    properties: OpaquePointer?
) {
    guard let client = client(owner), let message = message?.pointee else { return }
    nonisolated(unsafe) var delivered = MQTTMessage(message)
    delivered.properties = properties
    IOThread.assumeIsolated { client.didReceive(delivered) }
    // `loop_read` looks at errno after the callback to see whether the socket is empty.
    errno = 0
}

private func onPublish(
    _: OpaquePointer?, owner: UnsafeMutableRawPointer?, packetID: Int32, reason: Int32, _: OpaquePointer?
) {
    let client = client(owner)
    IOThread.assumeIsolated { client?.didConfirm(packetID: UInt16(truncatingIfNeeded: packetID), reason: reason) }
}

private func onSubscribe(
    _: OpaquePointer?, owner: UnsafeMutableRawPointer?, packetID: Int32, count: Int32, granted: UnsafePointer<Int32>?
) {
    let client = client(owner)
    let codes = Array(UnsafeBufferPointer(start: granted, count: Int(count)))
    IOThread.assumeIsolated { client?.didSubscribe(packetID: packetID, granted: codes) }
}

private func onUnsubscribe(_: OpaquePointer?, owner: UnsafeMutableRawPointer?, packetID: Int32) {
    let client = client(owner)
    IOThread.assumeIsolated { client?.didSubscribe(packetID: packetID, granted: []) }
}

private func onLog(_: OpaquePointer?, owner: UnsafeMutableRawPointer?, level: Int32, line: UnsafePointer<CChar>?) {
    guard let client = client(owner), let line else { return }
    nonisolated(unsafe) let borrowed = line
    IOThread.assumeIsolated { client.didLog(level, borrowed) }
}

extension MQTTMessage {
    fileprivate init(_ message: mosquitto_message) {
        topic = UnsafeRawBufferPointer(start: message.topic, count: message.topic.map { strlen($0) } ?? 0)
        payload = UnsafeRawBufferPointer(start: message.payload, count: Int(message.payloadlen))
        packetID = UInt16(truncatingIfNeeded: message.mid)
        qos = MQTTQoS(rawValue: UInt8(truncatingIfNeeded: message.qos)) ?? .atMostOnce
        retained = message.retain
        duplicate = false
    }
}
