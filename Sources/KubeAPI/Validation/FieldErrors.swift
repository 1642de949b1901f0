#if canImport(Glibc)
  import Glibc
#endif

/// Gathers errors while an object is looked through.
struct FieldErrors {
  private(set) var list: [FieldError] = []

  mutating func required(_ path: FieldPath, _ detail: String = "") {
    list.append(FieldError(.required, path, detail: detail))
  }

  mutating func invalid(_ path: FieldPath, _ value: JSONValue, _ detail: String) {
    list.append(FieldError(.invalid, path, value: value, detail: detail))
  }

  /// Adds an error where there is a problem.
  mutating func check(_ path: FieldPath, _ value: String, _ problem: String?) {
    if let problem { invalid(path, .string(value), problem) }
  }

  mutating func duplicate(_ path: FieldPath, _ value: JSONValue) {
    list.append(FieldError(.duplicate, path, value: value))
  }

  mutating func notFound(_ path: FieldPath, _ value: String) {
    list.append(FieldError(.notFound, path, value: .string(value)))
  }

  mutating func forbidden(_ path: FieldPath, _ detail: String) {
    list.append(FieldError(.forbidden, path, detail: detail))
  }

  mutating func tooLong(_ path: FieldPath, maximum: Int) {
    list.append(FieldError(.tooLong, path, detail: "may not be more than \(maximum) bytes"))
  }

  mutating func tooMany(_ path: FieldPath, _ count: Int, maximum: Int) {
    list.append(
      FieldError(.tooMany, path, value: .integer(Int64(count)), detail: "must have at most \(maximum) items"))
  }

  mutating func notSupported(_ path: FieldPath, _ value: String, _ supported: [String]) {
    let list = supported.sorted().map { "\"\($0)\"" }.joined(separator: ", ")
    self.list.append(FieldError(.notSupported, path, value: .string(value), detail: "supported values: \(list)"))
  }

  /// A value that must be one of a few.
  mutating func oneOf(_ value: JSONValue?, _ path: FieldPath, _ supported: [String], isRequired: Bool = false) {
    guard let text = value?.stringValue, !text.isEmpty else {
      if isRequired { required(path) }
      return
    }
    if !supported.contains(text) { notSupported(path, text, supported) }
  }

  mutating func nonNegative(_ value: JSONValue?, _ path: FieldPath) {
    guard let number = value?.integerValue, number < 0 else { return }
    invalid(path, .integer(number), "must be greater than or equal to 0")
  }

  mutating func portNumber(_ value: JSONValue?, _ path: FieldPath) {
    guard let number = value?.integerValue else {
      required(path)
      return
    }
    if let problem = Names.portNumberProblem(number) { invalid(path, .integer(number), problem) }
  }

  mutating func portNumberOrName(_ value: JSONValue?, _ path: FieldPath) {
    switch value {
    case .integer: portNumber(value, path)
    case .string(let name): for problem in Names.portNameProblems(name) { invalid(path, .string(name), problem) }
    default: required(path)
    }
  }

  mutating func nonEmpty(_ value: JSONValue?, _ path: FieldPath, _ detail: String = "") -> String? {
    guard let text = value?.stringValue, !text.isEmpty else {
      required(path, detail)
      return nil
    }
    return text
  }

  mutating func ipAddress(_ value: String, _ path: FieldPath) {
    if IPFamily(address: value) == nil {
      invalid(path, .string(value), "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)")
    }
  }

  mutating func immutable(_ new: JSONValue?, _ old: JSONValue?, _ path: FieldPath) {
    if new ?? .null != old ?? .null { invalid(path, new ?? .null, "field is immutable") }
  }
}

/// The family of an address in text form.
enum IPFamily: String {
  case v4 = "IPv4"
  case v6 = "IPv6"

  init?(address: String) {
    var buffer = in6_addr()
    if inet_pton(AF_INET, address, &buffer) == 1 {
      self = .v4
    } else if inet_pton(AF_INET6, address, &buffer) == 1 {
      self = .v6
    } else {
      return nil
    }
  }
}
