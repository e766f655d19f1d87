internal import CHiredis
internal import Glibc

/// hiredis's own connection, in non-blocking mode. Not `Sendable`: it stays with the ``RedisConnection`` that made it,
/// on the I/O thread, and is freed there.
struct HiredisContext: ~Copyable {
    private let context: UnsafeMutablePointer<redisContext>
    private let server: String

    /// Begins to connect. The descriptor turns writable when that has succeeded or failed.
    ///
    /// - Parameter address: numeric, because hiredis would resolve a name on the calling thread.
    init(connectingTo address: String, port: Int, server: String) throws(RedisError) {
        guard let context = redisConnectNonBlock(address, Int32(port)) else {
            throw RedisError(.connectFailed, "cannot connect to \(server): out of memory (hiredis)", isRetriable: true)
        }
        guard context.pointee.err == 0 else {
            let error = Self.error(.connectFailed, "connect to \(server)", context)
            redisFree(context)
            throw error
        }
        self.context = context
        self.server = server
    }

    deinit { redisFree(context) }

    var descriptor: Int32 { context.pointee.fd }

    /// Asks how connecting ended, once the descriptor is writable.
    func finishConnecting() throws(RedisError) {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        if getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) != 0 { code = errno }
        guard code == 0 else {
            let why = String(cString: strerror(code))
            throw RedisError(
                .connectFailed, "cannot connect to \(server): \(why) (connect, errno \(code))", isRetriable: true)
        }
    }

    /// Appends the commands to hiredis's output buffer.
    ///
    /// - Parameter hashes: of each script, as SCRIPT LOAD answered.
    func append(_ pipeline: RedisPipeline, hashes: [RedisScript: String]) throws(RedisError) {
        var failed = false
        pipeline.bytes.withUnsafeBytes { bytes in
            let base = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            for index in 0..<pipeline.count where !failed {
                failed = !append(commandAt: index, of: pipeline, at: base, hashes: hashes)
            }
        }
        if failed { throw Self.error(.connectionLost, "send to \(server)", context) }
    }

    private func append(
        commandAt index: Int, of pipeline: RedisPipeline, at base: UnsafePointer<CChar>?, hashes: [RedisScript: String]
    ) -> Bool {
        let positions = pipeline.arguments(ofCommandAt: index)
        return withUnsafeTemporaryAllocation(of: UnsafePointer<CChar>?.self, capacity: positions.count + 2) {
            pointers in
            withUnsafeTemporaryAllocation(of: Int.self, capacity: positions.count + 2) { lengths in
                var count = 0
                func add(_ pointer: UnsafePointer<CChar>?, _ length: Int) {
                    pointers[count] = pointer
                    lengths[count] = length
                    count += 1
                }
                func addPipelineArguments() -> Bool {
                    for position in positions {
                        let range = pipeline.range(ofArgumentAt: position)
                        add(base.map { $0 + range.lowerBound } ?? emptyText, range.count)
                    }
                    return append(arguments: pointers.baseAddress, lengths: lengths.baseAddress, count: count)
                }
                guard let script = pipeline.commands[index].script else { return addPipelineArguments() }
                // An unknown hash is answered NOSCRIPT, and the connection then loads and calls again.
                return (hashes[script] ?? "unknown").withCString { hash in
                    "EVALSHA".withCString { name in
                        add(name, 7)
                        add(hash, strlen(hash))
                        return addPipelineArguments()
                    }
                }
            }
        }
    }

    private func append(
        arguments: UnsafeMutablePointer<UnsafePointer<CChar>?>?, lengths: UnsafeMutablePointer<Int>?, count: Int
    ) -> Bool {
        redisAppendCommandArgv(context, Int32(count), arguments, lengths) == REDIS_OK
    }

    /// Writes what the socket takes.
    ///
    /// - Returns: Whether everything is out.
    func write() throws(RedisError) -> Bool {
        var done: Int32 = 0
        guard redisBufferWrite(context, &done) == REDIS_OK else {
            throw Self.error(.connectionLost, "send to \(server)", context)
        }
        return done != 0
    }

    /// Reads what has arrived, at most 16 KiB.
    func read() throws(RedisError) {
        guard redisBufferRead(context) == REDIS_OK else {
            throw Self.error(.connectionLost, "receive from \(server)", context)
        }
    }

    /// The next complete reply, if one has been read.
    func nextReply() throws(RedisError) -> RedisValue? {
        var reply: UnsafeMutableRawPointer?
        guard redisGetReplyFromReader(context, &reply) == REDIS_OK else {
            throw Self.error(.protocolViolation, "understand \(server)", context)
        }
        guard let reply else { return nil }
        defer { freeReplyObject(reply) }
        return RedisValue(copying: reply.assumingMemoryBound(to: redisReply.self))
    }

    private static func error(
        _ code: RedisError.Code, _ what: String, _ context: UnsafeMutablePointer<redisContext>
    ) -> RedisError {
        let number = errno
        let why = withUnsafeBytes(of: &context.pointee.errstr) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        let suffix = context.pointee.err == REDIS_ERR_IO ? " (errno \(number))" : ""
        return RedisError(code, "cannot \(what): \(why)\(suffix)", isRetriable: true)
    }
}

/// What an empty argument points to: hiredis wants an address even for no bytes.
private nonisolated(unsafe) let emptyText: UnsafePointer<CChar> = {
    let byte = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    byte.initialize(to: 0)
    return UnsafePointer(byte)
}()
