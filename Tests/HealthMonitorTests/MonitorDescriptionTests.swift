import Foundation
import HTTPEndpoints
import Processes
import TestServers
import Testing

/// The API against its own description.
@Suite(.timeLimit(.minutes(5))) struct MonitorDescriptionTests {
    /// Where `.ci/install-schemathesis` puts it.
    private static let program: String = {
        let environment = ProcessInfo.processInfo.environment
        let home = environment["HOME"] ?? NSHomeDirectory()
        return (environment["XDG_CACHE_HOME"] ?? "\(home)/.cache") + "/sluice/schemathesis-4.32.5/bin/schemathesis"
    }()

    /// A stream that never ends, and a probe that says 503 when it is meant to.
    private static let leftOut = ["/api/events", "/api/ready"]
    /// Without `positive_data_acceptance`: a schema cannot say that `from` is before `to` of a series, nor that a silence expires
    /// after it starts and has either `for` or `expires`. Those two refusals, both right, are all that it finds.
    private static let checks = [
        "not_a_server_error", "status_code_conformance", "content_type_conformance", "response_headers_conformance",
        "response_schema_conformance", "unsupported_method", "allow_header_conformance",
        "negative_data_rejection",
    ]

    @Test func `whatever is asked, the answer is as described, and never the server's fault`() async throws {
        try #require(
            FileManager.default.isExecutableFile(atPath: Self.program), "run .ci/install-schemathesis first")
        try await MonitorFixture.with(devices: 20) { monitor in
            let url = "http://127.0.0.1:\(monitor.port)"
            let command = Command(
                Self.program,
                [
                    "run", "\(url)/api/openapi.json", "--url", url, "--header",
                    "Authorization: Bearer \(MonitorFixture.token)", "--checks", Self.checks.joined(separator: ","),
                    "--phases", "examples,coverage,fuzzing", "--max-examples", "12", "--seed", "1", "--no-color",
                    "--request-timeout", "30", "--suppress-health-check", "all", "--no-shrink",
                ] + Self.leftOut.flatMap { ["--exclude-path", $0] }, directory: try TestDirectory.make())
            let (status, text) = try await command.run()
            #expect(status == .exited(0), "\(text)")
            #expect(try await monitor.get("/livez").status == 200)
        }
    }

    /// A path that is described and not there would be seen above, one that is not described is seen here.
    @Test func `every path of the description answers`() async throws {
        try await MonitorFixture.with { monitor in
            let paths = try #require(try await monitor.object("/api/openapi.json")["paths"] as? [String: [String: Any]])
            #expect(paths.count >= 18)
            for path in paths.keys.sorted() where path != "/api/events" && paths[path]?["get"] != nil {
                let concrete = path.replacing("{device}", with: "boiler-1").replacing("{sensor}", with: "temperature")
                    .replacing("{id}", with: path.contains("dlq") ? "1" : "a-1")
                let status = try await monitor.get(concrete).status
                #expect(status == (path == "/api/ready" ? 503 : 200), "\(path)")
            }
        }
    }
}
