import Foundation
import Testing

extension EndToEnd {
    /// Stages on hosts of their own, which know each other by names.
    @Suite(
        .enabled("network namespaces cannot be made here") {
            if let obstacle = HostNetwork.obstacle { print("Hosts cannot be made here: \(obstacle)") }
            return HostNetwork.isRequired || HostNetwork.obstacle == nil
        })
    struct HostTests {
        /// Longer than any stall that a host's departure may cause: three silent seconds, and the sending again.
        private static let stall = 15.0

        @Test func `a host is cut off and comes back, and a name gains and loses an address`() async throws {
            let sluice = try await HostedSluice.start()
            do {
                try await gainAddress(sluice)
                try await cutAndHeal(sluice)
                try await loseAddress(sluice)
            } catch {
                let log = sluice.logTails
                await sluice.stop()
                throw CommandFailure(description: "\(error)\n\(log)")
            }
            await sluice.stop()
        }

        private func gainAddress(_ sluice: HostedSluice) async throws {
            #expect(try await !sluice.isConnected(sluice.right), "nobody knows the right host's address yet")
            try sluice.name(preprocessors: ["left", "right"])
            try await sluice.right.waitUntilReady(within: Self.stall)
        }

        /// Nobody tells the others that the host is gone: its packets vanish, and its connections stay half open.
        private func cutAndHeal(_ sluice: HostedSluice) async throws {
            let load = try Load(on: sluice.network["front"], broker: "mqtt://127.0.0.1:1883", rate: 500)
            try await sluice.expectEveryDeviceFlows(within: 30)
            try sluice.network.cut(sluice.network["right"])
            let isRed = try await eventually(within: 10) { try await !sluice.network["right"].isReady(sluice.right) }
            #expect(isRed, "the host that is cut off does not say so")
            try await sluice.expectEveryDeviceFlows(within: Self.stall)
            // Long enough for connections to be given up and tried again.
            let stored = try await sluice.number("select count(*) from readings")
            let flows = try await eventually(within: 60) {
                try await sluice.number("select count(*) from readings") >= stored + 5_000
            }
            #expect(flows, "the other host does not carry the load")
            try sluice.network.heal(sluice.network["right"])
            try await sluice.right.waitUntilReady(within: Self.stall)
            try await sluice.expectEveryDeviceFlows(within: Self.stall)
            try await Ledger(stack: sluice).expectAllStoredOnce(try await load.stop())
        }

        /// A link that lives is kept, as name servers forget for moments; one that has ended is not made again. Names are
        /// looked up every three seconds, so a restart right after the change may still find the old answer.
        private func loseAddress(_ sluice: HostedSluice) async throws {
            try sluice.name(preprocessors: ["left"])
            let isLost = try await eventually(within: 40) {
                try await sluice.restartRight()
                return try await !eventually(within: 4) { try await sluice.isConnected(sluice.right) }
            }
            #expect(isLost, "the address that the name has lost is still used")
            try sluice.name(preprocessors: ["left", "right"])
            try await sluice.right.waitUntilReady(within: Self.stall)
        }
    }
}

extension HostedSluice {
    /// Whether a preprocessor has a detector.
    func isConnected(_ service: HostedService) async throws -> Bool {
        try await service.host.answer(service.port, "/readyz/downstream") == "200"
    }

    /// Waits until each of the devices has had a reading stored that came after this call.
    func expectEveryDeviceFlows(within seconds: Double) async throws {
        let start = try await query("select clock_timestamp()")
        let flows = try await eventually(within: seconds) {
            try await number("select count(distinct device_id) from readings where received_at > '\(start)'") == 20
        }
        let stuck =
            flows
            ? ""
            : try await query(
                """
                select device_id, max(received_at) from readings group by 1 having max(received_at) <= '\(start)'
                """)
        guard flows else { throw CommandFailure(description: "nothing new within \(seconds) s of: \(stuck)") }
    }
}
