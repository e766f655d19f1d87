internal import NIOCore
internal import ServiceLifecycle

/// A piece of an answer. Copies share their bytes: one piece may go to many readers.
public struct HTTPChunk: Sendable {
    let buffer: ByteBuffer

    public init(_ text: String) {
        buffer = ByteBuffer(string: text)
    }

    public init(_ bytes: [UInt8]) {
        buffer = ByteBuffer(bytes: bytes)
    }
}

/// An answer in pieces, for as long as its reader stays. The next piece is asked for when the connection has taken the one
/// before: a slow reader costs what the sequence holds for it, and some 64 KiB on the way.
///
/// The sequence is cancelled when the reader goes, when it has taken nothing for a while, and when the server stops, whatever it
/// waits for.
public struct HTTPChunks: Sendable {
    typealias Taker = @concurrent (HTTPChunk) async throws -> Void

    let write: @concurrent @Sendable (_ take: Taker) async throws -> Void

    /// A piece that has not been taken by then is of a reader that will not be back: a computer that was put to sleep says nothing.
    let patience: Duration

    public init<Chunks: AsyncSequence & Sendable>(
        _ chunks: Chunks, patience: Duration = .seconds(30)
    ) where Chunks.Element == HTTPChunk {
        self.patience = patience
        write = { take in
            for try await chunk in chunks.cancelOnGracefulShutdown() { try await take(chunk) }
        }
    }
}
