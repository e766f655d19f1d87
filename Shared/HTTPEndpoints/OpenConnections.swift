internal import NIOCore
internal import Synchronization

/// The connections of one server. One more than there may be is taken all the same, since it may be an orchestrator's that decides
/// whether the service lives; the one that is missed least goes for it.
final class OpenConnections: Sendable {
    /// In the order in which they go.
    enum Business: Int, Comparable {
        /// Nothing was asked, or everything is answered.
        case idle
        /// Something is being sent.
        case asking
        case answering

        static func < (left: Business, right: Business) -> Bool { left.rawValue < right.rawValue }
    }

    private struct Entry {
        let channel: any Channel
        var business = Business.idle
        var since: NIODeadline
    }

    private let limit: Int
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    init(limit: Int) {
        self.limit = limit
    }

    /// - Returns: the connection that is to be closed for this one; nil where there is room.
    func add(_ channel: any Channel) -> (any Channel)? {
        entries.withLock { entries in
            let leaving = entries.count < limit ? nil : entries.min { Self.goesBefore($0.value, $1.value) }
            if let leaving { entries[leaving.key] = nil }
            entries[ObjectIdentifier(channel)] = Entry(channel: channel, since: .now())
            return leaving?.value.channel
        }
    }

    func remove(_ channel: any Channel) {
        entries.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    func note(_ business: Business, of channel: any Channel) {
        entries.withLock { entries in
            guard var entry = entries[ObjectIdentifier(channel)] else { return }
            entry.business = business
            entry.since = .now()
            entries[ObjectIdentifier(channel)] = entry
        }
    }

    /// The longest idle one first.
    private static func goesBefore(_ left: Entry, _ right: Entry) -> Bool {
        (left.business, left.since) < (right.business, right.since)
    }
}
