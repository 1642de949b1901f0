extension Schema {
  /// What kinds, fields and parameters are for, in Skiff's own words: `kubectl explain` shows it. Keys are `Message`,
  /// `Message.field`, `*.field` for a field of any message, `query.name` and `path.name`.
  static let descriptions: [String: String] = {
    var found: [String: String] = [:]
    for line in descriptionTable.split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      found[String(line[..<space])] = String(line[space...].drop { $0 == " " })
    }
    return found
  }()

  static func description(of message: Message) -> String? {
    if let text = descriptions[message.name] ?? descriptions[message.shortName] { return text }
    if message.isTopLevel, message.shortName.hasSuffix("List") {
      return "A list of objects of the kind \(message.shortName.dropLast(4))."
    }
    return nil
  }

  static func description(of field: Field, in message: Message) -> String? {
    descriptions["\(message.name).\(field.name)"] ?? descriptions["\(message.shortName).\(field.name)"]
      ?? descriptions["*.\(field.name)"]
  }
}
