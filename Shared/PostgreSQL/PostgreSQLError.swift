/// What went wrong between this process and PostgreSQL, or what PostgreSQL refused.
public struct PostgreSQLError: Error, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// No connection could be made.
        case cannotConnect
        /// The connection broke, or was closed, before the answer came: whether a commit took place is not known.
        case connectionLost
        /// The deadline passed before the answer came; the connection was closed.
        case deadlineExceeded
        /// PostgreSQL answered with an error, named by `sqlState`.
        case refused
        /// The answer is not what the caller asked for: a wrong column type, a missing COPY state.
        case unexpectedAnswer
    }

    public var kind: Kind
    /// What this process was doing: "COPY reading_rows", "connect to db.example:5432".
    public var operation: String
    /// Five characters of PostgreSQL's appendix A; nil when the server never answered.
    public var sqlState: String?
    /// PostgreSQL's primary message, or libpq's.
    public var message: String
    public var detail: String?
    public var hint: String?
    /// Where in the statement or the COPY: "COPY reading_rows, line 3, column metadata".
    public var context: String?
    /// The violated constraint, when there is one.
    public var constraint: String?

    public init(kind: Kind, operation: String, sqlState: String? = nil, message: String) {
        self.kind = kind
        self.operation = operation
        self.sqlState = sqlState
        self.message = message
    }

    public var description: String {
        let state = sqlState.map { " (SQLSTATE \($0))" } ?? ""
        return "\(operation): \(message)\(state)" + (detail.map { ": \($0)" } ?? "")
    }

    /// The same work may succeed later, on this connection or on a new one.
    public var isRetriable: Bool {
        switch kind {
        case .cannotConnect, .connectionLost, .deadlineExceeded: true
        case .refused: sqlState.map(Self.isTransient(sqlState:)) ?? true
        case .unexpectedAnswer: false
        }
    }

    /// The connection can not be used any more.
    public var isConnectionLost: Bool {
        kind == .cannotConnect || kind == .connectionLost || kind == .deadlineExceeded
    }

    /// A table is not there: a fresh database, before its migrations have run.
    public var isMissingTable: Bool { sqlState == "42P01" }

    /// The data itself was refused (class 22, data exception; class 23, integrity constraint): trying the same row
    /// again is in vain.
    public var isAboutData: Bool {
        guard kind == .refused, let sqlState else { return false }
        return sqlState.hasPrefix("22") || sqlState.hasPrefix("23") || sqlState == "54000" || sqlState == "P0001"
    }

    /// The statement came after another one of its transaction had failed.
    var isFailedTransaction: Bool { kind == .refused && sqlState == "25P02" }

    /// Source: PostgreSQL 15, appendix A. Connection trouble, rollbacks by the server, lack of resources, locks,
    /// and interventions of an operator pass; a mistake in a statement does not.
    private static func isTransient(sqlState: String) -> Bool {
        let classes = ["08", "40", "53", "57", "58"]
        return classes.contains { sqlState.hasPrefix($0) } || ["55P03", "55006", "25006"].contains(sqlState)
    }
}
