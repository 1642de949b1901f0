import KubeAPI

/// The options that stand in a request's query.
struct RequestQuery: Sendable {
  private let values: [(name: String, value: String)]

  init(_ values: [(name: String, value: String)]) { self.values = values }

  subscript(name: String) -> String? { values.first { $0.name == name }?.value }

  func all(_ name: String) -> [String] { values.filter { $0.name == name }.map(\.value) }

  /// As Go reads a boolean in a query: present and neither false nor 0.
  func flag(_ name: String) -> Bool {
    guard let value = self[name] else { return false }
    return !["false", "False", "FALSE", "f", "F", "0"].contains(value)
  }

  /// - Throws: 400 where the value is no number.
  func integer(_ name: String) throws(StatusError) -> Int64? {
    guard let text = self[name], !text.isEmpty else { return nil }
    guard let value = Int64(text) else {
      throw .badRequest("strconv.ParseInt: parsing \"\(text)\": invalid syntax (query parameter \(name))")
    }
    return value
  }

  /// - Throws: 400 where the version is none.
  func resourceVersion() throws(StatusError) -> Int64? {
    guard let text = self["resourceVersion"], !text.isEmpty else { return nil }
    guard let value = Int64(text), value >= 0 else {
      throw .badRequest("invalid resource version \"\(text)\": it must be a whole number")
    }
    return value
  }

  /// - Throws: 422 for anything but `All`.
  func isDryRun() throws(StatusError) -> Bool { try Self.isDryRun(all("dryRun")) }

  static func isDryRun(_ values: [String]) throws(StatusError) -> Bool {
    let values = values.filter { !$0.isEmpty }
    guard values.allSatisfy({ $0 == "All" }) else {
      throw .invalid(
        ResourceName(group: "meta.k8s.io", resource: "", kind: "CreateOptions"), "",
        [
          StatusError.Cause(
            reason: "FieldValueNotSupported",
            message: "Unsupported value: \"\(values.joined(separator: ","))\": supported values: \"All\"",
            field: "dryRun"
          )
        ])
    }
    return !values.isEmpty
  }
}
