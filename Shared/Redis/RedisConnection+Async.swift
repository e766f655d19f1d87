internal import IOLoop

extension RedisConnection {
    /// Sends `pipeline` and returns one value for each command; never leaves the I/O thread.
    ///
    /// - Throws: ``RedisError`` when the pipeline as a whole failed. Some of its commands may have run.
    public func send(_ pipeline: RedisPipeline) async throws(RedisError) -> [RedisValue] {
        let result = await withCheckedContinuation { continuation in
            submit(pipeline) { continuation.resume(returning: $0) }
        }
        return try result.get()
    }

    /// Sends one command.
    ///
    /// - Throws: ``RedisError``; code `refused` when the server answered with an error.
    @discardableResult
    public func send(_ arguments: String...) async throws(RedisError) -> RedisValue {
        var pipeline = RedisPipeline()
        pipeline.beginCommand()
        for argument in arguments { pipeline.argument(argument) }
        let reply = try await send(pipeline)[0]
        if let text = reply.errorText {
            throw .refused(text, while: "run \(arguments[0]) on \(configuration.description)")
        }
        return reply
    }

    /// Waits until it is connected, at most for `patience`.
    ///
    /// - Returns: Whether it is.
    public func isConnected(within patience: Duration) async -> Bool {
        let deadline = ContinuousClock.now + patience
        while !state.isConnected, .now < deadline {
            await EventLoop.sleep(for: .milliseconds(10))
        }
        return state.isConnected
    }
}
