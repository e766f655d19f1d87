import AlertRecords
import Alerting
import IOLoop
import Model
import Testing

extension EndToEnd {
    /// By the wall clock: silence is nothing that readings could show.
    @IOThread
    struct SilentDeviceTests {
        private static let detectors = """
            - type: missing
              minimum: 8s
              warm_up: 10
              alert: { keep_firing_for: 1s }
            """
        private static let boiler = [("boiler", "temperature"), ("boiler", "pressure")]
        private static let pump = [("pump", "speed")]

        /// When the detector is killed.
        enum Kill: CaseIterable {
            case never
            case beforeTheAlert
            case afterTheAlert
        }

        @Test(arguments: Kill.allCases)
        func `a silent device is one alert until it is heard again, and its sensors are kept back`(
            kill: Kill
        ) async throws {
            try await withDetector(Self.detectors) { rig in
                try await rig.talk(Self.boiler + Self.pump, rounds: 40)
                if kill == .beforeTheAlert { try await rig.killAndRestart() }
                try await rig.talk(Self.pump, until: "boiler is missing") {
                    try await rig.firing().count { $0.device == "boiler" } == 3
                }
                if kill == .afterTheAlert {
                    try await rig.killAndRestart()
                    // Until it has looked for series that nothing is heard of.
                    try await rig.talk(Self.pump, for: .seconds(15))
                }
                try await rig.talk(Self.boiler + Self.pump, until: "all is well") { try await rig.firing().isEmpty }
                try await expectOneAlertOfTheDevice(rig)
            }
        }

        private func expectOneAlertOfTheDevice(_ rig: DetectorRig) async throws {
            let alerts = try await rig.alerts()
            #expect(
                alerts.map { "\($0.device)/\($0.sensor)" }.sorted() == [
                    "boiler/", "boiler/pressure", "boiler/temperature",
                ])
            let device = try #require(alerts.first { $0.sensor.isEmpty })
            try await rig.until("the end is told") { try rig.listener.messages.count >= 2 }
            let told = try rig.listener.messages.map { "\($0.id) \($0.state)" }
            #expect(told == ["\(device.id) firing", "\(device.id) resolved"])
            for sensor in alerts where !sensor.sensor.isEmpty {
                let transitions = try await rig.transitions(of: sensor.id)
                #expect(transitions.map(\.telling).first == "suppressed")
                #expect(transitions.first?.suppressedBy == "inhibition offline by alert \(device.id)")
                #expect(transitions.allSatisfy { $0.telling != "told" }, "\(transitions)")
            }
        }

        /// Sensors of a device do not speak all at once.
        @Test func `a device that comes back sensor by sensor is told well, and nothing of its sensors`() async throws {
            try await withDetector(Self.detectors) { rig in
                try await rig.talk(Self.boiler + Self.pump, rounds: 40)
                try await rig.talk(Self.pump, until: "boiler is missing") {
                    try await rig.firing().count { $0.device == "boiler" } == 3
                }
                try await rig.talk(Self.pump, rounds: 20)
                // The other sensor needs longer than a look at the clock, and less than it takes to be missing.
                try await rig.talk([Self.boiler[0]] + Self.pump, for: .seconds(2))
                try await rig.talk(Self.boiler + Self.pump, until: "all is well") { try await rig.firing().isEmpty }
                try await expectOneAlertOfTheDevice(rig)
            }
        }
    }
}

extension DetectorRig {
    /// A reading of each every tenth of a second.
    func talk(_ series: [(device: String, sensor: String)], rounds: Int) async throws {
        for _ in 0..<rounds { try await talk(series) }
    }

    func talk(_ series: [(device: String, sensor: String)], for span: Duration) async throws {
        let end = ContinuousClock.now + span
        while .now < end { try await talk(series) }
    }

    func talk(
        _ series: [(device: String, sensor: String)], until what: String, _ condition: () async throws -> Bool
    ) async throws {
        try await until(what) {
            try await talk(series)
            return try await condition()
        }
    }

    private func talk(_ series: [(device: String, sensor: String)]) async throws {
        let now = Timestamp.now()
        try await send(series.map { SyntheticReading(device: $0.device, sensor: $0.sensor, time: now, value: 1) })
        await EventLoop.sleep(for: .milliseconds(100))
    }

    /// Alerts that are not over.
    func firing() async throws -> [AlertRecord] { try await alerts().filter { $0.state != .resolved } }
}
