import Foundation
import Glibc
import Processes
import TestServers
import Testing

@testable import SluiceCommand

struct BenchReportTests {
    @Test func `the JSON holds the ceiling and the ratio to it`() throws {
        let json = try object(of: report(ceiling: 80_000))
        #expect(json["brokerCeiling"] as? Double == 80_000)
        #expect(json["ratioToCeiling"] as? Double == 0.25)
        #expect((json["usage"] as? [[String: Any]])?.first?["peakMebibytes"] as? Double == 12.5)
    }

    @Test func `a ceiling that could not be measured is left out`() throws {
        let report = report(ceiling: nil)
        let json = try object(of: report)
        #expect(json["brokerCeiling"] == nil && json["ratioToCeiling"] == nil)
        #expect(json["readingsPerSecond"] as? Double == 20_000)
        #expect(report.text().contains("ceiling     – messages/s to an empty subscriber; ratio –"))
    }

    private func report(ceiling: Double?) -> BenchReport {
        BenchReport(
            cores: 2, readings: 1_000, readingsPerSecond: 20_000, brokerCeiling: ceiling,
            usage: [.init(process: "preprocessor-1", cpuMicroseconds: 1.5, peakMebibytes: 12.5)], latencyRate: 5_000)
    }

    private func object(of report: BenchReport) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: try report.json()) as? [String: Any])
    }
}

struct ProcessUsageTests {
    /// What four children inherit and none of them changes is one piece of memory, not five.
    @Test func `memory that a family shares counts once`() async throws {
        let output = "\(try TestDirectory.make())/output"
        let script = """
            $| = 1; my $shared = 'x' x (64 << 20); my @children;
            $SIG{TERM} = sub { kill 'KILL', @children; exit };
            for (1..4) { my $pid = fork; if (!$pid) { $SIG{TERM} = 'DEFAULT'; sleep 600; exit } push @children, $pid }
            print "ready"; sleep 600;
            """
        let family = try ChildProcess.spawn(Command("/usr/bin/perl", ["-e", script], output: .appended(to: output)))
        let isReady = try await eventually { FileManager.default.contents(atPath: output)?.isEmpty == false }
        #expect(isReady)
        let usage = try #require(ProcessUsage.read(family.pid))
        // Perl holds up to two copies of a constant of 64 MiB; five times one of them would be 320.
        #expect((64..<200).contains(usage.memoryBytes >> 20))
        await family.stop(within: .seconds(10))
    }

    @Test func `the memory of a single process is the most that it ever held`() async throws {
        let output = "\(try TestDirectory.make())/output"
        let script = "$| = 1; my $big = 'x' x (64 << 20); undef $big; print 'ready'; sleep 600"
        let process = try ChildProcess.spawn(Command("/usr/bin/perl", ["-e", script], output: .appended(to: output)))
        let isReady = try await eventually { FileManager.default.contents(atPath: output)?.isEmpty == false }
        #expect(isReady)
        #expect(try #require(ProcessUsage.read(process.pid)).memoryBytes >= 64 << 20)
        await process.stop(within: .seconds(10))
    }

    @Test func `nobody uses nothing`() {
        #expect(ProcessUsage.read(Int32.max) == nil)
    }
}
