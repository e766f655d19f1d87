import Foundation
import Testing

extension EndToEnd {
    struct LifecycleTests {
        @Test func `status names every service as ready with a url that answers`() async throws {
            try await withStack { stack in
                let status = try await stack.status()
                #expect(
                    Set(status.services.map(\.name)) == [
                        "mqtt-ingest", "preprocessor", "anomaly-detector", "storage-writer", "aggregator",
                        "health-monitor",
                    ])
                for service in status.services {
                    #expect(service.state == "ready", "\(service.instance) is \(service.state)")
                    for path in ["/livez", "/readyz", "/healthz", "/metrics", "/version"] {
                        let answer = try await HTTP.get(service.url + path)
                        #expect(answer.status == 200, "\(service.instance)\(path) answered \(answer)")
                    }
                }
                let page = try await HTTP.get(status.dashboard + "/")
                #expect(page.status == 200 && page.body.contains("<title>Sluice</title>"))
                let fleet = try await HTTP.get(status.dashboard + "/api/status")
                #expect(fleet.body.contains(#""instance":"storage-writer-1""#))
            }
        }

        @Test func `every service's own executable says whether it turns`() async throws {
            try await withStack { stack in
                let registry = ["--registry", stack.dataDirectory.appending(path: "registry").path]
                for service in try await stack.status().services {
                    let arguments = ["--health", "--instance", service.instance] + registry
                    let answer = try await Shell.succeed(Shell.product(service.name), arguments)
                    #expect(answer == "\(service.name) answers 200: ok\n")
                }
                let nobody = ["--health", "--instance", "storage-writer-77"] + registry
                let refusal = try await Shell.run(Shell.product("storage-writer"), nobody)
                #expect(refusal.status == 1 && refusal.output.contains("cannot know where storage-writer listens"))
            }
        }

        @Test func `down leaves no process behind`() async throws {
            let stack = try await Stack.start()
            let before = ProcessTable.processes(mentioning: stack.dataDirectory.path)
            #expect(before.count >= 9, "expected services and servers, found \(before)")
            try await stack.down()
            let gone = await eventually(within: 20) {
                ProcessTable.processes(mentioning: stack.dataDirectory.path).isEmpty
            }
            #expect(gone, "left: \(ProcessTable.processes(mentioning: stack.dataDirectory.path))")
            try FileManager.default.removeItem(at: stack.dataDirectory)
        }

        @Test func `a registry that others can write is believed by no service`() async throws {
            let folder = FileManager.default.temporaryDirectory.appendingPathComponent("registry-\(UUID().uuidString)")
            try FileManager.default.createDirectory(
                at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o777])
            defer { try? FileManager.default.removeItem(at: folder) }
            for service in ["aggregator", "health-monitor"] {
                let result = try await Shell.run(Shell.product(service), ["--registry", folder.path])
                #expect(
                    result.status == 78 && result.errors.contains("others may write \(folder.path) (mode 0777)"),
                    "\(result)")
            }
        }

        @Test func `a bad configuration ends with 78 and names file, line and key`() async throws {
            let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID().uuidString).yaml")
            try "storage_writer:\n  no_such_key: 1\n".write(to: file, atomically: true, encoding: .utf8)
            defer { try? FileManager.default.removeItem(at: file) }
            let validate = try await Shell.run(Shell.product("sluice"), ["validate", file.path])
            #expect(validate.status == 78)
            #expect((validate.output + validate.errors).contains("\(file.path):2"))
            #expect((validate.output + validate.errors).contains("no_such_key"))
            let service = try await Shell.run(Shell.product("storage-writer"), ["--config", file.path])
            #expect(service.status == 78)
            #expect(service.errors.contains("no_such_key"))
        }

        @Test(arguments: KillTests.services + ["edge-processor", "sluice"])
        func `every executable tells its version and its flags`(name: String) async throws {
            #expect(try await Shell.succeed(Shell.product(name), ["--version"]).isEmpty == false)
            #expect(try await Shell.succeed(Shell.product(name), ["--help"]).contains("USAGE"))
        }
    }
}

/// What runs on this machine, read from `/proc`.
enum ProcessTable {
    static func processes(mentioning text: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.filter { Int32($0) != nil }.compactMap { pid in
            guard let raw = try? Data(contentsOf: URL(fileURLWithPath: "/proc/\(pid)/cmdline")) else { return nil }
            let line = String(decoding: raw.map { $0 == 0 ? 32 : $0 }, as: UTF8.self)
            return line.contains(text) ? "\(pid) \(line)" : nil
        }
    }
}

/// curl, as an operator's script would use it.
enum HTTP {
    struct Answer {
        var status: Int
        var body: String
    }

    static func get(_ url: String) async throws -> Answer {
        let text = try await Shell.succeed(
            URL(fileURLWithPath: "/usr/bin/curl"), ["-sS", "--max-time", "10", "-w", "\n%{http_code}", url])
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return Answer(
            status: lines.last.flatMap { Int($0) } ?? 0, body: lines.dropLast().joined(separator: "\n"))
    }
}
