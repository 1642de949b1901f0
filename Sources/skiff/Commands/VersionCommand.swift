import ArgumentParser

struct VersionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: "version", abstract: "Print skiff's version.")

  func run() { Console.line("skiff \(Version.current)") }
}
