import Foundation
import TestServers
import Testing

extension EndToEnd {
    /// A plugin of a running service that throws for a while, batch after batch.
    struct QuarantineTests {
        private let settings = "plugins: { quarantine: 1s, quarantine_limit: 2s }\n"

        @Test func `readings go on without a detector in quarantine, and readiness is red until it works again`()
            async throws
        {
            try await withFaulty("tailsum") { stack, lines, mend in
                let published = try await publish(to: stack, 1) { page in
                    page.contains("[-]plugins failed: tailsum is in")
                }
                let page = try await lines.page("anomaly-detector")
                #expect(page.contains("tailsum is in quarantine: it has failed on "))
                #expect(page.contains("; readings go on without its judgement"))
                #expect(try await shows(#"sluice_plugin_quarantined{plugin="tailsum"} 1"#, of: stack))
                // None of them waits for it.
                try await Ledger(stack: stack).expectAllStoredOnce(published)
                try mend()
                let all = try await publish(to: stack, published + 1) { page in page.contains("[+]plugins ok\n") }
                #expect(try await lines.allReady())
                #expect(try await shows(#"sluice_plugin_quarantined{plugin="tailsum"} 0"#, of: stack))
                try await Ledger(stack: stack).expectAllStoredOnce(all)
            }
        }

        /// What its host does to a detector's readings is harmless; an untreated one is not.
        @Test func `batches wait for a processor in quarantine, and all are stored when it works again`() async throws {
            try await withFaulty("location") { stack, lines, mend in
                let messages = (1...20).map { Publisher.Message("sensors/boiler/temperature", Self.payload($0)) }
                for message in messages { try await Publisher.publish([message], to: stack) }
                #expect(
                    try await lines.says(
                        "preprocessor",
                        [
                            "[-]plugins failed: location is in quarantine: it has failed on ",
                            "; its batches are held back and tried again", "readyz check failed",
                        ]))
                #expect(try await stack.number("select count(*) from readings") == 0)
                try mend()
                try await Ledger(stack: stack).expectAllStoredOnce(messages.count)
                #expect(try await lines.allReady())
            }
        }

        private static func payload(_ number: Int) -> String { #"{"value": 20.5, "metadata": {"n": \#(number)}}"# }

        /// Publishes one reading after the other, numbered from `first`, until the anomaly-detector says so.
        ///
        /// - Returns: the number of the last one.
        private func publish(
            to stack: Stack, _ first: Int, until isEnough: (String) -> Bool
        ) async throws -> Int {
            let lines = try await ReadinessLines(stack)
            var last = first - 1
            let isSo = try await eventually(within: 60) {
                last += 1
                try await stack.publish("sensors/boiler/temperature", Self.payload(last))
                return isEnough(try await lines.page("anomaly-detector"))
            }
            let page = try await lines.page("anomaly-detector")
            #expect(isSo, "\(page)")
            return last
        }

        private func shows(_ line: String, of stack: Stack) async throws -> Bool {
            let url = try await stack.status().services.first { $0.name == "anomaly-detector" }?.url ?? ""
            return try await HTTP.get(url + "/metrics").body.split(separator: "\n").contains { $0 == line }
        }

        /// A Sluice in which the plugin throws until it is mended.
        private func withFaulty(
            _ plugin: String, _ body: (Stack, ReadinessLines, _ mend: () throws -> Void) async throws -> Void
        ) async throws {
            let folder = URL(filePath: try TestDirectory.make())
            let (fault, file) = (folder.appending(path: "fault"), folder.appending(path: "sluice.yaml"))
            try settings.write(to: file, atomically: true, encoding: .utf8)
            try "".write(to: fault, atomically: true, encoding: .utf8)
            try await withStack(
                ["--config", file.path], environment: ["SLUICE_FAULT": "plugin:\(plugin):\(fault.path)"]
            ) { stack in
                try await body(stack, try await ReadinessLines(stack)) {
                    try FileManager.default.removeItem(at: fault)
                }
            }
        }
    }
}
