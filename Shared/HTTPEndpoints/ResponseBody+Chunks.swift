internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension ResponseBody {
    /// How long a reader that does not read may hold up the stop of the server.
    private static let farewell = TimeAmount.milliseconds(500)

    /// Pieces until they end, their reader goes, or the server stops.
    init(_ chunks: HTTPChunks, for request: Request, on channel: any Channel) {
        self.init { writer in
            try await withGracefulShutdownHandler {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await Self.write(chunks, to: &writer, on: channel)
                }
                try await writer.finish(nil)
            } onGracefulShutdown: {
                // A write to somebody who does not read would never end.
                channel.eventLoop.scheduleTask(in: Self.farewell) { channel.close(promise: nil) }
            }
        }
    }

    @concurrent private static func write(
        _ chunks: HTTPChunks, to writer: inout any ResponseBodyWriter, on channel: any Channel
    ) async throws {
        let patience = TimeAmount(chunks.patience)
        try await chunks.write { chunk in
            let end = channel.eventLoop.scheduleTask(in: patience) { channel.close(promise: nil) }
            defer { end.cancel() }
            try await writer.write(chunk.buffer)
        }
    }
}
