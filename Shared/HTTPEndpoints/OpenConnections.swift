internal import NIOCore
internal import Synchronization

/// The connections of one server. One more than there may be is taken all the same, since it may be an orchestrator's that decides
/// whether the service lives; the one that is missed least goes for it.
final class OpenConnections: Sendable {
    enum Business {
        /// Nothing was asked, or everything is answered.
        case idle
        /// Something is being sent.
        case asking
        case answering
    }

    struct Standing {
        var business = Business.idle
        var since: NIODeadline

        /// The longest idle one first. One that came just now, or was answered just now, is about to ask: it stays for as long as
        /// others have asked for something and do not say what.
        func goes(before other: Standing, at now: NIODeadline, sparing spared: TimeAmount) -> Bool {
            (rank(at: now, spared), since) < (other.rank(at: now, spared), other.since)
        }

        private func rank(at now: NIODeadline, _ spared: TimeAmount) -> Int {
            switch business {
            case .idle: now - since < spared ? 2 : 0
            case .asking: 1
            case .answering: 3
            }
        }
    }

    private struct Entry {
        let channel: any Channel
        var standing = Standing(since: .now())
    }

    private let limit: Int
    private let spared: TimeAmount
    private let entries = Mutex<[ObjectIdentifier: Entry]>([:])

    /// - Parameter spared: for how long an idle one is as good as one that asks.
    init(limit: Int, sparing spared: TimeAmount) {
        self.limit = limit
        self.spared = spared
    }

    /// - Returns: the connection that is to be closed for this one; nil where there is room.
    func add(_ channel: any Channel) -> (any Channel)? {
        entries.withLock { entries in
            let now = NIODeadline.now()
            let leaving =
                entries.count < limit
                ? nil : entries.min { $0.value.standing.goes(before: $1.value.standing, at: now, sparing: spared) }
            if let leaving { entries[leaving.key] = nil }
            entries[ObjectIdentifier(channel)] = Entry(channel: channel)
            return leaving?.value.channel
        }
    }

    func remove(_ channel: any Channel) {
        entries.withLock { $0[ObjectIdentifier(channel)] = nil }
    }

    func note(_ business: Business, of channel: any Channel) {
        entries.withLock { entries in
            entries[ObjectIdentifier(channel)]?.standing = Standing(business: business, since: .now())
        }
    }
}
