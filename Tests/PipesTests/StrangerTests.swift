import IOLoop
import Model
import Pipes
import Testing
import Wire
import ZeroMQ

/// Peers that are not ours, or not of this version, on real sockets.
@IOThread
struct StrangerTests {
    /// Repeats `say` until a message comes back: a connection takes a moment.
    private func answer(on socket: Socket, to say: [[UInt8]]) async throws -> [[UInt8]] {
        var answer: [[UInt8]]?
        let answered = await eventually {
            _ = try? socket.send(say)
            answer = try? socket.receive()
            return answer != nil
        }
        #expect(answered)
        return try #require(answer)
    }

    @Test func `a downstream of another major version is told so`() async throws {
        let pipe = try openPipe()
        let socket = try Socket(.dealer)
        try socket.connect(pipe.endpoint)
        let hello = PipeFrame.Hello(
            version: WireVersion(major: 2, minor: 0), stage: "next", instance: "next-1", credit: 1)
        let bytes = try FrameCodec.encode(PipeFrame(session: 1, .hello(hello)))
        let frame = try FrameCodec.decode(try await answer(on: socket, to: [bytes])[0])
        #expect(
            frame.kind
                == .goodbye(
                    .init(
                        .incompatible,
                        "upstream-1 speaks \(WireVersion.current), next-1 speaks sluice.v2 (2.0): update the older one")
                ))
        #expect(pipe.counters.workers == 0)
        socket.close()
        pipe.close()
    }

    @Test func `an upstream with another number of partitions is refused and shown`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker(
            "worker-1", on: [pipe.endpoint], partitions: PartitionCount(rawValue: 64))
        #expect(await eventually { worker.links.first?.state != .connecting && !worker.links.isEmpty })
        guard case .refused(let reason)? = worker.links.first?.state else {
            Issue.record("not refused: \(worker.links)")
            return
        }
        #expect(reason.contains("upstream-1 has 32 partitions, worker-1 64"))
        worker.die()
        pipe.close()
    }

    @Test func `garbage on an outbound pipe is counted and harms nobody`() async throws {
        let pipe = try openPipe()
        let socket = try Socket(.dealer)
        try socket.connect(pipe.endpoint)
        var random = SplitMix64(seed: 7)
        let garbage = (0..<200).map { _ in
            (0..<Int.random(in: 1...3, using: &random)).map { _ in
                (0..<Int.random(in: 0...64, using: &random)).map { _ in UInt8.random(in: 0...255, using: &random) }
            }
        }
        for message in garbage {
            let sent = await eventually { (try? socket.send(message)) == true }
            #expect(sent)
        }
        #expect(await eventually { pipe.counters.rejectedFrames > 100 })
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint])
        let outcomes = Outcomes()
        outcomes.send(batch(1, partitions: [1]), on: pipe)
        #expect(await eventually { outcomes.acknowledged == [1] })
        socket.close()
        worker.die()
        pipe.close()
    }

    @Test func `a payload that is no batch is refused with the reason`() async throws {
        let pipe = try openPipe()
        let worker = RecordingWorker("worker-1", on: [pipe.endpoint])
        let identity = BatchIdentity(producer: "spool", sequence: 1)
        let broken = OutgoingBatch(
            identity: identity, lowWater: 0, partitions: [Partition(rawValue: 1)], items: 1, encoded: [1, 2, 3])
        let outcomes = Outcomes()
        pipe.send(broken) { outcomes.record($0, 1) }
        #expect(await eventually { outcomes.refused.count == 1 })
        #expect(outcomes.refused.first?.contains("cannot read the batch") == true)
        outcomes.send(batch(2, partitions: [1]), on: pipe)
        #expect(await eventually { outcomes.acknowledged == [2] })
        #expect(worker.counters.rejectedFrames == 1)
        worker.die()
        pipe.close()
    }

    @Test func `bytes that must be split and cannot be read are refused without harm to the worker`() async throws {
        let pipe = try openPipe()
        let first = RecordingWorker("worker-1", on: [pipe.endpoint])
        let second = RecordingWorker("worker-2", on: [pipe.endpoint])
        #expect(await eventually { pipe.counters.workers == 2 })
        let identity = BatchIdentity(producer: "spool", sequence: 1)
        let broken = OutgoingBatch(
            identity: identity, lowWater: 0, partitions: PartitionCount.standard.all, items: 32, encoded: [1, 2, 3])
        let outcomes = Outcomes()
        pipe.send(broken) { outcomes.record($0, 1) }
        outcomes.send(batch(2, partitions: allPartitions), on: pipe)
        #expect(await eventually { outcomes.acknowledged == [2] && outcomes.refused.count == 1 })
        #expect(first.counters.lostLinks + second.counters.lostLinks == 0)
        first.die()
        second.die()
        pipe.close()
    }

    @Test func `an upstream that restarts on its port is found again`() async throws {
        let pipe = try openPipe()
        let endpoint = pipe.endpoint
        let worker = RecordingWorker("worker-1", on: [endpoint])
        #expect(await eventually { pipe.counters.workers == 1 })
        pipe.close()
        var again: OutboundPipe?
        let bound = await eventually {
            again = try? OutboundPipe(OutboundPipeConfiguration(bind: endpoint, instance: "upstream-1"))
            return again != nil
        }
        #expect(bound)
        let outcomes = Outcomes()
        if let again { outcomes.send(batch(1, partitions: [1]), on: again) }
        #expect(await eventually { outcomes.acknowledged == [1] })
        worker.die()
        again?.close()
    }

    @Test func `a taken port is an error that reads aloud`() throws {
        let pipe = try openPipe()
        let error = #expect(throws: PipeError.self) {
            try OutboundPipe(OutboundPipeConfiguration(bind: pipe.endpoint, instance: "second-1"))
        }
        #expect(error?.description.hasPrefix("cannot open the pipe of second-1: cannot bind \(pipe.endpoint)") == true)
        #expect(error?.isRetriable == true)
        pipe.close()
    }
}
