internal import FoundationEssentials
internal import Model

// Protobuf's bytes are Foundation's Data in Swift. Dead letters are rare, so the copy does not matter.

extension Sluice_V1_DeadLetter {
    init(_ letter: DeadLetter) {
        self.init()
        position = letter.position
        partition = UInt32(letter.partition.rawValue)
        topic = letter.topic
        payload = Data(letter.payload)
        reason = letter.reason.rawValue
        detail = letter.detail
        stage = letter.stage
        receivedAt = letter.receivedAt.microseconds
    }
}

extension DeadLetter {
    init(_ message: Sluice_V1_DeadLetter) {
        let reason = DiscardReason(rawValue: message.reason)
        self.init(
            position: message.position, partition: Partition(rawValue: UInt16(message.partition)),
            topic: message.topic, payload: [UInt8](message.payload), reason: reason ?? .pluginRejected,
            // A newer minor version may know more reasons. The word is kept, so that nothing is lost.
            detail: reason == nil ? "\(message.reason): \(message.detail)" : message.detail, stage: message.stage,
            receivedAt: Timestamp(microseconds: message.receivedAt))
    }
}
