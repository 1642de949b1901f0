import KubeAPI
import Netlink

/// An error of a CNI call, as the specification words it: a code, a line, and details.
public struct CNIError: Error, Sendable, Hashable {
  public struct Code: RawRepresentable, Sendable, Hashable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    public static let incompatibleVersion = Code(rawValue: 1)
    public static let unsupportedField = Code(rawValue: 2)
    public static let unknownContainer = Code(rawValue: 3)
    public static let invalidEnvironment = Code(rawValue: 4)
    public static let inputOutput = Code(rawValue: 5)
    public static let decoding = Code(rawValue: 6)
    public static let invalidConfiguration = Code(rawValue: 7)
    public static let tryAgainLater = Code(rawValue: 11)
    public static let notAvailable = Code(rawValue: 50)
    public static let limited = Code(rawValue: 51)
    /// Own: the kernel refused something.
    public static let kernel = Code(rawValue: 100)
    /// Own: CHECK found something other than what ADD made.
    public static let changed = Code(rawValue: 101)
    /// Own: no address is free.
    public static let exhausted = Code(rawValue: 102)
    /// Own: the interface is there already.
    public static let exists = Code(rawValue: 103)
    /// Own: another pod has the port of the node.
    public static let portTaken = Code(rawValue: 104)
  }

  public var code: Code
  public var message: String
  public var details: String

  public init(_ code: Code, _ message: String, details: String = "") {
    self.code = code
    self.message = message
    self.details = details
  }

  init(_ error: NetlinkError) {
    self.init(.kernel, error.description)
  }

  func json(version: CNIVersion) -> JSONValue {
    var json: JSONValue = [
      "cniVersion": .string(version.description), "code": .integer(Int64(code.rawValue)), "msg": .string(message),
    ]
    if !details.isEmpty { json["details"] = .string(details) }
    return json
  }
}

extension CNIError: CustomStringConvertible {
  public var description: String {
    "CNI error \(code.rawValue): \(message)" + (details.isEmpty ? "" : " (\(details))")
  }
}
