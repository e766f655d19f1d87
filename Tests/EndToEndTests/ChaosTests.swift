import Foundation
import Testing

extension EndToEnd {
    /// `make soak` does the same for ten minutes.
    struct ChaosTests {
        @Test func `twenty seconds of a fixed schedule lose nothing and store nothing twice`() async throws {
            let file = try OutputFile()
            let result = try await Shell.run(
                Shell.product("sluice"),
                ["chaos", "--duration", "20s", "--seed", "3", "--rate", "1000", "--json", file.url.path],
                deadline: 300)
            #expect(result.status == 0, "\(result.output)\(result.errors)")
            let report = try JSONDecoder().decode(Report.self, from: Data(contentsOf: file.url))
            // A load that stood still would prove nothing.
            #expect(report.sent > 5_000)
            #expect(report.stored == report.sent)
            #expect(report.schedule.count >= 4)
            #expect(report.skipped < report.schedule.count)
        }
    }
}

private struct Report: Decodable {
    struct Event: Decodable {}

    var sent: Int
    var stored: Int
    var skipped: Int
    var schedule: [Event]
}
