import Foundation
import Testing

extension EndToEnd {
    /// What an operator does from the page alone.
    struct DashboardUseTests {
        @Test func `flow is seen, and an instance that dies and comes back, two seconds after the monitor has seen it`()
            async throws
        {
            try await DashboardRig.with { rig in
                var outages: [Duration] = []
                if Screenshots().areWanted { try await rig.waitForHistory() }
                for (round, viewport) in Viewport.all.enumerated() {
                    try await rig.driver.show(as: viewport)
                    try await rig.open("")
                    try await rig.until("readings flow, \(viewport)", within: 60, Self.flows)
                    try await rig.until("nothing is lost, \(viewport)", "document.querySelector('#answer-lost.ok')")
                    try await diesAndComesBack(rig, restarts: 2 * round + 1, viewport)
                    outages.append(try await InstanceOutage(rig: rig, viewport: viewport).watch())
                }
                // Whatever else the machine does may delay some of them.
                #expect(outages.contains { $0 < .seconds(2) }, "\(outages)")
                try await goesOnAfterARestartOfTheMonitor(rig)
            }
        }

        private func diesAndComesBack(_ rig: DashboardRig, restarts: Int, _ viewport: Viewport) async throws {
            try await rig.driver.run(Self.witness)
            try await rig.stack.signal("preprocessor", SIGKILL)
            try await rig.until("it is red, \(viewport)", within: 60, "window.red?.since")
            // Not since the signal: how soon the monitor looks is not the page's, and other load can delay it.
            let delay = try await rig.driver.run("return (window.red.at - Date.parse(window.red.since)) / 1000")
            let seconds = try #require((delay as? NSNumber)?.doubleValue)
            #expect(seconds < 2, "red \(seconds) s after the monitor saw it, \(viewport)")
            try await rig.until(
                "it is green again, \(viewport)", within: 120, "window.color() === window.paint('--ok')")
            try await rig.until("its restart is counted, \(viewport)", "\(Self.restarts) === '\(restarts)'")
        }

        private static let flows = "document.querySelector('#answer-flow strong')?.innerText.startsWith('Yes')"
        private static let restarts =
            "document.querySelector('#service-preprocessor tbody tr').cells[2].textContent"

        /// Notes when the row of preprocessor turns red, and since when the monitor says that it is so.
        private static let witness = """
            const row = document.querySelector("#service-preprocessor tbody tr");
            window.paint = name => {
              const probe = document.body.appendChild(document.createElement("i"));
              probe.style.color = `var(${name})`;
              const color = getComputedStyle(probe).color;
              probe.remove();
              return color;
            };
            window.color = () => getComputedStyle(row.querySelector(".badge")).color;
            new MutationObserver(async () => {
              if (window.red || window.color() !== window.paint("--bad")) return;
              window.red = { at: Date.now() };
              const status = await (await fetch("/api/status")).json();
              window.red.since = status.instances.find(one => one.name === "preprocessor").since;
            }).observe(row, { attributes: true, attributeFilter: ["data-state"] });
            """

        private func goesOnAfterARestartOfTheMonitor(_ rig: DashboardRig) async throws {
            // One that is only killed is back before anybody would say that it is away.
            let pid = try await rig.stack.signal("health-monitor", SIGSTOP)
            try await rig.until("it says that nobody answers", "!document.getElementById('silence').hidden")
            let words = try await rig.driver.run("return document.getElementById('silence').innerText") as? String
            #expect(words?.contains("What is below is old") == true)
            kill(pid, SIGKILL)
            try #require(try await rig.stack.waitForSuccessor(of: pid, as: "health-monitor"))
            try await rig.until("it is live again", within: 60, "document.body.dataset.live === 'true'")
            try await rig.until("readings flow", within: 60, Self.flows)
        }

        @Test func `charts are read and pages reached by keys, and what a device calls itself stays text`() async throws
        {
            try await DashboardRig.with { rig in
                let name = "<img src=x onerror=alert(1)>"
                try await rig.stack.publish("sensors/\(name)/temperature", #"{"value": 1}"#)
                try await rig.open("")
                try await rig.until("there is a chart", "document.querySelector('.plot-frame canvas')")
                try await rig.driver.run("document.querySelector('.plot-frame').focus()")
                try await rig.until("two points are there", "document.activeElement.ariaValueMax >= 1")
                try await rig.driver.press("Home")
                try await rig.until(
                    "the first is read",
                    "/UTC: received .*, stored /.test(document.querySelector('.readout').innerText)")
                try await rig.driver.press("ArrowRight")
                try await rig.until("the second is read", "document.activeElement.ariaValueNow === '1'")
                try await rig.driver.run("document.querySelector('nav a[data-page=devices]').focus()")
                try await rig.driver.press("Enter")
                try await rig.until(
                    "the device is listed", "document.querySelector('main').innerText.includes('\(name)')")
                #expect(try await rig.driver.run("return document.querySelectorAll('main img').length") as? Int == 0)
                #expect(try await rig.driver.run("return document.activeElement.tagName") as? String == "H1")
                #expect(try await rig.driver.console() == [])
            }
        }
    }
}
