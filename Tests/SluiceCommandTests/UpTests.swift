import Foundation
import LocalServers
import Processes
import TestServers
import Testing

struct UpTests {
    @Test func `up starts every service with its addresses, and down stops them in flow order`() async throws {
        let stage = try Stage()
        try await stage.whileUp {
            let status = try await stage.status()
            #expect(status.services.map(\.name) == Stage.flow)
            #expect(status.services.allSatisfy { $0.state == "ready" && $0.restarts == 0 })
            #expect(status.dashboard == status.services.last?.url)
            let log = try String(contentsOfFile: "\(stage.data)/log/mqtt-ingest-1.log", encoding: .utf8)
            #expect(log.contains("--instance mqtt-ingest-1 --registry \(stage.data)/registry"))
            #expect(log.contains("SLUICE_MQTT__URL=mqtt://127.0.0.1:\(status.infrastructure.mqtt.port)"))
            #expect(log.contains("SLUICE_REDIS__URL=\(status.infrastructure.redis.url)"))
        }
        let stops = stage.notes.filter { $0.hasSuffix("stopped") }
        #expect(stops == Stage.flow.map { "\($0)-1 stopped" })
    }

    @Test func `with all servers private, nothing is left behind and the data stay`() async throws {
        var stage = try Stage()
        stage.servers = []
        var first: Stage.Status?
        try await stage.whileUp {
            let status = try await stage.status()
            let sql = "create table kept as select 5 as x"
            #expect(
                try await Command("/usr/bin/psql", [status.infrastructure.postgres.url, "-qc", sql]).run().status
                    .isSuccess)
            first = status
        }
        let before = try #require(first)
        #expect(before.pids.count == 9)
        #expect(before.pids.allSatisfy { ProcessIdentity(of: $0) == nil })
        try await stage.whileUp {
            let status = try await stage.status()
            #expect(status.infrastructure.postgres.url == before.infrastructure.postgres.url)
            #expect(status.services.map(\.url) == before.services.map(\.url))
            let (_, text) = try await Command(
                "/usr/bin/psql", [status.infrastructure.postgres.url, "-Atc", "select x from kept"]
            ).run()
            #expect(text == "5\n")
        }
    }

    @Test func `a killed service is started again and counted`() async throws {
        let stage = try Stage()
        try await stage.whileUp {
            for round in 1...3 {
                let victim = try await stage.status().service("storage-writer")
                kill(try #require(victim.pid), SIGKILL)
                let isBack = try await eventually {
                    let now = try await stage.status().service("storage-writer")
                    return now.state == "ready" && now.pid != victim.pid && now.restarts == round
                }
                #expect(isBack)
            }
            #expect(try await stage.status().services.filter { $0.restarts > 0 }.map(\.name) == ["storage-writer"])
        }
    }

    @Test func `a killed server is started again on its port`() async throws {
        let stage = try Stage()
        try await stage.whileUp {
            let before = try await stage.status().infrastructure
            kill(try #require(before.redis.pid), SIGKILL)
            let isBack = try await eventually {
                let answer = try await Command("/usr/bin/redis-cli", ["-u", before.redis.url, "ping"]).run().text
                return try await stage.status().infrastructure.redis.pid != before.redis.pid && answer == "PONG\n"
            }
            #expect(isBack)
        }
    }

    @Test func `Ctrl-C stops everything`() async throws {
        let stage = try Stage()
        try await stage.withForeground { child in
            let pids = try await stage.status().pids
            child.signal(SIGINT)
            #expect(await child.exitStatus(within: .seconds(60)) == .exited(0))
            #expect(pids.count == 8)
            #expect(pids.allSatisfy { ProcessIdentity(of: $0) == nil })
            let after = try await stage.status()
            #expect(after.services.allSatisfy { $0.state == "stopped" })
        }
    }

    @Test func `a second Ctrl-C leaves at once, and starts nothing again`() async throws {
        let stage = try Stage()
        try "".write(toFile: "\(stage.trace).preprocessor-1.stubborn", atomically: true, encoding: .utf8)
        try await stage.withForeground { child in
            let pids = try await stage.status().pids
            child.signal(SIGINT)
            #expect(try await eventually { stage.notes.contains("preprocessor-1 drains") })
            child.signal(SIGINT)
            // Draining alone may take 45 s.
            #expect(await child.exitStatus(within: .seconds(30)) == .exited(0))
            #expect(pids.allSatisfy { ProcessIdentity(of: $0) == nil })
        }
        #expect(stage.notes.filter { $0.contains("started") }.count == Stage.flow.count)
    }

    @Test func `everything dies with a killed supervisor, status says so, and up starts again`() async throws {
        var stage = try Stage()
        stage.servers = []
        try await stage.withForeground { child in
            let pids = try await stage.status().pids
            #expect(pids.count == 9)
            child.signal(SIGKILL)
            let areGone = try await eventually { pids.allSatisfy { ProcessIdentity(of: $0) == nil } }
            #expect(areGone)
        }
        let (status, text) = try await stage.command("status").run()
        #expect(status == .exited(1) && text.contains("no sluice up runs"))
        try await stage.whileUp {
            let again = try await stage.status()
            #expect(again.services.allSatisfy { $0.state == "ready" })
        }
    }

    @Test func `a second up on the same data is refused`() async throws {
        let stage = try Stage()
        try await stage.whileUp {
            let (status, text) = try await stage.up().run()
            #expect(status == .exited(1))
            #expect(text.contains("already runs in \(stage.data)"))
        }
    }

    @Test func `two data directories live side by side`() async throws {
        let one = try Stage()
        let other = try Stage()
        try await one.whileUp {
            try await other.whileUp {
                let first = try await one.status()
                let second = try await other.status()
                #expect(Set(first.services.map(\.url)).isDisjoint(with: second.services.map(\.url)))
                #expect(first.infrastructure.mqtt.port != second.infrastructure.mqtt.port)
            }
            #expect(try await one.status().services.allSatisfy { $0.state == "ready" })
        }
    }

    @Test func `a scaled service runs as several instances`() async throws {
        let stage = try Stage()
        try await stage.whileUp(["--scale", "preprocessor=3"]) {
            let instances = try await stage.status().services.map(\.instance).filter { $0.hasPrefix("pre") }
            #expect(instances == ["preprocessor-1", "preprocessor-2", "preprocessor-3"])
        }
    }

    @Test func `a start in the background prints JSON where it is asked to`() async throws {
        let stage = try Stage()
        let (status, text) = try await stage.up(["--base-port", "0", "--detach", "--json"]).run()
        #expect(status.isSuccess, "\(text)")
        let printed = try Stage.status(in: text)
        #expect(printed.services.map(\.name) == Stage.flow)
        #expect(try await stage.status().services.map(\.pid) == printed.services.map(\.pid))
        #expect(try await stage.command("down").run().status.isSuccess)
        #expect(try await stage.up(["--json"]).run().text.contains("--json is for --detach."))
    }

    @Test func `a service that refuses its configuration ends the start with 78 and its words`() async throws {
        let stage = try Stage()
        try "78".write(toFile: "\(stage.trace).aggregator-1.exit", atomically: true, encoding: .utf8)
        let (status, text) = try await stage.up(["--base-port", "0", "--detach"]).run()
        #expect(status == .exited(78))
        #expect(text.contains("aggregator-1 refuses its configuration") && text.contains("refused"))
        #expect(try await stage.status().pids.allSatisfy { ProcessIdentity(of: $0) == nil })
    }

    @Test func `a service that is never ready is named, with the end of its log`() async throws {
        let stage = try Stage()
        try "".write(toFile: "\(stage.trace).preprocessor-1.unready", atomically: true, encoding: .utf8)
        let (status, text) = try await stage.up(["--base-port", "0", "--start-limit", "10"]).run()
        #expect(status == .exited(1))
        #expect(text.contains("not ready within") && text.contains("preprocessor-1.log"))
        #expect(!text.contains("aggregator-1.log"))
    }

    @Test func `a server of somebody else that is away keeps nothing from starting`() async throws {
        let stage = try Stage()
        try "[-]postgres failed: connection refused\n".write(
            toFile: "\(stage.trace).storage-writer-1.unready", atomically: true, encoding: .utf8)
        let (status, text) = try await stage.up(["--base-port", "0", "--start-limit", "10", "--detach"]).run()
        #expect(status.isSuccess)
        #expect(text.contains("PostgreSQL at postgres://somebody@127.0.0.1:1/nowhere did not answer within"))
        #expect(text.contains("not ready yet: storage-writer-1\n"))
        #expect(text.contains("Sluice is up."))
        #expect(try await stage.status().service("storage-writer").state == "unready")
        #expect(try await stage.command("down").run().status.isSuccess)
    }

    @Test func `a missing executable is named before anything starts`() async throws {
        let stage = try Stage()
        try FileManager.default.removeItem(atPath: "\(stage.folder)/bin/aggregator")
        let (status, text) = try await stage.up(["--base-port", "0"]).run()
        #expect(status == .exited(1))
        #expect(text.contains("cannot find \(stage.folder)/bin/aggregator"))
    }

    @Test func `external servers are used, shown without their passwords, and left alone`() async throws {
        var stage = try Stage()
        try await withPrivateMosquitto { broker in
            stage.servers = [
                "--external-postgres", "postgres://me:secret@127.0.0.1:1/nowhere",
                "--external-redis", "redis://:secret@127.0.0.1:2", "--external-mqtt",
                "mqtt://127.0.0.1:\(broker.server.port)",
            ]
            try await stage.whileUp {
                let status = try await stage.status()
                #expect(status.infrastructure.mqtt.host == "127.0.0.1")
                #expect(status.infrastructure.mqtt.port == Int(broker.server.port))
                #expect(status.infrastructure.postgres.url == "postgres://me:redacted@127.0.0.1:1/nowhere")
                #expect(!status.infrastructure.redis.url.contains("secret"))
                #expect(status.pids.count == Stage.flow.count)
                let log = try String(contentsOfFile: "\(stage.data)/log/storage-writer-1.log", encoding: .utf8)
                #expect(log.contains("SLUICE_POSTGRES__URL=postgres://me:secret@127.0.0.1:1/nowhere"))
                let state = try FileManager.default.attributesOfItem(atPath: "\(stage.data)/state.json")
                #expect(state[.posixPermissions] as? Int == 0o600)
            }
            #expect(broker.process.status == nil)
        }
    }

    @Test func `a start in the background tells where everything is and how it is stopped`() async throws {
        let stage = try Stage()
        let (status, text) = try await stage.up(["--base-port", "0", "--detach"]).run()
        let running = try await stage.status()
        #expect(try await stage.command("down").run().status.isSuccess)
        #expect(status.isSuccess)
        let places = [running.dashboard, running.infrastructure.redis.url] + running.services.map(\.url)
        for place in places { #expect(text.contains(place)) }
        #expect(text.contains("sluice down --data-dir \(stage.data)"))
    }

    @Test func `a base port too high for all services is refused with 64`() async throws {
        let stage = try Stage()
        let (status, text) = try await stage.up(["--base-port", "65531"]).run()
        #expect(status == .exited(64))
        #expect(
            text.contains("--base-port 65531 has no room for 6 services: ports end at 65535, so 65530 is the highest"))
    }

    @Test func `down where nothing runs does nothing`() async throws {
        let stage = try Stage()
        let (status, text) = try await stage.command("down").run()
        #expect(status.isSuccess && text.contains("Nothing runs"))
        #expect(try await stage.command("status").run().status == .exited(1))
    }

    @Test func `a data directory that cannot be made is named with the reason`() async throws {
        let stage = try Stage()
        try "".write(toFile: stage.data, atomically: true, encoding: .utf8)
        let folder = "\(stage.data)/below/a/file"
        let (status, text) = try await Command(Stage.sluice, ["up", "--data-dir", folder]).run()
        #expect(status == .exited(1))
        #expect(text.contains("cannot create \(folder): not a directory (errno 20)"))
    }

    @Test(.enabled(if: UserAccount.isSuperuser))
    func `what another user runs is not nothing`() async throws {
        let stage = try Stage()
        let user = try #require(UserAccount(named: "nobody"))
        try await stage.whileUp {
            for verb in ["status", "down", "simulate"] {
                var command = stage.command(verb)
                command.user = user
                let (status, text) = try await command.run()
                #expect(status == .exited(1))
                #expect(text.contains("cannot read \(stage.data)/state.json: permission denied"), "\(verb): \(text)")
            }
            #expect(try await stage.status().services.allSatisfy { $0.state == "ready" })
        }
    }

    @Test(.enabled(if: UserAccount.isSuperuser), .serialized, arguments: ["nobody"])
    func `an ordinary user runs it all`(_ name: String) async throws {
        var stage = try Stage()
        stage.servers = []
        let user = try #require(UserAccount(named: name))
        try user.own(stage.folder)
        try await stage.withForeground(user: user) { child in
            let server = try #require(try await stage.status().infrastructure.postgres.pid)
            let owner = try FileManager.default.attributesOfItem(atPath: "/proc/\(server)")[.ownerAccountName]
            #expect(owner as? String == name)
            #expect(await child.stop(within: .seconds(60)) == .exited(0))
        }
    }
}
