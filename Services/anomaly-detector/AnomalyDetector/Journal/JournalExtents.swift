internal import Model

/// How long the journals of this instance's partitions are, as far as it knows. Bookkeeping alone.
struct JournalExtents {
    struct Extent: Equatable {
        /// Of the lease under which this was last seen: who has had it since changes the journal, too.
        var epoch: Int64
        var entries = 0
        var bytes = 0
        /// Whether Redis lists the partition among those that somebody has to take up.
        var isListed = false
    }

    private var extents: [Partition: Extent] = [:]
    /// Of all of them together.
    private(set) var bytes = 0

    subscript(partition: Partition) -> Extent? { extents[partition] }

    var all: [Partition: Extent] { extents }

    /// What was in the journal is learnt: what comes next may be written.
    mutating func open(_ partition: Partition, _ extent: Extent) {
        close(partition)
        extents[partition] = extent
        bytes += extent.bytes
    }

    mutating func listed(_ partition: Partition) { extents[partition]?.isListed = true }

    /// Whoever listed them may have lost it.
    mutating func unlist() {
        for partition in extents.keys { extents[partition]?.isListed = false }
    }

    /// - Parameter length: of the whole journal, as Redis counts; another's entries may be among them.
    mutating func wrote(_ written: Int, to partition: Partition, length: Int, epoch: Int64) {
        guard var extent = extents[partition] else { return }
        (extent.entries, extent.epoch) = (length, epoch)
        extent.bytes += written
        bytes += written
        extents[partition] = extent
    }

    /// Its beginning, as long as it was `before`, is gone.
    mutating func trimmed(_ partition: Partition, to before: Extent) {
        guard var extent = extents[partition] else { return }
        let gone = min(before.bytes, extent.bytes)
        extent.entries = max(0, extent.entries - before.entries)
        extent.bytes -= gone
        bytes -= gone
        extents[partition] = extent
    }

    /// The partition is another's.
    mutating func close(_ partition: Partition) {
        bytes -= extents.removeValue(forKey: partition)?.bytes ?? 0
    }
}
