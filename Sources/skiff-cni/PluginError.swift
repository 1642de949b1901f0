/// An error as the CNI specification words it, printed on standard output.
struct PluginError: Error {
  /// 1-99 are the specification's: 4 invalid environment, 5 I/O, 6 content, 11 try again later.
  var code: Int
  var message: String
  var details: String

  func json(version: String) -> String {
    let quotedVersion = quoted(version)
    return #"{"cniVersion":\#(quotedVersion),"code":\#(code),"msg":\#(quoted(message)),"details":\#(quoted(details))}"#
  }
}

/// A string as JSON.
func quoted(_ text: String) -> String {
  var result = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": result += "\\\""
    case "\\": result += "\\\\"
    case "\n": result += "\\n"
    case _ where scalar.value < 0x20:
      let digits = String(scalar.value, radix: 16)
      result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    default: result.unicodeScalars.append(scalar)
    }
  }
  return result + "\""
}
