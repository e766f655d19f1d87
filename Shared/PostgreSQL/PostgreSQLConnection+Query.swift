internal import CPostgreSQL
internal import IOLoop
internal import ZeroMQ

/// A statement that one connection runs often: parsed by the server once a connection.
public struct PreparedStatement: Sendable, Hashable {
    public var name: String
    public var sql: String

    public init(name: String, sql: String) {
        self.name = name
        self.sql = sql
    }
}

extension PostgreSQLConnection {
    /// Runs one or more statements without parameters or rows. Returns the row count of the last one.
    @discardableResult
    public func execute(_ sql: String, within limit: Duration? = nil) async throws -> Int {
        try await perform(sql.operationName, within: limit) { handle in
            try self.check(PQsendQuery(handle, sql), handle)
            return try await self.results(handle).affectedRows
        }
    }

    /// Runs one statement with parameters; answers in binary form.
    @discardableResult
    public func query(
        _ sql: String, _ arguments: [PostgreSQLParameter] = [], within limit: Duration? = nil
    ) async throws -> PostgreSQLRows {
        try await perform(sql.operationName, within: limit) { handle in
            let encoded = self.parameters
            encoded.encode(arguments)
            let sent = PQsendQueryParams(
                handle, sql, Int32(arguments.count), encoded.types, encoded.pointers, encoded.lengths,
                encoded.formats, 1)
            try self.check(sent, handle)
            return try await self.results(handle)
        }
    }

    /// The same for a statement that the server keeps parsed. Types of the arguments must not vary between calls.
    @discardableResult
    public func query(
        _ statement: PreparedStatement, _ arguments: [PostgreSQLParameter], within limit: Duration? = nil
    ) async throws -> PostgreSQLRows {
        try await perform(statement.name, within: limit) { handle in
            let encoded = self.parameters
            encoded.encode(arguments)
            try await self.prepare(statement, handle)
            let sent = PQsendQueryPrepared(
                handle, statement.name, Int32(arguments.count), encoded.pointers, encoded.lengths, encoded.formats, 1)
            try self.check(sent, handle)
            return try await self.results(handle)
        }
    }

    /// Runs `body` between BEGIN and COMMIT. Whatever it throws rolls back and is thrown on.
    ///
    /// A `connectionLost` or `deadlineExceeded` out of COMMIT leaves open whether it took place.
    @discardableResult
    public func transaction<Answer>(
        begin: String = "BEGIN", _ body: @IOThread () async throws -> Answer
    ) async throws -> Answer {
        do {
            // Inside, for `begin` may take a lock as well: when that fails the transaction is open all the same.
            try await execute(begin)
            let answer = try await body()
            try await execute("COMMIT")
            return answer
        } catch {
            await rollBack()
            throw error
        }
    }

    private func rollBack() async {
        guard isOpen else { return }
        do {
            try await execute("ROLLBACK")
        } catch {
            // A connection that cannot even roll back is of no use, and closing it rolls back too.
            close()
        }
    }

    private func prepare(_ statement: PreparedStatement, _ handle: OpaquePointer) async throws {
        guard !prepared.contains(statement.name) else { return }
        let types = parameters.types
        try check(PQsendPrepare(handle, statement.name, statement.sql, Int32(types.count), types), handle)
        _ = try await results(handle)
        prepared.insert(statement.name)
    }
}

// The part shared with COPY.
extension PostgreSQLConnection {
    func check(_ success: Int32, _ handle: OpaquePointer) throws {
        guard success != 1 else { return }
        if PQstatus(handle) == CONNECTION_BAD { throw abandonBroken(handle) }
        throw PostgreSQLError(
            kind: .unexpectedAnswer, operation: operation ?? "PostgreSQL", message: lastMessage(of: handle))
    }

    /// Sends what libpq holds; reads meanwhile, since a server that cannot answer stops to listen.
    func flush(_ handle: OpaquePointer) async throws {
        while true {
            let unsent = PQflush(handle)
            if unsent == 0 { return }
            if unsent < 0 { throw abandonBroken(handle) }
            try await waitUntilReady(for: [.readable, .writable])
            if PQconsumeInput(handle) == 0 { throw abandonBroken(handle) }
        }
    }

    /// The next result; nil when the statement has no more.
    func nextResult(_ handle: OpaquePointer) async throws -> PostgreSQLRows? {
        while PQisBusy(handle) == 1 {
            try await waitUntilReady(for: .readable)
            if PQconsumeInput(handle) == 0 { throw abandonBroken(handle) }
        }
        return PQgetResult(handle).map(PostgreSQLRows.init(owning:))
    }

    /// Reads all results of a statement. Throws the first error, after the last result has been read, so that the
    /// connection is ready for the next operation.
    func results(_ handle: OpaquePointer) async throws -> PostgreSQLRows {
        try await flush(handle)
        var last: PostgreSQLRows?
        var refusal: PostgreSQLError?
        while let result = try await nextResult(handle) {
            refusal = refusal ?? result.error(operation: operation ?? "PostgreSQL")
            last = result
            // The server waits for rows that nobody will send.
            if result.isCopyIn { break }
        }
        if PQstatus(handle) == CONNECTION_BAD { throw lostConnection(handle, refusal) }
        if let refusal { throw refusal.isFailedTransaction ? abandonFailed(refusal) : refusal }
        guard let last else { throw lost("the server gave no result") }
        return last
    }

    /// A statement has met a transaction that failed before and that nobody rolled back. A new connection is the way out
    /// of it, whoever left it behind.
    private func abandonFailed(_ refusal: PostgreSQLError) -> PostgreSQLError {
        var error = lost(refusal.message)
        error.sqlState = refusal.sqlState
        abandon(error)
        return error
    }

    /// The server's last words (57P01, terminated by an operator) say more than libpq's.
    private func lostConnection(_ handle: OpaquePointer, _ lastWords: PostgreSQLError?) -> PostgreSQLError {
        var error = lost(lastWords?.message ?? lastMessage(of: handle))
        error.sqlState = lastWords?.sqlState
        abandon(error)
        return error
    }
}

extension String {
    /// The first words of a statement, to name it in messages without its data.
    var operationName: String {
        split(maxSplits: 6, whereSeparator: \.isWhitespace).prefix(6).joined(separator: " ")
    }
}
