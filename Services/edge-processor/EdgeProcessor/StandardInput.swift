internal import Dispatch
internal import FoundationEssentials
internal import Glibc
internal import IOLoop
internal import Payload
internal import Platform

/// JSON lines on standard input, each a reading with `device_id` and `sensor_type`, read on a thread of their own.
@IOThread
final class StandardInput {
    /// A line that is no reading.
    var onFault: (@IOThread (_ line: String) -> Void)?

    private let take: @IOThread (_ topic: String, _ line: [UInt8]) -> Void
    private let finished: @IOThread () -> Void
    private let waitsWhile: @IOThread () -> Bool
    private var isStopped = false
    /// All of it was taken.
    private(set) var hasEnded = false
    /// Longer lines are no readings.
    private nonisolated static let longestLine = 256 << 10

    /// - Parameters:
    ///   - waitsWhile: whether more would be too much now.
    ///   - finished: called once, at the end of the input.
    init(
        waitsWhile: @escaping @IOThread () -> Bool, take: @escaping @IOThread (String, [UInt8]) -> Void,
        finished: @escaping @IOThread () -> Void
    ) {
        self.waitsWhile = waitsWhile
        self.take = take
        self.finished = finished
    }

    /// - Throws: `NoThread`
    func start() throws {
        let (lines, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .unbounded)
        // So many lines wait at most.
        let room = DispatchSemaphore(value: 200)
        try detachThread {
            Self.readLines { line in
                room.wait()
                continuation.yield(line)
            }
            continuation.finish()
        }
        IOThread.task {
            for await line in lines {
                while self.waitsWhile(), !self.isStopped { await EventLoop.sleep(for: .milliseconds(50)) }
                guard !self.isStopped else { return }
                self.take(line)
                room.signal()
            }
            self.hasEnded = true
            self.finished()
        }
    }

    /// Nothing more is taken.
    func stop() { isStopped = true }

    /// Of a line that is too long, the beginning.
    private nonisolated static func readLines(_ body: ([UInt8]) -> Void) {
        var line: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(STDIN_FILENO, &chunk, chunk.count)
            guard count > 0 else { break }
            for byte in chunk[..<count] {
                if byte == UInt8(ascii: "\n") {
                    body(line)
                    line.removeAll(keepingCapacity: true)
                } else if line.count <= longestLine {
                    line.append(byte)
                }
            }
        }
        if !line.isEmpty { body(line) }
    }

    private func take(_ line: [UInt8]) {
        guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }) else { return }
        guard line.count <= Self.longestLine, let names = try? JSONDecoder().decode(Names.self, from: Data(line)),
            Self.isLevel(names.device_id), Self.isLevel(names.sensor_type)
        else {
            onFault?(String(decoding: line.prefix(200), as: UTF8.self))
            return
        }
        take("sensors/\(names.device_id)/\(names.sensor_type)", line)
    }

    /// Whether it can be a level of a topic that somebody may subscribe to.
    private static func isLevel(_ name: String) -> Bool {
        (1...PayloadRules.nameLimit).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy { scalar in
                !"/+#".unicodeScalars.contains(scalar) && scalar.properties.generalCategory != .control
            }
    }

    private struct Names: Decodable {
        var device_id: String
        var sensor_type: String
    }
}
