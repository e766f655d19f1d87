internal import Wire

/// Bytes are a frame or an error that says why not; a frame encodes to what decodes to it again.
enum FrameProperties {
    static func check(_ input: [UInt8]) throws(BrokenProperty) {
        guard let frame = try decoded(input) else { return }
        let bytes: [UInt8]
        do {
            bytes = try FrameCodec.encode(frame)
        } catch {
            throw BrokenProperty("a frame cannot be encoded: \(error)")
        }
        try require(try decoded(bytes) == frame, "a frame does not come back as it was: \(frame)")
    }

    private static func decoded(_ bytes: [UInt8]) throws(BrokenProperty) -> PipeFrame? {
        do {
            return try FrameCodec.decode(bytes)
        } catch {
            try require(!error.message.isEmpty, "an error without a word")
            return nil
        }
    }
}
