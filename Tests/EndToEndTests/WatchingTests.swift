import Foundation
import Glibc
import Testing

extension EndToEnd {
    /// What looks on at a running system: `sluice top`, `sluice tap`.
    struct WatchingTests {
        @Test func `top shows every instance and every pipe, and who does not answer`() async throws {
            try await withStack { stack in
                async let load = stack.simulate("--devices", "20", "--duration", "60s")
                var frame = try await stack.top()
                let isFlowing = try await eventually(within: 60) {
                    frame = try await stack.top()
                    return frame.services.count == 6 && (frame.stage("aggregator")?.total.inPerSecond ?? 0) > 0
                        && frame.stage("storage-writer")?.total.p99Seconds != nil
                }
                #expect(isFlowing, "\(frame)")
                #expect(frame.services.map(\.service).first == "mqtt-ingest")
                #expect(frame.links.contains { $0.from == "mqtt-ingest-1" && $0.to == "preprocessor-1" })
                try await stack.signal("preprocessor", SIGSTOP)
                let stopped = try await stack.top()
                try await stack.signal("preprocessor", SIGCONT)
                #expect(stopped.stage("preprocessor")?.instances.first?.silent != nil, "\(stopped)")
                #expect(stopped.stage("mqtt-ingest")?.instances.first?.silent == nil)
                try await expectScreen(stack)
                try await expectDevices(stack)
                _ = try await load
            }
        }

        /// Reads what has waited in pipes and sockets, up to where it says that more was left out.
        private static func isTold(by output: FileHandle) -> Bool {
            let deadline = ContinuousClock.now + .seconds(120)
            var last = Data()
            while ContinuousClock.now < deadline {
                guard hasOutput(output, within: .seconds(1)) else { continue }
                let next = output.availableData
                if next.isEmpty { return false }
                if String(decoding: last + next, as: UTF8.self).contains("{\"dropped\":") { return true }
                last = next
            }
            return false
        }

        /// Looks without reading.
        private static func hasOutput(_ output: FileHandle, within limit: Duration) -> Bool {
            var descriptor = pollfd(fd: output.fileDescriptor, events: Int16(POLLIN), revents: 0)
            return poll(&descriptor, 1, Int32(limit / .milliseconds(1))) > 0
        }

        /// On a terminal, with Ctrl-C after ten seconds.
        private func expectScreen(_ stack: Stack) async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("typescript-\(UUID().uuidString)")
            defer { try? FileManager.default.removeItem(at: file) }
            let top = "'\(Shell.product("sluice").path)' top --data-dir '\(stack.dataDirectory.path)'"
            let terminal = "stty cols 60 rows 8; timeout --foreground -s INT 10 \(top)"
            _ = try await Shell.run(URL(fileURLWithPath: "/usr/bin/script"), ["-qec", terminal, file.path])
            let screen = String(decoding: try Data(contentsOf: file), as: UTF8.self)
            let parts = screen.components(separatedBy: "\u{1B}[?1049h")
            #expect(parts.count == 2 && parts[1].contains("INSTANCE") && parts[1].contains("more lines"), "\(screen)")
            #expect(parts[1].components(separatedBy: "\u{1B}[H").count >= 3, "\(screen)")
            let after = parts[1].components(separatedBy: "\u{1B}[?25h\u{1B}[?1049l")
            #expect(after.count == 2 && !after[1].contains("INSTANCE"), "\(screen)")
        }

        /// As the completion of a shell asks for them.
        private func expectDevices(_ stack: Stack) async throws {
            let words = ["sluice", "trace", "--data-dir", stack.dataDirectory.path, "device-1"]
            let commands = """
                PATH="\(Shell.products.path):$PATH"
                source <(sluice completion bash)
                COMP_WORDS=(\(words.joined(separator: " "))); COMP_CWORD=4
                COMP_LINE="${COMP_WORDS[*]}"; COMP_POINT=${#COMP_LINE}
                $(complete -p sluice | sed 's/.*-F \\([^ ]*\\).*/\\1/') sluice device-1 x
                printf '%s\\n' "${COMPREPLY[@]}"
                """
            let offered = try await Shell.succeed(URL(fileURLWithPath: "/bin/bash"), ["-c", commands])
            #expect(offered.contains("device-1") && offered.contains("device-10"), "\(offered)")
        }

        @Test func `a tap shows what passes, at every stage, and goes on over a killed instance`() async throws {
            try await withStack { stack in
                let taps = try ["mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator"].map {
                    try Tap(on: stack, [$0, "--device", "mill"])
                }
                for tap in taps { #expect(try await tap.shows(1.5, of: "mill", publishingTo: stack), "\(tap)") }
                #expect(taps.allSatisfy { !$0.text.contains("other") })
                let pid = try await stack.signal("storage-writer", SIGKILL)
                #expect(try await stack.waitForSuccessor(of: pid, as: "storage-writer"))
                let last = try #require(taps.first { $0.words[0] == "storage-writer" })
                #expect(try await last.shows(2.5, of: "mill", publishingTo: stack), "\(last)")
                #expect(
                    last.errors.contains("storage-writer-1 is away") && last.errors.contains("storage-writer-1 is back")
                )
                for tap in taps { #expect(try await tap.end() == 0) }
            }
        }

        @Test func `a reader that does not read slows nothing, and is told what it missed`() async throws {
            try await withStack { stack in
                let pipe = Pipe()
                let tap = try Tap(on: stack, ["mqtt-ingest"], output: pipe.fileHandleForWriting)
                let isLookingOn = try await eventually(within: 60) {
                    try await stack.publish("sensors/mill/speed", #"{"value": 1}"#)
                    return Self.hasOutput(pipe.fileHandleForReading, within: .milliseconds(500))
                }
                #expect(isLookingOn)
                _ = try await stack.simulate(
                    "--devices", "50", "--rate", "0", "--count", "200000", "--batch", "20")
                #expect(try await stack.reaches(200_000, "select count(*) from readings where device_id <> 'mill'"))
                #expect(Self.isTold(by: pipe.fileHandleForReading), "the reader was not told")
                try pipe.fileHandleForReading.close()
                tap.stop()
            }
        }
    }
}

private struct TopFrame: Decodable {
    struct Figures: Decodable {
        var inPerSecond: Double?
        var p99Seconds: Double?
    }
    struct Instance: Decodable {
        var instance: String
        var silent: String?
    }
    struct Service: Decodable {
        var service: String
        var total: Figures
        var instances: [Instance]
    }
    struct Link: Decodable {
        var from: String
        var to: String
    }

    var services: [Service]
    var links: [Link]

    func stage(_ name: String) -> Service? { services.first { $0.service == name } }
}

extension Stack {
    fileprivate func simulate(_ words: String...) async throws -> String {
        try await Shell.succeed(
            Shell.product("sluice"), ["simulate", "--data-dir", dataDirectory.path] + words)
    }

    fileprivate func top() async throws -> TopFrame {
        let text = try await Shell.succeed(
            Shell.product("sluice"), ["top", "--once", "--json", "--data-dir", dataDirectory.path])
        return try JSONDecoder().decode(TopFrame.self, from: Data(text.utf8))
    }
}
