import ArgumentParser
import FoundationEssentials

/// `sluice alerts`
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts", abstract: "Look at alerts, take them in hand, or keep their messages back for a while.",
        discussion: """
            An id may be cut short where it stays unambiguous.

            EXAMPLES
              sluice alerts ls --severity critical --since 1h
              sluice alerts show mqtt-ingest-1-17
              sluice alerts ack mqtt-ingest-1-17 --note "on my way"
              sluice alerts silence 'device~boiler-*' 'severity!=critical' --for 2h --reason maintenance
              sluice alerts unsilence 1f0c2a9b7e44
            """,
        subcommands: [
            ListAlerts.self, ShowAlert.self, AcknowledgeAlert.self, SilenceAlerts.self, EndSilence.self,
            ListSilences.self,
        ])
}

/// What every subcommand takes.
struct AlertOptions: ParsableArguments {
    @OptionGroup var data: DataDirectoryOption
    @OptionGroup var store: StoreOptions
}

/// Whoever uses this command, as the operating system knows them.
enum Operator {
    static var name: String {
        let user = ProcessInfo.processInfo.environment["USER"] ?? ""
        return user.isEmpty ? ProcessInfo.processInfo.userName : user
    }
}
