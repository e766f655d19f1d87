import Foundation
import IOLoop
import Model
import Pipes
import Settings
import TestServers
import Testing
import ZeroMQ

/// Keys on real sockets: who is let in, who is not, and that those who are notice nothing of the others.
@IOThread
struct CurveTests {
    private let upstream: KeyedPeer
    private let worker: KeyedPeer
    private let folder: String

    nonisolated init() throws {
        upstream = try KeyedPeer()
        worker = try KeyedPeer()
        folder = try TestDirectory.make()
    }

    /// The upstream's socket, which lets in whose keys are in the folder.
    private func server(_ refusals: Refusals) throws -> PipeSocketOptions {
        try know(worker, as: "worker.pub")
        var options = PipeSocketOptions()
        options.curve = upstream.curve(.clients(KnownKeys(directory: folder, service: "worker")))
        options.onRefusal = { refusals.all.append($0) }
        return options
    }

    private func client(
        _ own: KeyedPeer, of server: KeyedPeer, _ refusals: Refusals? = nil
    ) -> PipeSocketOptions {
        var options = PipeSocketOptions()
        options.curve = own.curve(.server(server.publicKey))
        options.onRefusal = { refusals?.all.append($0) }
        return options
    }

    private func know(_ peer: KeyedPeer, as file: String) throws {
        try (peer.publicKey.text + "\n").write(toFile: "\(folder)/\(file)", atomically: true, encoding: .utf8)
    }

    /// Sends numbered batches, all of which must be acknowledged.
    private func flows(through pipe: OutboundPipe, _ sequences: ClosedRange<UInt64>) async -> Bool {
        let outcomes = Outcomes()
        for sequence in sequences { outcomes.send(batch(sequence, partitions: allPartitions), on: pipe) }
        return await eventually { outcomes.acknowledged.count == sequences.count }
    }

    @Test func `batches go through between two that know each other`() async throws {
        let refusals = Refusals()
        let pipe = try openPipe(socket: try server(refusals))
        let good = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await flows(through: pipe, 1...20))
        #expect(good.seen.count == 20 * 32)
        #expect(refusals.all.isEmpty)
        good.die()
        pipe.close()
    }

    @Test func `a client with an unknown key is refused, told of, and harms nobody`() async throws {
        let (refusals, told) = (Refusals(), Refusals())
        let pipe = try openPipe(socket: try server(refusals))
        let good = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: upstream))
        let stranger = try KeyedPeer()
        let bad = RecordingWorker("worker-2", on: [pipe.endpoint], socket: client(stranger, of: upstream, told))
        #expect(await eventually { !refusals.all.isEmpty && !told.all.isEmpty })
        #expect(
            refusals.all.first
                == PipeRefusal(failure: .unknownClient, peer: "127.0.0.1", key: stranger.publicKey))
        #expect(told.all.first == PipeRefusal(failure: .unknownClient, peer: pipe.endpoint))
        #expect(await flows(through: pipe, 1...20))
        #expect(pipe.counters.workers == 1 && bad.deliveries.isEmpty && good.deliveries.count == 20)
        good.die()
        bad.die()
        pipe.close()
    }

    @Test func `a client with another key of the server is refused on both sides`() async throws {
        let (refusals, told) = (Refusals(), Refusals())
        let pipe = try openPipe(socket: try server(refusals))
        let impostor = try KeyedPeer()
        let bad = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: impostor, told))
        #expect(await eventually { !refusals.all.isEmpty && !told.all.isEmpty })
        #expect(refusals.all.first == PipeRefusal(failure: .wrongServerKey))
        #expect(told.all.first == PipeRefusal(failure: .closed, peer: pipe.endpoint))
        let good = RecordingWorker("worker-2", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await flows(through: pipe, 1...5))
        #expect(bad.deliveries.isEmpty)
        good.die()
        bad.die()
        pipe.close()
    }

    @Test func `a client without keys gets nothing from a server with keys`() async throws {
        let (refusals, told) = (Refusals(), Refusals())
        let pipe = try openPipe(socket: try server(refusals))
        var plain = PipeSocketOptions()
        plain.onRefusal = { told.all.append($0) }
        let bad = RecordingWorker("worker-1", on: [pipe.endpoint], socket: plain)
        #expect(await eventually { !refusals.all.isEmpty && !told.all.isEmpty })
        #expect(refusals.all.first == PipeRefusal(failure: .otherMechanism))
        #expect(told.all.first == PipeRefusal(failure: .otherMechanism, peer: pipe.endpoint))
        let good = RecordingWorker("worker-2", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await flows(through: pipe, 1...5))
        #expect(bad.deliveries.isEmpty)
        good.die()
        bad.die()
        pipe.close()
    }

    @Test func `a client with keys trusts no server without`() async throws {
        let (refusals, told) = (Refusals(), Refusals())
        var plain = PipeSocketOptions()
        plain.onRefusal = { refusals.all.append($0) }
        let pipe = try openPipe(socket: plain)
        let careful = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: upstream, told))
        #expect(await eventually { !refusals.all.isEmpty && !told.all.isEmpty })
        #expect(told.all.first?.failure == .otherMechanism && pipe.counters.workers == 0)
        careful.die()
        pipe.close()
    }

    @Test func `a key that is added lets its owner in without a restart, and one that is removed does not`()
        async throws
    {
        let refusals = Refusals()
        let pipe = try openPipe(socket: try server(refusals))
        let next = try KeyedPeer()
        let late = RecordingWorker("worker-2", on: [pipe.endpoint], socket: client(next, of: upstream))
        #expect(await eventually { !refusals.all.isEmpty })
        try know(next, as: "worker-next.pub")
        #expect(await eventually { pipe.counters.workers == 1 })
        late.die()
        try FileManager.default.removeItem(atPath: "\(folder)/worker-next.pub")
        await EventLoop.sleep(for: .milliseconds(1_100))
        let before = refusals.all.count
        let again = RecordingWorker("worker-3", on: [pipe.endpoint], socket: client(next, of: upstream))
        #expect(await eventually { refusals.all.count > before })
        again.die()
        pipe.close()
    }

    @Test func `two pipes of one process let in different peers`() async throws {
        let (first, second) = (Refusals(), Refusals())
        let open = try openPipe("upstream-1", socket: try server(first))
        var other = PipeSocketOptions()
        other.curve = upstream.curve(.clients(KnownKeys(directory: folder, service: "aggregator")))
        other.onRefusal = { second.all.append($0) }
        let shut = try openPipe("upstream-2", socket: other)
        let peer = RecordingWorker(
            "worker-1", on: [open.endpoint, shut.endpoint], socket: client(worker, of: upstream))
        #expect(await eventually { open.counters.workers == 1 && !second.all.isEmpty })
        #expect(first.all.isEmpty && shut.counters.workers == 0)
        peer.die()
        open.close()
        shut.close()
    }

    @Test func `what is no key, and a key of somebody else, are told apart in the folder`() throws {
        let keys = KnownKeys(directory: folder, service: "worker")
        #expect(try keys.read().isEmpty)
        try know(worker, as: "worker.pub")
        try know(upstream, as: "workers.pub")
        try "no key\n".write(toFile: "\(folder)/readme.pub", atomically: true, encoding: .utf8)
        #expect(try keys.read() == [worker.publicKey] && keys.main() == worker.publicKey)
        try "no key\n".write(toFile: "\(folder)/worker-2.pub", atomically: true, encoding: .utf8)
        let error = #expect(throws: KnownKeys.Failure.self) { try keys.read() }
        #expect(error?.description.contains("\(folder)/worker-2.pub holds no public CURVE key") == true)
        #expect(throws: KnownKeys.Failure.self) { try KnownKeys(directory: folder, service: "other").main() }
    }
}

@IOThread
private final class Refusals {
    var all: [PipeRefusal] = []
}

/// Somebody with a pair of keys.
private struct KeyedPeer {
    let publicKey: CurveKey
    private let secretKey: CurveKey

    init() throws {
        let pair = try CurveKeyPair()
        publicKey = try #require(CurveKey(pair.publicKey))
        secretKey = try #require(CurveKey(pair.secretKey))
    }

    func curve(_ peer: PipeSocketOptions.Curve.Peer) -> PipeSocketOptions.Curve {
        PipeSocketOptions.Curve(publicKey: publicKey, secretKey: secretKey, peer: peer)
    }
}
