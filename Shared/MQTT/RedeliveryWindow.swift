/// The time after a reconnect in which the broker may send again what we had not acknowledged.
///
/// libmosquitto's public message lacks the DUP flag, but its log line for each PUBLISH has it and is made right
/// before the message callback. Making that line costs a `malloc` and a `vsnprintf` a message, so it is asked for
/// only while this window is open.
struct RedeliveryWindow {
    /// The broker has at most this many unacknowledged messages, and sends them again before new ones.
    let limit: Int
    private var freshMessages = 0
    private(set) var isOpen = false
    private(set) var duplicate = false

    init(limit: Int) {
        self.limit = limit
    }

    mutating func open() {
        isOpen = true
        freshMessages = 0
        duplicate = false
    }

    mutating func close() {
        isOpen = false
        duplicate = false
    }

    /// A PUBLISH is about to be delivered.
    mutating func announce(duplicate: Bool) {
        self.duplicate = duplicate
    }

    /// It was. True when this was the last one that could still have been sent before.
    mutating func delivered(qos: MQTTQoS) -> Bool {
        guard isOpen, qos != .atMostOnce else { return false }
        freshMessages = duplicate ? 0 : freshMessages + 1
        duplicate = false
        return freshMessages > limit
    }
}

/// Finds the DUP flag in libmosquitto's line "Client ID received PUBLISH (d1, q1, …".
struct PublishLogLine {
    private let prefix: [UInt8]

    init(clientID: String) {
        prefix = Array("Client \(clientID) received PUBLISH (d".utf8)
    }

    /// Nil when the line tells of something else.
    func duplicateFlag(in line: UnsafePointer<CChar>) -> Bool? {
        for (index, byte) in prefix.enumerated() where UInt8(bitPattern: line[index]) != byte {
            return nil
        }
        return UInt8(bitPattern: line[prefix.count]) == UInt8(ascii: "1")
    }
}
