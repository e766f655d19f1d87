internal import Hummingbird
internal import NIOCore
internal import ServiceLifecycle

extension ResponseBody {
    /// How long a reader that does not read may hold up the stop of the server.
    private static let patience = TimeAmount.milliseconds(500)

    /// Pieces until they end, their reader goes, or the server stops.
    init(_ chunks: HTTPChunks, for request: Request, on channel: any Channel) {
        self.init { writer in
            try await withGracefulShutdownHandler {
                try await request.body.consumeWithCancellationOnInboundClose { _ in
                    try await Self.write(chunks, to: &writer)
                }
                try await writer.finish(nil)
            } onGracefulShutdown: {
                // A write to somebody who does not read would never end.
                channel.eventLoop.scheduleTask(in: Self.patience) { channel.close(promise: nil) }
            }
        }
    }

    @concurrent private static func write(_ chunks: HTTPChunks, to writer: inout any ResponseBodyWriter) async throws {
        try await chunks.write { chunk in try await writer.write(chunk.buffer) }
    }
}
