import Model
import Testing
import Wire

struct BatchCodecTests {
    @Test func `every field of a batch comes back as it was`() throws {
        let bytes = try BatchCodec.encode(fullBatch())
        #expect(try BatchCodec.decode(bytes) == fullBatch())
    }

    @Test func `an empty batch keeps its identity`() throws {
        let batch = ReadingBatch(identity: BatchIdentity(producer: "p", sequence: 9), lowWater: 3)
        #expect(try BatchCodec.decode(try BatchCodec.encode(batch)) == batch)
    }

    @Test func `a plain reading takes about 27 bytes`() throws {
        let bytes = try BatchCodec.encode(plainBatch(readings: 10_000))
        #expect(bytes.count < 10_000 * 28 + 2_000)
        #expect(try BatchCodec.decode(bytes) == plainBatch(readings: 10_000))
    }

    @Test func `fields of a newer minor version are skipped`() throws {
        var bytes = try BatchCodec.encode(fullBatch())
        // The minor becomes 9, and field 1000 (varint 1) follows.
        bytes.replaceSubrange(0..<6, with: [0x0A, 0x04, 0x08, 0x01, 0x10, 0x09])
        bytes += [0xC0, 0x3E, 0x01]
        #expect(try BatchCodec.decode(bytes) == fullBatch())
    }

    @Test func `another major version is refused with both versions named`() throws {
        var bytes = try BatchCodec.encode(fullBatch())
        bytes[3] = 2
        let error = #expect(throws: WireError.self) { try BatchCodec.decode(bytes) }
        #expect(error?.code == .unsupportedVersion)
        #expect(error?.description.contains("format 2.\(WireVersion.current.minor), this build reads 1.x") == true)
        #expect(error?.isRetriable == false)
    }

    @Test func `a reason that only a newer version knows is kept in words`() throws {
        var bytes = try BatchCodec.encode(fullBatch())
        let place = try #require(bytes.firstRange(of: Array("invalid_json".utf8)))
        bytes.replaceSubrange(place, with: Array("invalid_toml".utf8))
        let letter = try #require(try BatchCodec.decode(bytes).deadLetters.first)
        #expect(letter.reason == .pluginRejected)
        #expect(letter.detail == "invalid_toml: offset 1: a value is expected")
    }
}

/// What a faulty or hostile peer may send.
struct BatchValidationTests {
    private func refusal(_ change: (inout ReadingBatch) -> Void) throws -> WireError? {
        var batch = fullBatch()
        change(&batch)
        let bytes = try BatchCodec.encode(batch)
        return #expect(throws: WireError.self) { try BatchCodec.decode(bytes) }
    }

    @Test func `columns of different length are refused by name`() throws {
        let error = try refusal { $0.timestamp.removeLast() }
        #expect(
            error?.description
                == "cannot read the batch: column timestamp has 2 entries, value has 3 (inconsistent)")
        #expect(try refusal { $0.seriesIndex.append(0) }?.message.contains("series_index") == true)
        #expect(try refusal { $0.receivedAt = [] }?.message.contains("received_at") == true)
        #expect(try refusal { $0.position = [] }?.message.contains("position") == true)
        #expect(try refusal { $0.quality = [1] }?.message.contains("quality") == true)
        #expect(try refusal { $0.anomalyScore = [1] }?.message.contains("anomaly_score") == true)
    }

    @Test func `indexes that point outside are refused`() throws {
        #expect(try refusal { $0.seriesIndex[1] = 2 }?.code == .inconsistent)
        #expect(try refusal { $0.flags[0].row = 3 }?.code == .inconsistent)
        #expect(try refusal { $0.series[0].partition = Partition(rawValue: 32) }?.code == .inconsistent)
        #expect(try refusal { $0.deadLetters[0].partition = Partition(rawValue: 99) }?.code == .inconsistent)
        #expect(try refusal { $0.presence[0].partition = Partition(rawValue: 99) }?.code == .inconsistent)
    }

    @Test func `a series without a sensor is refused`() throws {
        // One more series_device, "x", at the end.
        let bytes = try BatchCodec.encode(fullBatch()) + [0x2A, 0x01, 0x78]
        let error = #expect(throws: WireError.self) { try BatchCodec.decode(bytes) }
        #expect(error?.message == "column series_sensor has 2 entries, series_device has 3")
    }

    @Test func `sparse columns are in row order`() throws {
        #expect(try refusal { $0.metadata.swapAt(0, 1) }?.code == .inconsistent)
        #expect(try refusal { $0.metadata[1].row = 1 }?.code == .inconsistent)
    }

    @Test func `a batch without a producer is refused`() throws {
        #expect(try refusal { $0.identity.producer = "" }?.code == .inconsistent)
    }

    @Test func `more than the limits allow is refused`() throws {
        let bytes = try BatchCodec.encode(fullBatch())
        let few = WireLimits(bytes: 1 << 20, items: 5)
        let short = WireLimits(bytes: bytes.count - 1, items: 100)
        #expect(throws: WireError.self) { try BatchCodec.decode(bytes, limits: few) }
        #expect(throws: WireError.self) { try BatchCodec.decode(bytes, limits: short) }
    }

    @Test func `no truncation and no flipped byte crashes the decoder`() throws {
        let bytes = try BatchCodec.encode(fullBatch())
        for length in 0..<bytes.count { _ = try? BatchCodec.decode(Array(bytes.prefix(length))) }
        for index in bytes.indices {
            for bit in 0..<8 {
                var broken = bytes
                broken[index] ^= 1 << UInt8(bit)
                _ = try? BatchCodec.decode(broken)
            }
        }
    }
}
