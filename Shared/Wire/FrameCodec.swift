internal import Model
internal import SwiftProtobuf

/// A ``PipeFrame`` as bytes: `sluice.v1.Frame` (see Protos/sluice/v1/pipe.proto).
public enum FrameCodec {
    /// What a frame may weigh; a batch's payload is a message part of its own and does not count.
    public static let maximumBytes = 1 << 20

    /// - Throws: ``WireError`` when Protobuf refuses; no frame of ours is large enough for that.
    public static func encode(_ frame: PipeFrame) throws(WireError) -> [UInt8] {
        do {
            return try Sluice_V1_Frame(frame).serializedBytes()
        } catch {
            throw WireError(.tooLarge, "frame", "\(error)")
        }
    }

    /// - Throws: ``WireError``; a frame of a kind that this build does not know is `malformed`.
    public static func decode(_ bytes: [UInt8]) throws(WireError) -> PipeFrame {
        guard bytes.count <= maximumBytes else {
            throw WireError(.tooLarge, "frame", "\(bytes.count) bytes, the limit is \(maximumBytes)")
        }
        let message: Sluice_V1_Frame
        do {
            message = try Sluice_V1_Frame(serializedBytes: bytes)
        } catch {
            throw WireError(.malformed, "frame", "\(bytes.count) bytes are no sluice.v1.Frame: \(error)")
        }
        return PipeFrame(session: message.session, number: message.number, try PipeFrame.Kind(message.kind))
    }
}

extension PipeFrame.Kind {
    fileprivate init(_ kind: Sluice_V1_Frame.OneOf_Kind?) throws(WireError) {
        switch kind {
        case .hello(let hello): self = .hello(PipeFrame.Hello(hello))
        case .welcome(let welcome): self = .welcome(PipeFrame.Welcome(welcome))
        case .batch(let header): self = .batch(try PipeFrame.BatchHeader(header))
        case .ack(let ack): self = .ack(deliveries: ack.deliveries)
        case .nack(let nack): self = .nack(deliveries: nack.deliveries, Refusal(nack))
        case .credit(let credit): self = .credit(readings: credit.readings)
        case .heartbeat: self = .heartbeat
        case .goodbye(let goodbye): self = .goodbye(PipeFrame.Goodbye(goodbye))
        case nil: throw WireError(.malformed, "frame", "it is of no kind that this build knows")
        }
    }
}

extension Sluice_V1_Frame {
    fileprivate init(_ frame: PipeFrame) {
        self.init()
        session = frame.session
        number = frame.number
        switch frame.kind {
        case .hello(let hello): self.hello = Sluice_V1_Hello(hello)
        case .welcome(let welcome): self.welcome = Sluice_V1_Welcome(welcome)
        case .batch(let header): batch = Sluice_V1_BatchHeader(header)
        case .ack(let deliveries): ack = .with { $0.deliveries = deliveries }
        case .nack(let deliveries, let refusal): nack = Sluice_V1_Nack(deliveries, refusal)
        case .credit(let readings): credit = .with { $0.readings = readings }
        case .heartbeat: heartbeat = Sluice_V1_Heartbeat()
        case .goodbye(let goodbye): self.goodbye = Sluice_V1_Goodbye(goodbye)
        }
    }
}
