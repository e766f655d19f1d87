import Foundation
import IOLoop
import Model
import Pipes
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

    private func worker(on addresses: UpstreamAddresses) -> InboundPipe {
        let configuration = InboundPipeConfiguration(stage: "worker", instance: "worker-1")
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
