import AlertRecords
import Alerting
import IOLoop
import Model
import Testing

extension EndToEnd {
    /// What a person would want to hear of, and no more than three messages of it; whether or not the detector is killed meanwhile.
    @IOThread
    struct AlertScenarioTests {
        @Test func `a step change alarms once, where it happened, and is learnt`() async throws {
            let outcome = try await expectSame(.step)
            expectOneAlert(outcome, of: .step, detector: "tailsum")
            #expect(outcome.messages.map(\.cause) == ["fired", "cleared"])
            // What is the usual level now is no longer worth a look.
            let last = outcome.scores.sorted { $0.key < $1.key }.suffix(20).flatMap(\.value)
            #expect(last.count == 200 && last.allSatisfy { $0 < 1 })
        }

        @Test func `a sensor that is stuck fires until it moves`() async throws {
            let scenario = AlertScenario.stuck
            let outcome = try await expectSame(scenario)
            expectOneAlert(outcome, of: scenario, detector: "flat-line")
            #expect(outcome.messages.map(\.cause) == ["fired", "cleared"])
            // The last stuck reading is the 2,000th, and an alert is held for five minutes.
            #expect(outcome.alerts.first?.resolvedAt == scenario.time(1_999).advanced(by: .seconds(300)))
        }

        @Test func `a burst of noise is one alert`() async throws {
            let outcome = try await expectSame(.burst)
            expectOneAlert(outcome, of: .burst, detector: "tailsum")
            #expect(outcome.messages.map(\.cause) == ["fired", "cleared"])
        }

        @Test func `a sensor that flaps is one alert and three messages`() async throws {
            let outcome = try await expectSame(.flapping)
            expectOneAlert(outcome, of: .flapping, detector: "threshold")
            #expect(outcome.messages.map(\.cause) == ["fired", "cleared", "flapping"])
        }

        /// Without a kill and with some.
        ///
        /// - Returns: what came of it without.
        private func expectSame(
            _ scenario: AlertScenario, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws -> ScenarioOutcome {
            let undisturbed = try await scenario.run()
            for seed in Kill.seeds {
                let kill = Kill(scenario, seed: seed)
                let killed = try await scenario.run(kill)
                print(
                    "\(scenario.name), \(kill): \(killed.redelivered) batches and \(killed.repeatedMessages) messages again"
                )
                #expect(killed.states == undisturbed.states, "\(kill)", sourceLocation: sourceLocation)
                #expect(killed.told == undisturbed.told, "\(kill)", sourceLocation: sourceLocation)
            }
            return undisturbed
        }

        private func expectOneAlert(
            _ outcome: ScenarioOutcome, of scenario: AlertScenario, detector: String,
            sourceLocation: SourceLocation = #_sourceLocation
        ) {
            #expect(outcome.alerts.count == 1, "\(outcome.told)", sourceLocation: sourceLocation)
            #expect(outcome.messages.count <= 3, sourceLocation: sourceLocation)
            guard let alert = outcome.alerts.first, let first = outcome.messages.first else { return }
            #expect(alert.detector == detector && alert.state.name == "resolved", sourceLocation: sourceLocation)
            let index = scenario.index(ofEvent: alert.eventID) ?? -1
            let expected = scenario.begins..<(scenario.begins + scenario.slack)
            #expect(expected.contains(index), "\(alert.eventID)", sourceLocation: sourceLocation)
            #expect(
                first.id == alert.id && first.timestamp == scenario.time(index).iso8601, sourceLocation: sourceLocation)
            #expect(outcome.repeatedMessages == 0, sourceLocation: sourceLocation)
        }
    }
}
