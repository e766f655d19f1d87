import SluiceCommand

@main
enum Main {
    static func main() async {
        await Sluice.runCommandLine()
    }
}
