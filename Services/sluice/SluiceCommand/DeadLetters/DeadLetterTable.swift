import DeadLetters
import FoundationEssentials
import IOLoop
import Webhooks

// The table as the command's arguments ask it.

extension DeadLetterFilter {
    /// - Parameter all: also those that were replayed or dropped.
    func selection(all: Bool) -> DeadLetterSelection {
        var selection = DeadLetterSelection()
        (selection.ids, selection.stages, selection.reasons, selection.devices) = (ids, stage, reason, device)
        (selection.from, selection.to) = (from?.timestamp, to?.timestamp)
        selection.includesSettled = all
        return selection
    }
}

extension DeadLetterTable {
    /// - Parameter all: also those that were replayed or dropped.
    func count(_ filter: DeadLetterFilter, all: Bool = false) async throws -> Int {
        try await count(filter.selection(all: all))
    }

    /// The newest first.
    func list(_ filter: DeadLetterFilter, all: Bool, limit: Int) async throws -> [DeadLetterEntry] {
        try await list(filter.selection(all: all), limit: limit)
    }

    /// Numbers of the matching ones that are open, in the order in which they were received; those of webhooks apart, which no
    /// broker can take.
    func open(_ filter: DeadLetterFilter) async throws -> (published: [Int64], webhooks: [Int64]) {
        let found = try await ids(filter.selection(all: false), apart: WebhookDeadLetter.reason)
        return (found.others, found.apart)
    }

    /// As they were published.
    func messages(_ ids: [Int64]) async throws -> [OutgoingMessage] {
        try await originals(ids).map {
            OutgoingMessage(topic: $0.topic, payload: $0.payload, readings: 1, replay: $0.eventID)
        }
    }

    func drop(_ filter: DeadLetterFilter) async throws -> Int { try await drop(filter.selection(all: false)) }

    /// Deletes them for good, whatever became of them.
    func purge(_ filter: DeadLetterFilter) async throws -> Int { try await purge(filter.selection(all: true)) }
}
