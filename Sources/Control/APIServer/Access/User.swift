/// Who makes a request.
public struct User: Sendable, Hashable {
  public var name: String
  public var groups: [String]

  public init(name: String, groups: [String]) {
    self.name = name
    self.groups = groups
  }

  /// A request without credentials.
  public static let anonymous = User(name: "system:anonymous", groups: ["system:unauthenticated"])
  /// The server itself: controllers and scheduler in the same process.
  public static let loopback = User(
    name: "system:apiserver", groups: ["system:authenticated", "system:masters"])

  public var isAnonymous: Bool { groups.contains("system:unauthenticated") }
}
