internal import IOLoop

/// Lets so many in at once, the others one after another in the order in which they came.
@IOThread
final class Turnstile {
    private let capacity: Int
    private var inside = 0
    private var waiting: [(ticket: Int, continuation: CheckedContinuation<Bool, Never>)] = []
    private var nextTicket = 0

    init(capacity: Int) {
        self.capacity = capacity
    }

    var isEmpty: Bool { inside == 0 && waiting.isEmpty }

    /// Runs `body` when it is its turn.
    ///
    /// - Throws: `CancellationError` when the task is cancelled before that; what `body` throws.
    func pass<Result: Sendable>(_ body: @IOThread () async throws -> Result) async throws -> Result {
        try await enter()
        defer { leave() }
        return try await body()
    }

    private func enter() async throws {
        try Task.checkCancellation()
        if inside < capacity {
            inside += 1
            return
        }
        let ticket = nextTicket
        nextTicket += 1
        let isLetIn = await withTaskCancellationHandler {
            await withCheckedContinuation { waiting.append((ticket, $0)) }
        } onCancel: {
            IOThread.task { self.turnAway(ticket) }
        }
        if !isLetIn { throw CancellationError() }
    }

    /// Its place is given to the next one, and never free in between: nobody can slip in.
    private func leave() {
        guard !waiting.isEmpty else {
            inside -= 1
            return
        }
        waiting.removeFirst().continuation.resume(returning: true)
    }

    /// Nothing, where it has been let in meanwhile.
    private func turnAway(_ ticket: Int) {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return }
        waiting.remove(at: index).continuation.resume(returning: false)
    }
}
