/// A patch that cannot be carried out.
public struct PatchError: Error, Hashable, CustomStringConvertible {
  public enum Kind: Sendable, Hashable {
    /// The patch itself is broken; a server answers 400.
    case malformed
    /// The patch does not fit the object; a server answers 422.
    case inapplicable
  }

  public var kind: Kind
  public var message: String

  public var description: String { message }

  static func malformed(_ message: String) -> Self { PatchError(kind: .malformed, message: message) }
  static func inapplicable(_ message: String) -> Self { PatchError(kind: .inapplicable, message: message) }
}
