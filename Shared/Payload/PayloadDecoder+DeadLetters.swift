internal import Model

/// What a dead letter keeps, and why.
struct BuriedBytes {
    var bytes: [UInt8]
    var fault: PayloadFault

    init(_ payload: UnsafeRawBufferPointer, fault: PayloadFault) {
        bytes = Array(payload.prefix(PayloadRules.keptBytes))
        self.fault = fault
        if payload.count > bytes.count {
            self.fault.detail += "; only the first \(bytes.count) of \(payload.count) bytes are kept"
        }
    }

    fileprivate init(bytes: [UInt8], fault: PayloadFault) {
        self.bytes = bytes
        self.fault = fault
    }
}

/// The bad readings of one message. The first ones are buried one by one; a message of a hundred thousand of them must
/// not become as many dead letters, so the others are kept together, as an array that replays them, by reason.
struct MessageFaults {
    private struct Surplus {
        var count = 1
        var detail: String
        var bytes: [UInt8]
    }

    /// How many dead letters the message makes.
    var letters: Int { single + surplus.count }

    private var single = 0
    private var surplus: [DiscardReason: Surplus] = [:]

    /// - Returns: what to bury now; nil when it is kept with others.
    mutating func add(_ fault: PayloadFault, _ bytes: UnsafeRawBufferPointer) -> BuriedBytes? {
        guard single >= PayloadRules.lettersPerMessage else {
            single += 1
            return BuriedBytes(bytes, fault: fault)
        }
        let reason = fault.reason
        if surplus[reason] == nil {
            surplus[reason] = Surplus(detail: fault.detail, bytes: [UInt8(ascii: "[")] + bytes)
        } else {
            surplus[reason]?.count += 1
            surplus[reason]?.bytes.append(UInt8(ascii: ","))
            surplus[reason]?.bytes.append(contentsOf: bytes)
        }
        return nil
    }

    /// The others, in the order of their reasons' names.
    var together: [BuriedBytes] {
        surplus.sorted { $0.key.rawValue < $1.key.rawValue }.map { reason, surplus in
            BuriedBytes(
                bytes: surplus.bytes + [UInt8(ascii: "]")],
                fault: PayloadFault(
                    reason: reason,
                    detail: "\(surplus.count) more readings of a message with many; the first: \(surplus.detail)"))
        }
    }
}

extension PayloadDecoder {
    /// - Parameter buried: what publishing to the topic again would bring back.
    func bury(_ buried: BuriedBytes, of message: Message, in builder: inout BatchBuilder) {
        builder.payloadBytes += message.topic.count + buried.fault.detail.utf8.count
        builder.batch.deadLetters.append(
            DeadLetter(
                position: builder.nextPosition, partition: partition(of: message.topic),
                topic: Topic.text(message.topic), payload: buried.bytes, reason: buried.fault.reason,
                detail: buried.fault.detail, stage: stage, receivedAt: message.receivedAt))
    }

    /// Of the topic's device; of the whole topic when it names none.
    private func partition(of topic: UnsafeRawBufferPointer) -> Partition {
        (try? Topic(topic, partitions: partitions))?.partition
            ?? Partition(device: Topic.text(topic), of: partitions)
    }
}
