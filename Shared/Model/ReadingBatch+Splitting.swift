/// Which part of a batch each partition goes to; nil sends it nowhere.
public struct PartitionAssignment: Hashable, Sendable {
    /// Indexed by the partition's raw value; -1 is nowhere.
    @usableFromInline
    var parts: [Int32]

    /// The number of parts.
    public var count: Int

    public init(parts count: Int, of partitions: PartitionCount, _ part: (Partition) -> Int?) {
        self.count = count
        parts = partitions.all.map { partition in
            guard let index = part(partition) else { return -1 }
            precondition(index >= 0 && index < count, "part \(index) of \(count)")
            return Int32(index)
        }
    }

    /// A partition that this deployment does not have belongs to no part.
    @inlinable
    public func part(of partition: Partition) -> Int? {
        let index = Int(partition.rawValue)
        guard index < parts.count, parts[index] >= 0 else { return nil }
        return Int(parts[index])
    }
}

extension ReadingBatch {
    /// The share of the batch that a set of partitions makes: readings, dead letters and presence. Positions, identity
    /// and everything that holds for the whole batch stay; the part's dictionary holds only its own series.
    public func part(of partitions: Set<Partition>) -> ReadingBatch {
        let highest = max(partitions.max()?.rawValue ?? 0, 0)
        let all = PartitionCount(rawValue: highest + 1)
        return split(PartitionAssignment(parts: 1, of: all) { partitions.contains($0) ? 0 : nil })[0]
    }

    /// Splits in one pass over each column. Parts may come out empty; together they hold what is assigned somewhere,
    /// each row once and in its old order.
    public func split(_ assignment: PartitionAssignment) -> [ReadingBatch] {
        var parts = (0..<assignment.count).map { _ in emptyPart() }
        let places = seriesPlaces(assignment, &parts)
        let rows = splitRows(places, into: &parts)
        splitSparse(\.locations, rows, into: &parts)
        splitSparse(\.metadata, rows, into: &parts)
        splitSparse(\.flags, rows, into: &parts)
        splitSparse(\.anomalies, rows, into: &parts)
        for letter in deadLetters {
            if let part = assignment.part(of: letter.partition) { parts[part].deadLetters.append(letter) }
        }
        for change in presence {
            if let part = assignment.part(of: change.partition) { parts[part].presence.append(change) }
        }
        for replay in replays {
            if let part = assignment.part(of: replay.partition) { parts[part].replays.append(replay) }
        }
        return parts
    }

    /// The partitions that have anything in this batch, ascending.
    public var partitions: [Partition] {
        var found = Set<Partition>()
        var used = [Bool](repeating: false, count: series.count)
        for index in seriesIndex { used[Int(index)] = true }
        for (index, series) in series.enumerated() where used[index] { found.insert(series.partition) }
        for letter in deadLetters { found.insert(letter.partition) }
        for change in presence { found.insert(change.partition) }
        return found.sorted()
    }

    private func emptyPart() -> ReadingBatch {
        var part = ReadingBatch(identity: identity, lowWater: lowWater)
        part.processedAt = processedAt
        part.pipelineVersion = pipelineVersion
        part.route = route
        return part
    }
}

/// Where an entry of the old batch is in the new ones.
private struct Place {
    /// -1 for nowhere.
    var part: Int32
    var index: UInt32
}

extension ReadingBatch {
    private func seriesPlaces(_ assignment: PartitionAssignment, _ parts: inout [ReadingBatch]) -> [Place] {
        series.map { series in
            guard let part = assignment.part(of: series.partition) else { return Place(part: -1, index: 0) }
            parts[part].series.append(series)
            return Place(part: Int32(part), index: UInt32(parts[part].series.count - 1))
        }
    }

    private func splitRows(_ places: [Place], into parts: inout [ReadingBatch]) -> [Place] {
        var rows: [Place] = []
        rows.reserveCapacity(count)
        for row in 0..<count {
            let place = places[Int(seriesIndex[row])]
            guard place.part >= 0 else {
                rows.append(place)
                continue
            }
            rows.append(Place(part: place.part, index: UInt32(parts[Int(place.part)].count)))
            parts[Int(place.part)].appendRow(row, of: self, seriesIndex: place.index)
        }
        return rows
    }

    private mutating func appendRow(_ row: Int, of batch: ReadingBatch, seriesIndex: UInt32) {
        appendReading(
            seriesIndex: seriesIndex, timestamp: batch.timestamp[row], value: batch.value[row],
            receivedAt: batch.receivedAt[row], position: batch.position[row])
        if !batch.quality.isEmpty { quality.append(batch.quality[row]) }
        if !batch.anomalyScore.isEmpty { anomalyScore.append(batch.anomalyScore[row]) }
    }

    private func splitSparse<Entry: SparseEntry>(
        _ column: WritableKeyPath<ReadingBatch, [Entry]>, _ rows: [Place], into parts: inout [ReadingBatch]
    ) {
        let entries = self[keyPath: column]
        guard !entries.isEmpty else { return }
        var columns = [[Entry]](repeating: [], count: parts.count)
        for var entry in entries {
            let place = rows[Int(entry.row)]
            guard place.part >= 0 else { continue }
            entry.row = place.index
            columns[Int(place.part)].append(entry)
        }
        for part in parts.indices { parts[part][keyPath: column] = columns[part] }
    }
}
