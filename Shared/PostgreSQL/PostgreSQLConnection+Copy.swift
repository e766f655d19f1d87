internal import CPostgreSQL
internal import IOLoop

extension PostgreSQLConnection {
    /// Sends rows with `COPY table (columns) FROM STDIN (FORMAT binary)`. Returns how many the server stored.
    ///
    /// `rows` must be finished and must not change until the call returns. Chunks go out as the server takes them, so
    /// libpq never holds more than one of them.
    @discardableResult
    public func copyIn(_ sql: String, _ rows: BinaryCopyEncoder, within limit: Duration? = nil) async throws -> Int {
        try await perform(sql.operationName, within: limit) { handle in
            try self.check(PQsendQuery(handle, sql), handle)
            guard try await self.results(handle).isCopyIn else {
                throw PostgreSQLError(
                    kind: .unexpectedAnswer, operation: sql.operationName, message: "this is no COPY FROM STDIN")
            }
            try await self.sendChunks(of: rows.buffer, handle)
            try self.check(PQputCopyEnd(handle, nil), handle)
            return try await self.results(handle).affectedRows
        }
    }

    private static let chunkSize = 256 * 1024

    private func sendChunks(of buffer: BinaryBuffer, _ handle: OpaquePointer) async throws {
        var sent = 0
        while sent < buffer.count {
            let size = min(Self.chunkSize, buffer.count - sent)
            let chunk = (buffer.base + sent).assumingMemoryBound(to: CChar.self)
            switch PQputCopyData(handle, chunk, Int32(size)) {
            case 1: sent += size
            case 0: break  // no room: flush, then the same chunk again
            default: throw abandonBroken(handle)
            }
            try await flush(handle)
        }
    }
}
