import ArgumentParser

/// A switch on the command line as kube-proxy takes it: `--flag`, `--flag=true`, `--flag=false`.
struct GoFlag: ExpressibleByArgument, CustomStringConvertible {
  /// Nil where the text is neither true nor false.
  let value: Bool?
  let description: String

  static let on = GoFlag(argument: "true")

  /// Takes any text, which `validate()` of the command must look at: the parser takes a text that is refused here for one
  /// that is not there.
  init(argument: String) {
    description = argument
    value =
      switch argument {
      case "1", "t", "T", "TRUE", "true", "True": true
      case "0", "f", "F", "FALSE", "false", "False": false
      default: nil
      }
  }
}
