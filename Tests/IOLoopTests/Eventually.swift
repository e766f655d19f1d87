import IOLoop
import Testing

/// Waits for a condition, not for a time.
@IOThread
func eventually(
    _ condition: @IOThread () -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !condition() {
        try #require(
            ContinuousClock.now < deadline, "the condition did not come true within 30 s",
            sourceLocation: sourceLocation)
        await EventLoop.sleep(for: .milliseconds(1))
    }
}
