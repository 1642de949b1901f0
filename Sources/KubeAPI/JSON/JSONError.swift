/// A document that is not JSON.
public struct JSONError: Error, Hashable, CustomStringConvertible {
  /// The byte, counted from 0, at which reading stopped.
  public var offset: Int
  public var message: String

  public var description: String { "invalid JSON at byte \(offset): \(message)" }
}
