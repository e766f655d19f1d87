internal import IOLoop
internal import ZeroMQ

/// Tells a pipe of handshakes that fail on one of its sockets.
@IOThread
final class HandshakeWatch {
    private let monitored: Socket
    private let monitor: HandshakeMonitor
    private var watch: Watch?

    init(_ socket: Socket, _ onFailure: @escaping @IOThread (HandshakeFailure) -> Void) throws(ZeroMQError) {
        monitored = socket
        let monitor = try socket.monitorHandshakes()
        self.monitor = monitor
        watch = EventLoop.watch(socket: monitor.socket) {
            while let failure = monitor.next() { onFailure(failure) }
        }
    }

    /// Before the socket itself is closed.
    func close() {
        guard let watch else { return }
        self.watch = nil
        watch.cancel()
        monitored.endMonitoring()
        monitor.socket.close()
    }
}
