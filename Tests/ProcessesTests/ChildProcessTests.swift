import Foundation
import Processes
import Testing

struct ChildProcessTests {
    @Test func `a program's output and status come back`() async throws {
        let (status, text) = try await Command("/bin/sh", ["-c", "echo hello; echo there >&2; exit 3"]).run()
        #expect(status == .exited(3))
        #expect(text == "hello\nthere\n")
    }

    @Test func `a missing program is an error that reads aloud`() throws {
        let error = try #require(throws: SpawnError.self) {
            try ChildProcess.spawn(Command("/nowhere/program"))
        }
        #expect(error.description == "cannot start /nowhere/program: no such file or directory (execve, errno 2)")
        #expect(!error.isRetriable)
    }

    @Test func `a child that ignores the request is killed after the limit`() async throws {
        let child = try ChildProcess.spawn(Command("/bin/sh", ["-c", "trap '' TERM; while :; do sleep 0.05; done"]))
        #expect(await child.exitStatus(within: .milliseconds(200)) == nil)
        #expect(await child.stop(within: .milliseconds(200)) == .killed(signal: SIGKILL))
        #expect(child.status == .killed(signal: SIGKILL))
        #expect(child.identity?.isAlive == false)
    }

    @Test func `a signal to an ended child goes nowhere`() async throws {
        let child = try ChildProcess.spawn(Command("/bin/true"))
        #expect(await child.exitStatus().isSuccess)
        child.signal(SIGKILL)
        #expect(await child.stop(within: .seconds(1)).isSuccess)
    }

    @Test func `children outlive the task that started them`() async throws {
        let child = try await Task.detached { try ChildProcess.spawn(Command("/bin/sleep", ["60"])) }.value
        // Longer than an idle thread of the pool lives.
        #expect(await child.exitStatus(within: .seconds(7)) == nil)
        #expect(await child.stop(within: .seconds(30)) == .killed(signal: SIGTERM))
    }

    @Test func `a child leads its own session, away from the terminal's signals`() async throws {
        let child = try ChildProcess.spawn(Command("/bin/sleep", ["60"]))
        #expect(getsid(child.pid) == child.pid)
        await child.stop(within: .seconds(30))
    }

    @Test(.enabled(if: UserAccount.isSuperuser))
    func `the superuser starts a child as somebody else`() async throws {
        let nobody = try #require(UserAccount(named: "nobody"))
        let (_, text) = try await Command("/usr/bin/id", ["-u"], user: nobody).run()
        #expect(text == "\(nobody.userID)\n")
        let (_, groups) = try await Command("/usr/bin/id", ["-G"], user: nobody).run()
        #expect(groups == "\(nobody.groupID)\n")
    }
}

struct ProcessIdentityTests {
    @Test func `an identity tells the living from the dead`() async throws {
        let current = try #require(ProcessIdentity.current)
        #expect(current.isAlive && current.pid == getpid())
        let child = try ChildProcess.spawn(Command("/bin/sleep", ["60"]))
        let identity = try #require(child.identity)
        #expect(await !identity.waitForEnd(within: .milliseconds(50)))
        child.signal(SIGKILL)
        #expect(await identity.waitForEnd(within: .seconds(30)))
        #expect(ProcessIdentity(of: child.pid) == nil)
    }
}

struct LogFileTests {
    @Test func `the last lines come oldest first`() throws {
        let path = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
        defer { unlink(path) }
        try "one\ntwo\nthree\n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(LogFile(path: path).lastLines(2) == ["two", "three"])
        #expect(LogFile(path: path + "-absent").lastLines(2).isEmpty)
    }

    @Test func `a large log moves aside at the next start`() throws {
        let path = NSTemporaryDirectory() + "log-\(UUID().uuidString)"
        defer {
            unlink(path)
            unlink(path + ".1")
        }
        let log = LogFile(path: path)
        try Data(count: 10).write(to: URL(filePath: path))
        log.rotateIfLarge()
        #expect(FileManager.default.fileExists(atPath: path))
        try Data(count: LogFile.rotationSize + 1).write(to: URL(filePath: path))
        log.rotateIfLarge()
        #expect(!FileManager.default.fileExists(atPath: path))
        #expect(FileManager.default.fileExists(atPath: path + ".1"))
    }
}
