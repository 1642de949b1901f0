/// Why the kernel did not take a batch. It took none of it.
public struct NFCommitError: Error, Sendable, CustomStringConvertible {
  public struct Failure: Sendable, Hashable {
    /// Which of the batch's operations, nil where the whole failed.
    public var operation: Int?
    /// Which of the operation's elements, where the kernel said.
    public var element: Int?
    public var error: NetlinkError

    public init(operation: Int?, element: Int? = nil, error: NetlinkError) {
      self.operation = operation
      self.element = element
      self.error = error
    }
  }

  /// At least one, in the batch's order.
  public var failures: [Failure]

  public init(failures: [Failure]) { self.failures = failures }

  public init(_ error: NetlinkError) { self.init(failures: [Failure(operation: nil, error: error)]) }

  public var description: String {
    let first = failures.first.map { "\($0.error)" } ?? "the kernel refused the batch"
    return failures.count > 1 ? "\(first) (and \(failures.count - 1) more)" : first
  }
}
