internal import Model
internal import SQLite

/// A spool as somebody else sees it: beside the process that writes it, if there is one. Changes nothing and locks nothing.
public final class SpoolReader {
    public let path: String
    /// The identity of all batches in it.
    public let producer: String
    /// The number of partitions that its batches are for; nil when the file does not say.
    public let partitions: Int?
    private let database: Database
    private let statements: SpoolStatements

    /// - Throws: `storage`, `newerSchema`.
    public init(path: String) throws(SpoolError) {
        self.path = path
        let version: Int64
        do throws(SQLiteError) {
            database = try Database(path: path, access: .read)
            database.setBusyTimeout(milliseconds: 5_000)
            version = try database.integer("PRAGMA user_version")
            statements = try SpoolStatements(database, for: .reading)
            producer = try statements.producer()
            partitions = version < SpoolSchema.firstWithPartitions ? nil : try statements.partitionCount()
        } catch {
            throw .storage(error)
        }
        guard version <= SpoolSchema.version else {
            throw .newerSchema(path: path, found: version, known: SpoolSchema.version)
        }
    }

    /// The mqtt-ingest that has it open on this machine.
    public var owner: Int32? { SpoolLock.holder(of: path) }

    public func status() throws(SpoolError) -> SpoolStatus {
        do throws(SQLiteError) {
            return try statements.status()
        } catch {
            throw .storage(error)
        }
    }

    /// The first batch after `sequence` and whether its bytes are what was written; nil at the end.
    public func first(after sequence: UInt64) throws(SpoolError) -> (batch: SpoolBatch, isIntact: Bool)? {
        do throws(SQLiteError) {
            return try statements.first(after: sequence).map { ($0.0, $0.isIntact) }
        } catch {
            throw .storage(error)
        }
    }
}
