/// One numbered step of the database's schema.
public struct Migration: Sendable, Hashable {
    /// The number that the file's name begins with. Steps run in this order, each once.
    public var number: Int
    public var name: String
    public var sql: String

    public init(number: Int, name: String, sql: String) {
        self.number = number
        self.name = name
        self.sql = sql
    }
}
