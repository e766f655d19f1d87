import Foundation
import IOLoop
import Model
import Settings
import TestServers
import Testing
import ZeroMQ

@testable import Pipes

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
        // One that ends hangs up, too: only the second time is told.
        #expect(told.all.first == PipeRefusal(failure: .closed, peer: pipe.endpoint) && refusals.all.count >= 2)
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

    @Test func `a file that cannot be read now shuts nobody out, and is told once`() async throws {
        let refusals = Refusals()
        var options = try server(refusals)
        var distrusted: [String] = []
        options.onDistrust = { distrusted.append($0) }
        let pipe = try openPipe(socket: options)
        let first = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await eventually { pipe.counters.workers == 1 })
        // Somebody copies another key to its place, and is half done; and one that anybody may write.
        try Data().write(to: URL(filePath: "\(folder)/worker.pub"))
        let stranger = try KeyedPeer()
        try know(stranger, as: "worker-2.pub")
        try #require(chmod("\(folder)/worker-2.pub", 0o646) == 0)
        await EventLoop.sleep(for: .milliseconds(1_100))
        let second = RecordingWorker("worker-2", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await eventually { pipe.counters.workers == 2 })
        let bad = RecordingWorker("worker-3", on: [pipe.endpoint], socket: client(stranger, of: upstream))
        #expect(await eventually { refusals.all.count > 1 })
        #expect(distrusted.count == 2 && distrusted.contains { $0.contains("worker.pub holds no public CURVE key") })
        #expect(distrusted.contains { $0.contains("others may write \(folder)/worker-2.pub") })
        #expect(refusals.all.allSatisfy { $0.key == stranger.publicKey })
        [first, second, bad].forEach { $0.die() }
        pipe.close()
    }

    @Test func `a server without anybody to ask lets nobody in`() async throws {
        let options = try server(Refusals())
        let lonely = Context()
        let router = try options.openRouter(domain: "pipe-0", in: lonely)
        try router.bind("tcp://127.0.0.1:*")
        let dealer = try Socket(.dealer, context: lonely)
        let keys = try #require(client(worker, of: upstream).curve)
        try dealer.set(.linger, to: 0)
        try dealer.set(.curvePublicKey, to: keys.publicKey.bytes)
        try dealer.set(.curveSecretKey, to: keys.secretKey.bytes)
        try dealer.set(.curveServerKey, to: upstream.publicKey.bytes)
        let handshakes = try dealer.monitorHandshakes()
        try dealer.connect(try router.lastEndpoint())
        #expect(try dealer.send([[1]]))
        #expect(await eventually { handshakes.next() != nil })
        #expect(try router.receive() == nil)
        dealer.endMonitoring()
        handshakes.socket.close()
        dealer.close()
        router.close()
    }

    @Test func `a pipe that cannot be bound leaves nothing open behind it`() async throws {
        let taken = try openPipe(socket: try server(Refusals()))
        let open = try PeerAdmission.shared().count
        var configuration = OutboundPipeConfiguration(bind: taken.endpoint, instance: "upstream-2")
        configuration.socket = try server(Refusals())
        #expect(throws: PipeError.self) { try OutboundPipe(configuration) }
        #expect(try PeerAdmission.shared().count == open)
        taken.close()
        #expect(try PeerAdmission.shared().count == open - 1)
        let pipe = try openPipe(socket: try server(Refusals()))
        let good = RecordingWorker("worker-1", on: [pipe.endpoint], socket: client(worker, of: upstream))
        #expect(await flows(through: pipe, 1...5))
        good.die()
        pipe.close()
    }

    @Test func `what is no key, and a key of somebody else, are told apart in the folder`() throws {
        let keys = KnownKeys(directory: folder, service: "worker")
        let empty = #expect(throws: KnownKeys.Failure.self) { try keys.read() }
        #expect(empty?.description.contains("no public key of worker is in \(folder)") == true)
        try know(worker, as: "worker.pub")
        try know(upstream, as: "workers.pub")
        try "no key\n".write(toFile: "\(folder)/readme.pub", atomically: true, encoding: .utf8)
        #expect(try keys.read() == [worker.publicKey] && keys.main() == worker.publicKey)
        try "no key\n".write(toFile: "\(folder)/worker-2.pub", atomically: true, encoding: .utf8)
        #expect(try keys.read() == [worker.publicKey])
        try FileManager.default.removeItem(atPath: "\(folder)/worker.pub")
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
