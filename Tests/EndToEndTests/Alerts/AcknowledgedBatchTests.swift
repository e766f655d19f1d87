import IOLoop
import Model
import Testing

extension EndToEnd {
    /// Upstream does not send again what it was told is done: after a kill the journal alone knows it, since no checkpoint comes.
    @IOThread
    struct AcknowledgedBatchTests {
        /// In the middle of the run of equal readings that has not alarmed yet, after the alert, and near its end.
        @Test func `kills in the middle of a flat line leave the alert, its time and the state as they are`()
            async throws
        {
            try await expectSame(.stuck, killedAfter: [100, 150, 152, 153, 154, 180, 201])
        }

        @Test func `kills in the middle of a step that has not alarmed yet leave it as it is`() async throws {
            try await expectSame(.creep, killedAfter: [120, 150, 151, 152, 160, 200])
        }

        @Test func `another instance goes on with a flat line where the killed one was`() async throws {
            try await expectSame(.stuck, killedAfter: [150, 153], successor: "anomaly-detector-2")
        }

        private func expectSame(
            _ scenario: AlertScenario, killedAfter kills: Set<Int>, successor: String? = nil,
            sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let undisturbed = try await scenario.run(killedAfter: [])
            let killed = try await scenario.run(killedAfter: kills, successor: successor)
            #expect(undisturbed.told.count == 2, "\(undisturbed.steps)", sourceLocation: sourceLocation)
            #expect(undisturbed.statistics.last == "\(scenario.values.count)", sourceLocation: sourceLocation)
            #expect(killed.steps == undisturbed.steps, sourceLocation: sourceLocation)
            #expect(killed.told == undisturbed.told, sourceLocation: sourceLocation)
            #expect(killed.statistics == undisturbed.statistics, sourceLocation: sourceLocation)
            #expect(killed.redelivered == 0, sourceLocation: sourceLocation)
        }
    }
}
