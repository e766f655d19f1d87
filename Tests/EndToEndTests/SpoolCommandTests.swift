import Foundation
import Testing

extension EndToEnd {
    /// `sluice spool` beside a running mqtt-ingest whose readings nobody takes.
    struct SpoolCommandTests {
        @Test func `what waits is listed, checked, printed and exported, and then delivered`() async throws {
            try await withStack { stack in
                try await stack.signal("preprocessor", SIGSTOP)
                for value in 1...3 {
                    try await stack.publish("sensors/well, \"two\"/temperature", "{\"value\": \(value).5}")
                }
                try await stack.publish("sensors/oven/temperature", #"{"value": tru"#)
                try await lookAt(stack)
                try await export(stack)
                try await stack.signal("preprocessor", SIGCONT)
                #expect(try await stack.reaches(3, "select count(*) from readings"))
                let isEmpty = try await eventually(within: 30) { try await stack.spools()[0].readings == 0 }
                #expect(isEmpty)
            }
        }

        private func lookAt(_ stack: Stack) async throws {
            let isThere = try await eventually(within: 30) { try await stack.spools().first?.readings == 4 }
            #expect(isThere)
            let spool = try #require(try await stack.spools().first)
            #expect(try await stack.status().services.contains { $0.name == "mqtt-ingest" && $0.pid == spool.owner })
            let table = try await stack.spool("ls")
            #expect(table.contains("pid \(spool.owner ?? 0)") && table.contains(spool.producer))
            #expect(!table.contains("quarantine"))
            let kept = stack.dataDirectory.appendingPathComponent("spool/mqtt-ingest-9.sqlite.quarantine-1700000000")
            try Data("damaged".utf8).write(to: kept)
            #expect(try await stack.spool("ls").contains(kept.lastPathComponent))
            #expect(try await stack.spool("verify").contains("4 batches are intact, 0 were set aside"))
            let lines = try await stack.spool("dump").split(separator: "\n")
            #expect(lines.count == 4)
            #expect(lines[0].contains(#""device":"well, \"two\"""#) && lines[0].contains(#""value":1.5"#))
            #expect(lines[3].contains(#""reason":"invalid_json""#))
            #expect(try await stack.spool("dump", "--limit", "2").split(separator: "\n").count == 2)
        }

        private func export(_ stack: Stack) async throws {
            let file = stack.dataDirectory.appendingPathComponent("rest.csv").path
            #expect(try await stack.spool("export", "--output", file).contains("exported 3 readings; left out: 1"))
            let rows = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n")
            #expect(rows.count == 4 && rows[0] == "time,device,sensor,value,unit")
            #expect(rows[1].contains(#"Z,"well, ""two""",temperature,1.5,"#))
            let refused = try await Shell.run(
                Shell.product("sluice"),
                ["spool", "export", "--output", file, "--data-dir", stack.dataDirectory.path])
            #expect(refused.status == 64 && refused.errors.contains("is there already"))
        }

        @Test func `damage is found, and ends with 1`() async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("broken-\(UUID()).sqlite")
            try Data("not a database, and long enough to be read as one".utf8).write(to: file)
            defer { try? FileManager.default.removeItem(at: file) }
            for verb in ["ls", "verify"] {
                let result = try await Shell.run(Shell.product("sluice"), ["spool", verb, file.path])
                #expect(result.status == 1 && result.errors.contains("file is not a database"), "\(verb): \(result)")
            }
        }
    }
}

private struct SpoolEntry: Decodable {
    var owner: Int32?
    var producer: String
    var readings: Int
}

extension Stack {
    fileprivate func spool(_ words: String...) async throws -> String {
        try await Shell.succeed(Shell.product("sluice"), ["spool"] + words + ["--data-dir", dataDirectory.path])
    }

    fileprivate func spools() async throws -> [SpoolEntry] {
        try JSONDecoder().decode([SpoolEntry].self, from: Data(try await spool("ls", "--json").utf8))
    }
}
