/// The grammars of names. Each function says what is wrong with a name, in the words that clients know, or `nil`.
public enum Names {
  private static func isLower(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
  private static func isUpper(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isAlphanumeric(_ byte: UInt8) -> Bool { isLower(byte) || isUpper(byte) || isDigit(byte) }

  /// `[a-z0-9]([-a-z0-9]*[a-z0-9])?`
  private static func isLabel(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last else { return false }
    guard isLower(first) || isDigit(first), isLower(last) || isDigit(last) else { return false }
    return bytes.allSatisfy { isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }
  }

  /// RFC 1123, one label: names of namespaces, containers, ports.
  public static func dns1123LabelProblem(_ name: String) -> String? {
    if name.utf8.count > 63 { return "must be no more than 63 characters" }
    if isLabel(name.utf8) { return nil }
    return "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and "
      + "end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is "
      + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?')"
  }

  /// RFC 1123, labels with dots between them: names of most objects.
  public static func dns1123SubdomainProblem(_ name: String) -> String? {
    if name.utf8.count > 253 { return "must be no more than 253 characters" }
    if !name.isEmpty,
      name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy(isLabel)
    {
      return nil
    }
    return "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must "
      + "start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
      + "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
  }

  /// RFC 1035, one label: names of services.
  public static func dns1035LabelProblem(_ name: String) -> String? {
    if name.utf8.count > 63 { return "must be no more than 63 characters" }
    if isLabel(name.utf8), let first = name.utf8.first, isLower(first) { return nil }
    return "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic "
      + "character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation "
      + "is '[a-z]([-a-z0-9]*[a-z0-9])?')"
  }

  /// The name part of a label's key, or a label's value where it is not empty.
  private static func isNamePart(_ bytes: some BidirectionalCollection<UInt8>) -> Bool {
    guard let first = bytes.first, let last = bytes.last, isAlphanumeric(first), isAlphanumeric(last) else {
      return false
    }
    return bytes.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
  }

  private static let namePartProblem =
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric "
    + "character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"

  /// A key of labels, annotations, resources: a name with an optional DNS subdomain and slash before it.
  public static func qualifiedNameProblem(_ name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    let last: Substring
    switch parts.count {
    case 1: last = parts[0]
    case 2:
      if parts[0].isEmpty { return "prefix part must be non-empty" }
      if let problem = dns1123SubdomainProblem(String(parts[0])) { return "prefix part \(problem)" }
      last = parts[1]
    default:
      return
        "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
        + "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
        + "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. "
        + "'example.com/MyName')"
    }
    if last.isEmpty { return "name part must be non-empty" }
    if last.utf8.count > 63 { return "name part must be no more than 63 characters" }
    return isNamePart(last.utf8) ? nil : namePartProblem
  }

  public static func labelValueProblem(_ value: String) -> String? {
    if value.utf8.count > 63 { return "must be no more than 63 characters" }
    if value.isEmpty || isNamePart(value.utf8) { return nil }
    return "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
      + "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for "
      + "validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
  }

  /// A key of a ConfigMap or Secret: a file name without slashes that is neither `.` nor begins with `..`.
  public static func configKeyProblem(_ key: String) -> String? {
    if key.utf8.count > 253 { return "must be no more than 253 characters" }
    let fits = key.utf8.allSatisfy {
      isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: ".")
    }
    if key.isEmpty || !fits {
      return "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or "
        + "'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
    }
    if key == "." { return "must not be '.'" }
    if key == ".." { return "must not be '..'" }
    if key.hasPrefix("..") { return "must not start with '..'" }
    return nil
  }

  /// A name of an environment variable: since 1.30 any printable ASCII but `=`.
  public static func environmentNameProblem(_ name: String) -> String? {
    if !name.isEmpty, name.utf8.allSatisfy({ (0x20...0x7E).contains($0) && $0 != UInt8(ascii: "=") }) { return nil }
    return "a valid environment variable name must consist only of printable ASCII characters other than '='"
  }

  /// A name of a port (RFC 6335): at most 15 of `a-z0-9-`, with a letter.
  public static func portNameProblems(_ name: String) -> [String] {
    var problems: [String] = []
    if name.utf8.count > 15 { problems.append("must be no more than 15 characters") }
    if !name.utf8.allSatisfy({ isLower($0) || isDigit($0) || $0 == UInt8(ascii: "-") }) {
      problems.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    }
    if !name.utf8.contains(where: isLower) { problems.append("must contain at least one letter (a-z)") }
    if name.contains("--") { problems.append("must not contain consecutive hyphens") }
    if name.hasPrefix("-") || name.hasSuffix("-") { problems.append("must not begin or end with a hyphen") }
    return problems
  }

  public static func portNumberProblem(_ port: Int64) -> String? {
    (1...65_535).contains(port) ? nil : "must be between 1 and 65535, inclusive"
  }
}
