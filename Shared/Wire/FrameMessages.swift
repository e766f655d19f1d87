internal import Model

// The frames' bodies, both ways.

extension PipeFrame.Hello {
    init(_ message: Sluice_V1_Hello) {
        self.init(
            version: WireVersion(message.version), stage: message.stage, instance: message.instance,
            credit: message.credit)
    }
}

extension Sluice_V1_Hello {
    init(_ hello: PipeFrame.Hello) {
        self.init()
        version = Sluice_V1_ProtocolVersion(hello.version)
        stage = hello.stage
        instance = hello.instance
        credit = hello.credit
    }
}

extension PipeFrame.Welcome {
    init(_ message: Sluice_V1_Welcome) {
        self.init(
            version: WireVersion(message.version), instance: message.instance, partitions: message.partitions,
            heartbeatInterval: .milliseconds(Int64(message.heartbeatMilliseconds)))
    }
}

extension Sluice_V1_Welcome {
    init(_ welcome: PipeFrame.Welcome) {
        self.init()
        version = Sluice_V1_ProtocolVersion(welcome.version)
        instance = welcome.instance
        partitions = welcome.partitions
        heartbeatMilliseconds = welcome.heartbeatInterval.wholeMilliseconds
    }
}

extension PipeFrame.BatchHeader {
    init(_ message: Sluice_V1_BatchHeader) throws(WireError) {
        guard message.partitions.allSatisfy({ $0 <= UInt32(UInt16.max) }) else {
            throw WireError(.inconsistent, "frame", "a partition number is above \(UInt16.max)")
        }
        self.init(
            delivery: message.delivery,
            identity: BatchIdentity(producer: message.producer, sequence: message.sequence),
            lowWater: message.lowWater, partitions: message.partitions.map { Partition(rawValue: UInt16($0)) },
            weight: message.weight, redelivered: message.redelivered, token: message.hasToken ? message.token : nil)
    }
}

extension Sluice_V1_BatchHeader {
    init(_ header: PipeFrame.BatchHeader) {
        self.init()
        delivery = header.delivery
        producer = header.identity.producer
        sequence = header.identity.sequence
        lowWater = header.lowWater
        partitions = header.partitions.map { UInt32($0.rawValue) }
        weight = header.weight
        redelivered = header.redelivered
        if let token = header.token { self.token = token }
    }
}

extension Refusal {
    init(_ message: Sluice_V1_Nack) {
        if message.hasRetryAfterMilliseconds {
            self = .retry(after: .milliseconds(Int64(message.retryAfterMilliseconds)), reason: message.reason)
        } else {
            self = .refused(reason: message.reason)
        }
    }
}

extension Sluice_V1_Nack {
    init(_ deliveries: [UInt64], _ refusal: Refusal) {
        self.init()
        self.deliveries = deliveries
        reason = refusal.reason
        if case .retry(let delay, _) = refusal { retryAfterMilliseconds = delay.wholeMilliseconds }
    }
}

extension PipeFrame.Goodbye {
    init(_ message: Sluice_V1_Goodbye) {
        self.init(Reason(rawValue: message.reason.rawValue) ?? .unspecified, message.detail)
    }
}

extension Sluice_V1_Goodbye {
    init(_ goodbye: PipeFrame.Goodbye) {
        self.init()
        reason = Sluice_V1_GoodbyeReason(rawValue: goodbye.reason.rawValue) ?? .unspecified
        detail = goodbye.detail
    }
}

extension WireVersion {
    fileprivate init(_ message: Sluice_V1_ProtocolVersion) {
        self.init(major: message.major, minor: message.minor)
    }
}

extension Sluice_V1_ProtocolVersion {
    fileprivate init(_ version: WireVersion) {
        self.init()
        major = version.major
        minor = version.minor
    }
}

extension Duration {
    /// Rounded down, within what a frame can carry (49 days).
    fileprivate var wholeMilliseconds: UInt32 {
        let (seconds, attoseconds) = components
        guard seconds <= Int64(UInt32.max) / 1_000 else { return .max }
        return UInt32(clamping: seconds * 1_000 + attoseconds / 1_000_000_000_000_000)
    }
}
