public import Model

/// Batch in, batch out: a pure function over columns.
///
/// A processor may change any column in place, or fill an empty one; it never changes the number of rows, the
/// identity or the positions. Rows leave by verdict only, so that each one is counted. Everything that the result depends on is in
/// the batch, in the processor's own configuration, or in `now`.
///
/// The columns are contiguous buffers, so that a processor can be an adapter that lends them to a shared object
/// (`withUnsafeMutableBufferPointer`) and reads back a row-by-row array of verdicts.
public protocol Processor: Sendable {
    /// Its name in the configuration; metrics, logs and errors show it.
    var name: String { get }

    /// Throws when the plugin itself is broken. A reading that it does not like is a verdict, not an error.
    func process(_ batch: inout ReadingBatch, verdicts: inout Verdicts, at now: Timestamp) throws
}

/// Processors in the order in which the configuration lists them. Each sees what the ones before it left.
public struct ProcessorChain: Sendable {
    public var processors: [any Processor]
    /// The service that runs it, as dead letters name it.
    public var stage: String

    public init(_ processors: [any Processor], stage: String) {
        self.processors = processors
        self.stage = stage
    }

    public enum Outcome: Sendable {
        case processed(ReadingBatch, DiscardCounts)
        /// Nothing was done: give the batch back and take it again later.
        case retry(after: Duration, plugin: String, why: String)
    }

    /// - Throws: ``PluginError`` with the name of the processor that failed.
    public func run(_ original: ReadingBatch, at now: Timestamp) throws(PluginError) -> Outcome {
        var batch = original
        var counts = DiscardCounts()
        var verdicts = Verdicts()
        for processor in processors {
            try PluginError.naming(processor.name) {
                try processor.process(&batch, verdicts: &verdicts, at: now)
            }
            if verdicts.isEmpty { continue }
            if let retry = verdicts.retry { return .retry(after: retry.after, plugin: processor.name, why: retry.why) }
            counts.add(batch.apply(verdicts, stage: stage))
            verdicts.removeAll()
        }
        return .processed(batch, counts)
    }
}
