internal import Model

/// Topics and series seen so far, found by their bytes without making text.
///
/// A series' place in the batch under construction is noted beside it with the batch's generation, so that interning a
/// series costs a comparison.
struct TopicCache {
    private(set) var topics: [Topic] = []
    /// The first topic of each hash; the others follow by `nextTopic`.
    private var byHash: [UInt64: Int32] = [:]
    private var nextTopic: [Int32] = []
    private var firstSeries: [Int32] = []
    private var series: [KnownSeries] = []

    /// Devices that invent topics or units must not fill the memory, nor make every look-up slow: above this number of
    /// topics, or of units of one topic, it starts afresh with the next message.
    private let limit: Int
    private let unitLimit = 256
    private var isWornOut = false

    struct KnownSeries {
        var unit: [UInt8]
        var series: Series
        var generation: UInt64
        var index: UInt32
        var next: Int32
    }

    init(limit: Int = 65_536) {
        self.limit = limit
    }

    /// The number of a topic, valid until the next call.
    ///
    /// - Throws: for a topic that means nothing; it is not kept.
    mutating func topic(_ bytes: UnsafeRawBufferPointer, partitions: PartitionCount) throws(PayloadFault) -> Int {
        if isWornOut { self = TopicCache(limit: limit) }
        let hash = StableHash.fnv1a(bytes)
        var candidate = byHash[hash] ?? -1
        while candidate >= 0 {
            if topics[Int(candidate)].bytes.elementsEqual(bytes) { return Int(candidate) }
            candidate = nextTopic[Int(candidate)]
        }
        let topic = try Topic(bytes, partitions: partitions)
        isWornOut = topics.count >= limit
        topics.append(topic)
        nextTopic.append(byHash[hash] ?? -1)
        firstSeries.append(-1)
        byHash[hash] = Int32(topics.count - 1)
        return topics.count - 1
    }

    /// The number of the series that a topic's readings in this unit belong to. The unit is UTF-8.
    mutating func series(topic: Int, unit: UnsafeRawBufferPointer) -> Int {
        var candidate = firstSeries[topic]
        var units = 0
        while candidate >= 0 {
            if series[Int(candidate)].unit.elementsEqual(unit) { return Int(candidate) }
            candidate = series[Int(candidate)].next
            units += 1
        }
        isWornOut = isWornOut || units >= unitLimit
        let new = topics[topic].series(unit: String(decoding: unit, as: UTF8.self))
        series.append(
            KnownSeries(unit: Array(unit), series: new, generation: 0, index: 0, next: firstSeries[topic]))
        firstSeries[topic] = Int32(series.count - 1)
        return series.count - 1
    }

    /// The series' place in the dictionary of a batch, which gains it when it is new there.
    mutating func index(ofSeries number: Int, in batch: inout ReadingBatch, generation: UInt64) -> UInt32 {
        if series[number].generation == generation { return series[number].index }
        let index = UInt32(batch.series.count)
        batch.series.append(series[number].series)
        series[number].generation = generation
        series[number].index = index
        return index
    }
}
