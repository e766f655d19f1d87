public import Model

/// What follows the record: a cache, a stream, another store.
///
/// The record is the one store whose commit decides which readings are fresh; readings are acknowledged on its word
/// alone. After each commit, before the acknowledgement, every sink gets what was fresh, in the order in which the
/// configuration lists them. So a redelivery is never shown twice, and a sink that is away, slow or broken stops neither
/// the record nor the other sinks. What it cannot take it drops and counts; it may read it back from the record later.
///
/// All calls come from one thread.
public protocol Sink: AnyObject {
    /// As `type` in the configuration; health and metrics show it.
    var name: String { get }

    /// Connects, and from now on stays connected by itself. Does not wait.
    func start()

    /// Takes what a commit stored for the first time. Never waits and never fails: it writes at once, keeps a bounded
    /// amount for later, or drops.
    func store(_ fresh: [ReadingBatch])

    /// Whether it works, at this moment.
    var status: SinkStatus { get }
    var counts: SinkCounts { get }

    /// Writes what it keeps, for at most `patience`: nothing more will come.
    func drain(within patience: Duration) async

    /// Lets go of everything. Nothing is called after it.
    func close()
}

/// What operators see of a sink.
public enum SinkStatus: Equatable, Sendable {
    case ok
    /// The record goes on without it. The sentence says what is wrong.
    case degraded(String)
}

/// Readings since the start.
public struct SinkCounts: Equatable, Sendable {
    public var written: Int
    /// Not written; the record has them.
    public var dropped: Int

    public init(written: Int = 0, dropped: Int = 0) {
        self.written = written
        self.dropped = dropped
    }
}
