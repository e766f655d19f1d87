import Foundation
import IOLoop
import Model
import Pipes
import Settings
import Testing

/// Where an inbound pipe finds its upstreams.
@IOThread
struct UpstreamAddressesTests {
    private func temporaryDirectory() throws -> String {
        let directory = FileManager.default.temporaryDirectory.appending(path: "registry-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        return directory.path()
    }

    private func register(_ instance: String, of service: String, pipe: String, in directory: String) throws {
        let entry = #"{"name":"\#(service)","instance":"\#(instance)","pid":1,"pipe":"\#(pipe)","state":"ready"}"#
        try Data(entry.utf8).write(to: URL(filePath: "\(directory)/\(instance).json"), options: .atomic)
    }

    private func worker(
        on addresses: UpstreamAddresses, _ options: PipeSocketOptions = PipeSocketOptions()
    ) -> InboundPipe {
        var configuration = InboundPipeConfiguration(stage: "worker", instance: "worker-1")
        configuration.socket = options
        let pipe = InboundPipe(configuration, from: addresses) { $0.ack() }
        pipe.start()
        return pipe
    }

    @Test func `instances of the service are found in the registry as they come`() async throws {
        let directory = try temporaryDirectory()
        let inbound = worker(on: .registry(directory: directory, service: "mqtt-ingest"))
        let first = try openPipe("mqtt-ingest-1")
        let second = try openPipe("mqtt-ingest-2")
        let other = try openPipe("preprocessor-1")
        try register("mqtt-ingest-1", of: "mqtt-ingest", pipe: first.endpoint, in: directory)
        try register("preprocessor-1", of: "preprocessor", pipe: other.endpoint, in: directory)
        try Data("{".utf8).write(to: URL(filePath: "\(directory)/half-written.json"))
        #expect(await eventually { inbound.counters.links == 1 })
        try register("mqtt-ingest-2", of: "mqtt-ingest", pipe: second.endpoint, in: directory)
        #expect(await eventually { inbound.counters.links == 2 })
        #expect(Set(inbound.links.compactMap(\.upstream)) == ["mqtt-ingest-1", "mqtt-ingest-2"])
        #expect(other.counters.workers == 0)
        [first, second, other].forEach { $0.close() }
        inbound.close()
    }

    @Test func `what others can write in a registry is not believed, and told once`() async throws {
        let directory = try temporaryDirectory()
        let (good, forged) = (try openPipe("mqtt-ingest-1"), try openPipe("mqtt-ingest-2"))
        try register("mqtt-ingest-1", of: "mqtt-ingest", pipe: good.endpoint, in: directory)
        try register("mqtt-ingest-2", of: "mqtt-ingest", pipe: forged.endpoint, in: directory)
        try register("mqtt-ingest-3", of: "mqtt-ingest", pipe: "tcp://198.51.100.9:5600", in: directory)
        try #require(chmod("\(directory)/mqtt-ingest-2.json", 0o646) == 0)
        var told: [String] = []
        var options = PipeSocketOptions()
        options.onDistrust = { told.append($0) }
        let inbound = worker(on: .registry(directory: directory, service: "mqtt-ingest"), options)
        #expect(await eventually { inbound.counters.links == 1 && told.count == 2 })
        #expect(inbound.links.map(\.address) == [good.endpoint])
        #expect(told.contains { $0.hasPrefix("others may write \(directory)/mqtt-ingest-2.json") })
        #expect(told.contains { $0.hasPrefix("tcp://198.51.100.9:5600 is a pipe to another machine without keys") })
        // Somebody could put further records beside it.
        try #require(chmod(directory, 0o777) == 0)
        #expect(await eventually { told.count == 3 })
        #expect(told.last?.hasPrefix("others may write \(directory) (mode 0777)") == true)
        #expect(forged.counters.workers == 0)
        inbound.close()
        [good, forged].forEach { $0.close() }
    }

    @Test func `plaintext to other machines is connected to when told so`() async throws {
        let directory = try temporaryDirectory()
        try register("mqtt-ingest-1", of: "mqtt-ingest", pipe: "tcp://198.51.100.9:5600", in: directory)
        var options = PipeSocketOptions()
        options.plaintext = .anywhere
        let inbound = worker(on: .registry(directory: directory, service: "mqtt-ingest"), options)
        #expect(await eventually { inbound.links.map(\.address) == ["tcp://198.51.100.9:5600"] })
        inbound.close()
    }

    @Test func `an instance that comes back elsewhere replaces its old address`() async throws {
        let directory = try temporaryDirectory()
        let inbound = worker(on: .registry(directory: directory, service: "mqtt-ingest"))
        let before = try openPipe("mqtt-ingest-1")
        try register("mqtt-ingest-1", of: "mqtt-ingest", pipe: before.endpoint, in: directory)
        #expect(await eventually { inbound.counters.links == 1 })
        before.close()
        let after = try openPipe("mqtt-ingest-1")
        try register("mqtt-ingest-1", of: "mqtt-ingest", pipe: after.endpoint, in: directory)
        #expect(await eventually { inbound.links.map(\.address) == [after.endpoint] && inbound.counters.links == 1 })
        after.close()
        inbound.close()
    }

    @Test func `a host name stands for its address`() async throws {
        let pipe = try openPipe()
        let byName = pipe.endpoint.replacing("127.0.0.1", with: "localhost")
        let inbound = worker(on: .fixed([byName, "tcp://no-such-host.invalid:1"]))
        #expect(await eventually { inbound.counters.links == 1 })
        #expect(inbound.links.map(\.address) == [pipe.endpoint])
        pipe.close()
        inbound.close()
    }
}
