public import Alerting
internal import Model

/// What is sent, the same at each attempt.
public struct WebhookMessage: Hashable, Sendable {
    /// Names the transition for ever.
    public let id: String
    /// Messages of one alert are delivered in the order in which they came.
    public let alertID: String
    /// JSON; see ``Alerting/AlertTransition/message``.
    public let body: [UInt8]

    public init(_ transition: AlertTransition) {
        id = transition.id
        alertID = transition.alertID
        body = transition.message.bytes
    }

    /// A message out of a dead letter.
    ///
    /// - Parameter id: `<alert's id>/<ordinal>`.
    public init(id: String, body: [UInt8]) {
        self.id = id
        alertID = id.lastIndex(of: "/").map { String(id[..<$0]) } ?? id
        self.body = body
    }

    /// ``id`` as a header can hold it: what is not visible ASCII is percent-encoded, and so is the percent sign.
    var headerID: String {
        id.utf8.reduce(into: "") { text, byte in
            if (0x21...0x7E).contains(byte), byte != UInt8(ascii: "%") {
                text.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                text += (byte < 16 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
            }
        }
    }
}
