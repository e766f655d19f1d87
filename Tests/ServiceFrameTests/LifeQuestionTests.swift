import ArgumentParser
import Foundation
import Observability
import Settings
import TestServers
import Testing
import UnixSignals

@testable import StageRuntime

@Suite struct LifeQuestionTests {
    @Test func `a running service is found by its record and says that it turns`() async throws {
        let run = try FrameRun(Sample.self)
        _ = try await run.record { $0.state == "running" }
        let question = LifeQuestion(
            identity: ServiceIdentity(service: "sample", instance: run.instance), http: try settings(),
            instances: run.directory)
        let answer = await question.ask()
        #expect(answer.isAlive)
        #expect(answer.sentence == "sample answers 200: ok")
        run.send(.sigterm)
        #expect(await run.code() == .success)
        let late = await question.ask()
        #expect(!late.isAlive)
        #expect(late.sentence.contains("http.port is 0"))
    }

    @Test func `a running service is found by its port, also where it listens on all addresses`() async throws {
        let run = try FrameRun(Sample.self)
        let url = try #require(try await run.record { $0.state == "running" }.url)
        let port = try #require(URLComponents(string: url)?.port)
        for host in ["127.0.0.1", "0.0.0.0"] {
            #expect(await ask(try settings("host: \(host), port: \(port)")).isAlive)
        }
        run.send(.sigterm)
        #expect(await run.code() == .success)
        let late = await ask(try settings("port: \(port)"))
        #expect(!late.isAlive)
        #expect(late.sentence.contains("no answer from 127.0.0.1:\(port)"))
    }

    @Test func `a random port without a registry cannot be known, and the answer says what to do`() async throws {
        let answer = await ask(try settings())
        #expect(!answer.isAlive)
        #expect(answer.sentence.contains("--registry"))
    }

    @Test func `a service that speaks TLS is asked so, whatever its certificate says`() async throws {
        let certificates = try Certificates(names: "DNS:elsewhere.example")
        try certificates.protect("server.key")
        let tls =
            "certificate_file: \(certificates.path("server.pem")), private_key_file: \(certificates.path("server.key"))"
        let run = try FrameRun(Sample.self, sample: "pace: 1, http: { tls: { \(tls) } }")
        let url = try #require(try await run.record { $0.state == "running" }.url)
        #expect(url.hasPrefix("https://127.0.0.1:"))
        let port = try #require(URLComponents(string: url)?.port)
        #expect(await ask(try settings("port: \(port), tls: { \(tls) }")).isAlive)
        #expect(await !ask(try settings("port: \(port)")).isAlive)
        let byRecord = LifeQuestion(
            identity: ServiceIdentity(service: "sample", instance: run.instance), http: try settings("tls: { \(tls) }"),
            instances: run.directory)
        #expect(await byRecord.ask().isAlive)
        run.send(.sigterm)
        #expect(await run.code() == .success)
    }

    private func ask(_ http: HTTPSettings) async -> (isAlive: Bool, sentence: String) {
        let identity = ServiceIdentity(service: "sample", instance: "sample-1")
        return await LifeQuestion(identity: identity, http: http, instances: nil).ask()
    }

    private func settings(_ http: String = "") throws -> HTTPSettings {
        let document = SettingsDocument(yaml: "http: { \(http) }", environment: [:])
        return try document.decode(ServiceSettings<SampleConfiguration>.self).http
    }
}
