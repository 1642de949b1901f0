import KubeAPI

/// What a node should hold for one interface of a pod, what its kernel holds, and where the two differ.
struct PodExplanation: Sendable, Hashable {
  struct Part: Sendable, Hashable {
    var name: String
    var lines: [String]
  }

  var pod: String
  var attachment: String
  private(set) var parts: [Part] = []
  /// What the kernel holds otherwise than it should, each as a line; empty where all is well.
  var differences: [String] = []

  init(pod: String, attachment: String) {
    self.pod = pod
    self.attachment = attachment
  }

  /// Adds a part; one without lines is left out.
  mutating func add(_ name: String, _ lines: [String]) {
    if !lines.isEmpty { parts.append(Part(name: name, lines: lines)) }
  }

  var json: JSONValue {
    [
      "pod": .string(pod), "attachment": .string(attachment),
      "parts": .array(
        parts.map { ["name": .string($0.name), "lines": .array($0.lines.map { .string($0) })] }),
      "differences": .array(differences.map { .string($0) }),
    ]
  }
}
