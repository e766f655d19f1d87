import Settings
import Testing

private struct Writer: SettingsSection {
    static let section = "storage_writer"
    let batchSize: Int
    let topics: [String]
    let postgres: PostgreSQLSettings

    init(from reader: SettingsReader) {
        batchSize = reader.int("batch_size", default: 100, in: 1...1_000, "Readings in a transaction.")
        topics = reader.strings("topics", default: ["a"], "Topics.")
        postgres = PostgreSQLSettings(from: reader.shared("postgres"))
    }
}

@Suite struct PrecedenceTests {
    private func writer(
        _ yaml: String = "", environment: [String: String] = [:], overrides: [String] = []
    ) throws -> Writer {
        try SettingsDocument(yaml: yaml, environment: environment, overrides: overrides).decode(Writer.self)
    }

    @Test func `without a file the defaults stand`() throws {
        #expect(try writer().batchSize == 100)
    }

    @Test func `the file is over the defaults`() throws {
        #expect(try writer("storage_writer: { batch_size: 7 }").batchSize == 7)
    }

    @Test func `the environment is over the file`() throws {
        let environment = ["SLUICE_STORAGE_WRITER__BATCH_SIZE": "8"]
        #expect(try writer("storage_writer: { batch_size: 7 }", environment: environment).batchSize == 8)
    }

    @Test func `flags are over the environment`() throws {
        let environment = ["SLUICE_STORAGE_WRITER__BATCH_SIZE": "8"]
        let overrides = ["storage_writer.batch_size=9"]
        #expect(try writer(environment: environment, overrides: overrides).batchSize == 9)
    }

    @Test func `a key with nothing behind it has its default`() throws {
        #expect(try writer("storage_writer:\n  batch_size:").batchSize == 100)
    }

    @Test func `a service's own database is over the shared one`() throws {
        let yaml = "postgres: { url: postgres://shared/a }\nstorage_writer: { postgres: { connect_timeout: 9s } }"
        let environment = ["SLUICE_STORAGE_WRITER__POSTGRES__URL": "postgres://own/b"]
        #expect(try writer(yaml).postgres.url == "postgres://shared/a")
        #expect(try writer(yaml).postgres.connectTimeout == .seconds(9))
        #expect(try writer(yaml, environment: environment).postgres.url == "postgres://own/b")
    }

    @Test func `lists come as commas from the environment and as YAML from flags`() throws {
        #expect(try writer(environment: ["SLUICE_STORAGE_WRITER__TOPICS": "x,y"]).topics == ["x", "y"])
        #expect(try writer(overrides: ["storage_writer.topics=[p, 'q, r']"]).topics == ["p", "q, r"])
    }

    @Test func `variables without a double underscore are no settings`() throws {
        #expect(try writer(environment: ["SLUICE_HOME": "/x", "SLUICE_CONFIG": "y"]).batchSize == 100)
    }

    @Test func `a merged mapping gives what the section does not say itself`() throws {
        let yaml = "x-base: &base { batch_size: 5, topics: [m] }\nstorage_writer: { <<: *base, batch_size: 6 }"
        let writer = try writer(yaml)
        #expect(writer.batchSize == 6)
        #expect(writer.topics == ["m"])
    }
}
