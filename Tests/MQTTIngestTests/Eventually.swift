import IOLoop
import Testing

/// Waits for a condition, generously: the machine may be busy.
@IOThread
func eventually(
    within limit: Duration = .seconds(60), _ condition: @IOThread () async throws -> Bool,
    sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + limit
    while try await !condition() {
        try #require(ContinuousClock.now < deadline, "the condition did not come true", sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(10))
    }
}
