internal import CLinux
internal import Foundation
internal import IOLoop
internal import Model

/// JSON lines on standard input, each a reading with `device_id` and `sensor_type`, read on a thread of their own.
@IOThread
final class StandardInput {
    /// A line that is no reading, for the log.
    var onFault: (@IOThread (String) -> Void)?

    private let take: @IOThread (_ topic: String, _ line: [UInt8]) -> Void
    private let finished: @IOThread () -> Void
    private let waitsWhile: @IOThread () -> Bool

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

    func start() {
        let (lines, continuation) = AsyncStream.makeStream(of: [UInt8].self, bufferingPolicy: .unbounded)
        let room = DispatchSemaphore(value: 1_000)
        Thread.detachNewThread {
            while let line = readLine(strippingNewline: true) {
                room.wait()
                continuation.yield(Array(line.utf8))
            }
            continuation.finish()
        }
        IOThread.task {
            for await line in lines {
                while self.waitsWhile() { await EventLoop.sleep(for: .milliseconds(50)) }
                self.take(line)
                room.signal()
            }
            self.finished()
        }
    }

    private func take(_ line: [UInt8]) {
        guard line.contains(where: { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\r") }) else { return }
        guard let names = try? JSONDecoder().decode(Names.self, from: Data(line)), !names.device_id.isEmpty,
            !names.sensor_type.isEmpty
        else {
            onFault?(String(decoding: line.prefix(200), as: UTF8.self))
            return
        }
        take("sensors/\(names.device_id)/\(names.sensor_type)", line)
    }

    private struct Names: Decodable {
        var device_id: String
        var sensor_type: String
    }
}
