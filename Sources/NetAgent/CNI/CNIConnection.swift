import KubeAPI

/// One connection of `skiff-cni`, as a value: what came in so far, and what to do about it.
///
/// The request is `skiff-cni 1`, the environment as `NAME=value`, each ended by a zero byte, one more zero byte, and the
/// configuration up to the end of the stream. The answer is `0` or `1`, the exit code, and what to print.
struct CNIConnection {
  enum Action {
    case read
    case handle(CNIRequest)
    /// Send this, and close.
    case answer([UInt8])
    case close
  }

  /// More than any configuration with its `prevResult` needs.
  static let limit = 8 << 20
  private static let greeting = Array("skiff-cni 1".utf8)

  private var input: [UInt8] = []

  mutating func received(_ bytes: some Collection<UInt8>) -> Action {
    input += bytes
    guard input.count <= Self.limit else {
      input = []
      return .answer(Self.answer(CNIError(.decoding, "the request is too long"), version: .v1_0_0))
    }
    return .read
  }

  /// The other side has sent all.
  mutating func ended() -> Action {
    guard !input.isEmpty else { return .close }  // someone looked whether the socket is alive
    defer { input = [] }
    var rest = input[...]
    guard Self.takeField(&rest) == Self.greeting[...] else {
      return .answer(Self.answer(CNIError(.decoding, "the request is not of skiff-cni"), version: .v1_0_0))
    }
    var environment: [String: String] = [:]
    while let field = Self.takeField(&rest), !field.isEmpty {
      guard let equals = field.firstIndex(of: UInt8(ascii: "=")) else { continue }
      environment[String(decoding: field[..<equals], as: UTF8.self)] =
        String(decoding: field[(equals + 1)...], as: UTF8.self)
    }
    var version = CNIVersion.v1_0_0
    do {
      let configuration = try JSONValue(parsing: rest)
      version = CNIRequest.version(of: configuration)
      return .handle(try CNIRequest(environment: environment, configuration: configuration))
    } catch let error as CNIError {
      return .answer(Self.answer(error, version: version))
    } catch {
      let refusal = CNIError(.decoding, "the configuration is not JSON", details: "\(error)")
      return .answer(Self.answer(refusal, version: version))
    }
  }

  static func answer(_ error: CNIError, version: CNIVersion) -> [UInt8] {
    var bytes = [UInt8(ascii: "1")]
    error.json(version: version).write(to: &bytes)
    return bytes + [0x0a]
  }

  /// - Parameter result: `nil` for a success without words.
  static func answer(_ result: JSONValue?) -> [UInt8] {
    var bytes = [UInt8(ascii: "0")]
    guard let result else { return bytes }
    result.write(to: &bytes)
    return bytes + [0x0a]
  }

  private static func takeField(_ rest: inout ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard let end = rest.firstIndex(of: 0) else { return nil }
    defer { rest = rest[(end + 1)...] }
    return rest[..<end]
  }
}
