internal import IOLoop

extension MQTTClient {
    /// Returns when there is a connection.
    ///
    /// - Throws: `notConnected` when there is none within `limit`, `closed` when the client is closed meanwhile.
    public func waitUntilConnected(within limit: Duration = .seconds(30)) async throws(MQTTError) {
        let deadline = ContinuousClock.now + limit
        while state != .connected {
            guard state != .closed else { throw .closed("connect to \(options.address)") }
            guard ContinuousClock.now < deadline else { throw .notConnected("connect to \(options.address)") }
            await EventLoop.sleep(for: .milliseconds(10))
        }
    }
}
