import Foundation
import HTTPEndpoints
import Testing

@testable import HealthMonitor

@Suite struct DashboardFilesTests {
    private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Services/health-monitor/HealthMonitor/Dashboard").path

    private func text(_ file: DashboardFiles.File) -> String { String(decoding: file.bytes, as: UTF8.self) }

    /// Those that are ours.
    private var scripts: [DashboardFiles.File] {
        DashboardFiles.all.filter { $0.name.hasSuffix(".js") && $0.name != "uplot.js" }
    }

    @Test func `every file of the folder is served`() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder)
        #expect(Set(names) == Set(DashboardFiles.all.map(\.name)))
    }

    @Test func `each answer forbids what is inline or from elsewhere`() async {
        for route in DashboardFiles.routes {
            let answer = await route.answer(HTTPQuestion(path: route.path))
            #expect(answer.status == 200)
            #expect(answer.headers["Content-Security-Policy"] == DashboardFiles.contentSecurityPolicy)
        }
        #expect(!DashboardFiles.contentSecurityPolicy.contains("unsafe"))
        #expect(DashboardFiles.contentSecurityPolicy.contains("default-src 'none'"))
    }

    @Test func `the page has nothing inline`() throws {
        let page = text(try #require(DashboardFiles.all.first { $0.path == "/" }))
        #expect(!page.contains("style="))
        #expect(page.firstMatch(of: /\son[a-z]+=/) == nil)
        #expect(page.matches(of: /<script/).count == page.matches(of: /<script src="\/app\/[a-z]+\.js"/).count)
    }

    @Test func `no file names another server`() {
        for file in DashboardFiles.all where !file.name.hasPrefix("uplot") {
            let others = text(file).matches(of: /https?:\/\/[^\s"')]+/).map { String($0.output) }
            let known = [
                "http://www.w3.org/2000/svg", "https://html.spec.whatwg.org/multipage/server-sent-events.html,",
            ]
            #expect(others.allSatisfy(known.contains), "\(file.name): \(others)")
        }
    }

    @Test func `no script makes markup of text`() {
        for file in scripts {
            for word in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"] {
                #expect(!text(file).contains(word), "\(file.name): \(word)")
            }
        }
    }

    @Test func `each import is a file that is served`() {
        let names = Set(DashboardFiles.all.map(\.name))
        for file in scripts {
            let imports = text(file).matches(of: /from "\.\/([a-z]+\.js)"/).map { String($0.output.1) }
            #expect(Set(imports).isSubset(of: names), "\(file.name): \(imports)")
        }
    }

    @Test func `without a script the page says where to read`() throws {
        let page = text(try #require(DashboardFiles.all.first { $0.path == "/" }))
        let rest = try #require(page.firstMatch(of: /<noscript>([\s\S]*)<\/noscript>/)?.output.1)
        #expect(rest.contains(#"<a href="/api/status">"#))
    }

    @Test func `types are those that browsers insist on`() {
        #expect(DashboardFiles.contentType("main.js") == "text/javascript; charset=utf-8")
        #expect(DashboardFiles.contentType("uplot.LICENSE.txt") == "text/plain; charset=utf-8")
    }
}
