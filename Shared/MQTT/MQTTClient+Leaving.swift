extension MQTTClient {
    /// Ends the persistent session at the broker: its subscriptions and whatever is queued for it. To be called on a
    /// client that is closed, or not connected.
    ///
    /// A clean connection under the same client id replaces the session, and takes it along when it ends; in MQTT 3.1.1
    /// there is no other way, and in MQTT 5 it is one of two.
    ///
    /// - Throws: `notConnected` when the broker cannot be reached within `limit`.
    public func discardSession(within limit: Duration = .seconds(10)) async throws(MQTTError) {
        var options = options
        options.session = .clean
        options.acknowledgement = .automatic
        let successor = try MQTTClient(options)
        successor.connect()
        defer { successor.close() }
        try await successor.waitUntilConnected(within: limit)
    }
}
