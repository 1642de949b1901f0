/// A media type with its parameters, as in Accept and Content-Type (RFC 9110 section 8.3).
struct MediaType: Sendable, Hashable {
  /// `application/json`, in lower case.
  var name: String
  var parameters: [String: String] = [:]

  init(_ text: some StringProtocol) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: true).map { Self.trim($0) }
    name = parts.first?.lowercased() ?? ""
    for part in parts.dropFirst() {
      guard let equals = part.firstIndex(of: "=") else { continue }
      var value = part[part.index(after: equals)...]
      if value.count >= 2, value.hasPrefix("\""), value.hasSuffix("\"") { value = value.dropFirst().dropLast() }
      parameters[Self.trim(part[..<equals]).lowercased()] = String(value)
    }
  }

  private static func trim(_ text: some StringProtocol) -> String {
    var bytes = Substring(text).utf8[...]
    while let first = bytes.first, first == 0x20 || first == 0x09 { bytes = bytes.dropFirst() }
    while let last = bytes.last, last == 0x20 || last == 0x09 { bytes = bytes.dropLast() }
    return String(Substring(bytes))
  }

  /// The types of an Accept header, the most wanted first.
  static func accepted(_ header: String) -> [MediaType] {
    let types = header.split(separator: ",").map { MediaType($0) }
    let weighted = types.enumerated().map { (offset: $0, type: $1, weight: Double($1.parameters["q"] ?? "1") ?? 1) }
    return weighted.filter { $0.weight > 0 }
      .sorted { $0.weight == $1.weight ? $0.offset < $1.offset : $0.weight > $1.weight }.map(\.type)
  }
}

/// The form in which objects are sent.
struct OutputForm: Sendable, Hashable {
  enum Encoding: String, Sendable {
    case json = "application/json"
    case yaml = "application/yaml"
  }

  enum Shape: Sendable, Hashable {
    case object
    /// `version` of meta.k8s.io.
    case table(version: String)
    case partialMetadata(version: String)
    case partialMetadataList(version: String)
  }

  var encoding = Encoding.json
  var shape = Shape.object

  /// What an Accept header asks for.
  /// - Throws: 406 where nothing of it can be served.
  init(accept: String?, isWatch: Bool = false) throws(StatusError) {
    guard let accept, !accept.isEmpty else { return }
    for type in MediaType.accepted(accept) {
      let encoding: Encoding
      switch type.name {
      case "application/json", "*/*", "application/*": encoding = .json
      case "application/yaml" where !isWatch: encoding = .yaml
      default: continue
      }
      guard let shape = Self.shape(type.parameters) else { continue }
      self.encoding = encoding
      self.shape = shape
      return
    }
    throw .notAcceptable(["application/json", "application/yaml"])
  }

  private static func shape(_ parameters: [String: String]) -> Shape? {
    guard let kind = parameters["as"] else { return .object }
    let version = parameters["v"] ?? "v1"
    guard (parameters["g"] ?? "meta.k8s.io") == "meta.k8s.io", version == "v1" || version == "v1beta1" else {
      return nil
    }
    switch kind {
    case "Table": return .table(version: version)
    case "PartialObjectMetadata": return .partialMetadata(version: version)
    case "PartialObjectMetadataList": return .partialMetadataList(version: version)
    default: return nil
    }
  }
}
