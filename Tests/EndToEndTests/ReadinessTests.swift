import Foundation
import Testing

extension EndToEnd {
    /// What `/api/ready` of health-monitor says when a stage hangs.
    struct ReadinessTests {
        /// A stopped process keeps its port and its connections: only silence tells.
        @Test func `a stopped stage makes the pipeline red within five seconds, and green when it goes on`()
            async throws
        {
            try await withStack { stack in
                try await expectGreen(stack)
                for service in ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"] {
                    try await stack.signal(service, SIGSTOP)
                    try await expectRed(stack, because: "\(service)-1 is stalled")
                    try await stack.signal(service, SIGCONT)
                    try await expectGreen(stack)
                }
                try await stack.publish("sensors/after/temperature", #"{"value": 1}"#)
                #expect(try await stack.reaches(1, "select count(*) from readings"))
            }
        }

        private func expectRed(_ stack: Stack, because complaint: String) async throws {
            let stopped = ContinuousClock.now
            let isRed = try await eventually(within: 5) {
                let answer = try await stack.readiness()
                return answer.status == 503 && answer.body.contains(complaint)
            }
            let answer = try await stack.readiness()
            #expect(isRed, "after \(ContinuousClock.now - stopped): \(answer)")
        }

        private func expectGreen(_ stack: Stack) async throws {
            let isGreen = try await eventually(within: 30) { try await stack.readiness().status == 200 }
            let answer = try await stack.readiness()
            #expect(isGreen, "\(answer)")
        }
    }
}

extension Stack {
    fileprivate func readiness() async throws -> HTTP.Answer {
        try await HTTP.get(try await status().dashboard + "/api/ready")
    }
}
