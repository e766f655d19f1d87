import Foundation
import LocalServers
import Processes
import TestServers
import Testing

/// `sluice simulate` and `sluice replay` as executables, on a real broker.
struct PublishingTests {
    @Test(arguments: ["0", "1", "2"])
    func `every reading is published once and acknowledged`(_ qos: String) async throws {
        try await withMosquitto { port in
            let prefix = "sim\(qos)-\(UInt32.random(in: 0...UInt32.max))"
            let count = 300
            let received = try await messages(port, "sensors/+/+", prefix: prefix, expecting: count) {
                let (status, text) = try await run(
                    "simulate", port,
                    ["--devices", "10", "--count", "\(count)", "--rate", "3000", "--qos", qos, "--numbered"]
                        + ["--device-prefix", prefix, "--json"])
                #expect(status.isSuccess, "\(text)")
                let report = try JSONDecoder().decode(Report.self, from: Data(text.utf8))
                #expect(report.published == count && report.acknowledged == count)
                // 299 gaps at 3,000 a second: never faster than asked.
                #expect(report.seconds > 0.09)
            }
            let numbers = received.compactMap { $0.split(separator: "\"n\":").last?.prefix { $0.isNumber } }
            #expect(numbers.compactMap { Int($0) }.sorted() == Array(1...count))
        }
    }

    @Test func `a recording arrives with its own times, and bad rows are named`() async throws {
        try await withMosquitto { port in
            let device = "recorder-\(UInt32.random(in: 0...UInt32.max))"
            let file = "\(try TestDirectory.make())/recording.csv"
            try """
            unix_ts,value,note
            1333263600,1.5,"a, b"
            +1333263660000,2.5,
            soon,3.5,
            2012-04-01T07:02:00Z,NaN,
            2012-04-01 07:03:00,4.5,"two
            lines"

            """.write(toFile: file, atomically: true, encoding: .utf8)
            let received = try await messages(port, "sensors/\(device)/water", prefix: device, expecting: 3) {
                let (status, text) = try await run(
                    "replay", port,
                    [file, "--time-column", "unix_ts", "--value-column", "value", "--device", device]
                        + ["--sensor", "water", "--unit", "L"])
                #expect(status.isSuccess, "\(text)")
                #expect(text.contains("5 rows, 2 invalid: published 3, acknowledged 3"))
                #expect(text.contains("line 4: time \"soon\" is neither ISO 8601 nor a Unix time"))
                #expect(text.contains("line 5: value \"NaN\" is no finite number"))
            }
            #expect(
                received.map { $0.split(separator: " ", maxSplits: 1)[1] } == [
                    #"{"value":1.5,"unit":"L","timestamp":"2012-04-01T07:00:00.000000Z"}"#,
                    #"{"value":2.5,"unit":"L","timestamp":"2012-04-01T07:01:00.000000Z"}"#,
                    #"{"value":4.5,"unit":"L","timestamp":"2012-04-01T07:03:00.000000Z"}"#,
                ])
        }
    }

    @Test func `without a broker the reason is told`() async throws {
        let folder = try TestDirectory.make()
        let (status, text) = try await Command(
            Stage.sluice, ["simulate", "--data-dir", folder, "--count", "1"]
        ).run()
        #expect(status == .exited(69))
        #expect(text.contains("nothing runs in \(folder): start it with sluice up, or name a broker with --mqtt"))
    }

    @Test func `Ctrl-C ends a simulation with its report`() async throws {
        try await withMosquitto { port in
            let output = "\(try TestDirectory.make())/output"
            let prefix = "endless-\(UInt32.random(in: 0...UInt32.max))"
            var child: ChildProcess?
            _ = try await messages(port, "sensors/+/+", prefix: prefix, expecting: 3) {
                child = try ChildProcess.spawn(
                    Command(
                        Stage.sluice,
                        [
                            "simulate", "--mqtt", "mqtt://127.0.0.1:\(port)", "--devices", "3", "--device-prefix",
                            prefix,
                        ],
                        output: .appended(to: output)))
            }
            let simulation = try #require(child)
            simulation.signal(SIGINT)
            #expect(await simulation.exitStatus(within: .seconds(60)) == .exited(0))
            let text = try String(contentsOfFile: output, encoding: .utf8)
            #expect(text.contains("published"))
        }
    }

    @Test(arguments: ["0", "1"])
    func `Ctrl-C ends a simulation whose broker is away`(_ qos: String) async throws {
        try await withPrivateMosquitto { broker in
            let output = "\(try TestDirectory.make())/output"
            let simulation = try ChildProcess.spawn(
                Command(
                    Stage.sluice,
                    ["simulate", "--mqtt", "mqtt://127.0.0.1:\(broker.server.port)", "--rate", "0", "--qos", qos],
                    output: .appended(to: output)))
            let isPublishing = try await eventually {
                let counters = [
                    "-h", "127.0.0.1", "-p", "\(broker.server.port)", "-t", "sensors/#", "-C", "1", "-W", "5",
                ]
                return try await Command("/usr/bin/mosquitto_sub", counters).run().status.isSuccess
            }
            #expect(isPublishing)
            await broker.stop()
            simulation.signal(SIGINT)
            #expect(await simulation.exitStatus(within: .seconds(30)) != nil)
            await simulation.stop(within: .zero)
            #expect(try String(contentsOfFile: output, encoding: .utf8).contains("published"))
        }
    }

    private struct Report: Decodable {
        var published: Int
        var acknowledged: Int
        var seconds: Double
        var rate: Double
    }

    private func run(_ verb: String, _ port: UInt16, _ arguments: [String]) async throws -> (
        status: Processes.ExitStatus, text: String
    ) {
        try await Command(Stage.sluice, [verb] + arguments + ["--mqtt", "mqtt://127.0.0.1:\(port)"]).run()
    }

    /// The lines `topic payload` that arrive for a prefix while the body runs.
    private func messages(
        _ port: UInt16, _ filter: String, prefix: String, expecting count: Int, during body: () async throws -> Void
    ) async throws -> [Substring] {
        let file = "\(try TestDirectory.make())/messages"
        let ready = "sluice-test/\(prefix)"
        let address = ["-h", "127.0.0.1", "-p", "\(port)", "-q", "2"]
        let subscriber = try ChildProcess.spawn(
            Command(
                "/usr/bin/mosquitto_sub", address + ["-t", ready, "-t", filter, "-v"], output: .appended(to: file)))
        func lines() -> [Substring] {
            let bytes = FileManager.default.contents(atPath: file) ?? Data()
            return String(decoding: bytes, as: UTF8.self).split(separator: "\n").filter { $0.contains(prefix) }
        }
        let isSubscribed = try await eventually {
            _ = try await Command("/usr/bin/mosquitto_pub", address + ["-t", ready, "-m", "ready"]).run()
            return !lines().isEmpty
        }
        #expect(isSubscribed)
        try await body()
        func readings() -> [Substring] { lines().filter { $0.hasPrefix("sensors/") } }
        let haveArrived = try await eventually { readings().count >= count }
        #expect(haveArrived)
        await subscriber.stop(within: .seconds(10))
        return readings()
    }
}
