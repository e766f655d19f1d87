internal import Crypto
internal import Settings

/// Says that a message comes from somebody who knows the secret, and when it was sent: `v1=` and, in hexadecimal, the HMAC-SHA256
/// (RFC 2104) of `<Unix seconds>.<body>`.
struct WebhookSignature: CustomStringConvertible {
    let description: String

    init(_ body: [UInt8], seconds: Int64, secret: Secret) {
        var code = HMAC<SHA256>(key: SymmetricKey(data: Array(secret.reveal().utf8)))
        code.update(data: Array("\(seconds).".utf8))
        code.update(data: body)
        description = "v1=" + code.finalize().map(Self.hexadecimal).joined()
    }

    private static func hexadecimal(_ byte: UInt8) -> String {
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
}
