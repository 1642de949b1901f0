import KubeAPI

/// Finds the terms that may match a pod without looking at all of them: by one label that the term requires.
struct SelectorIndex<ID: Hashable & Sendable>: Sendable {
  private struct Label: Hashable, Sendable {
    var key: String
    var value: String
  }

  /// The terms of one namespace, or those that choose namespaces by labels.
  private struct Scope: Sendable {
    var byLabel: [Label: Set<ID>] = [:]
    var others: Set<ID> = []
    var isEmpty: Bool { byLabel.isEmpty && others.isEmpty }
  }

  private var named: [String: Scope] = [:]
  private var matching = Scope()

  mutating func insert(_ id: ID, _ term: PodTerm) { change(term) { Self.insert(id, term, &$0) } }
  mutating func remove(_ id: ID, _ term: PodTerm) { change(term) { Self.remove(id, term, &$0) } }

  private mutating func change(_ term: PodTerm, _ body: (inout Scope) -> Void) {
    switch term.namespaces {
    case .matching: body(&matching)
    case .named(let name):
      body(&named[name, default: Scope()])
      if named[name]?.isEmpty == true { named[name] = nil }
    }
  }

  /// The labels one of which a pod must have; nil where the term requires none.
  private static func labels(_ term: PodTerm) -> [Label]? {
    let requirement = term.pods.requirements.first { $0.comparison == .equals || $0.comparison == .isIn }
    return requirement.map { requirement in requirement.values.map { Label(key: requirement.key, value: $0) } }
  }

  private static func insert(_ id: ID, _ term: PodTerm, _ scope: inout Scope) {
    guard let labels = labels(term) else {
      scope.others.insert(id)
      return
    }
    for label in labels { scope.byLabel[label, default: []].insert(id) }
  }

  private static func remove(_ id: ID, _ term: PodTerm, _ scope: inout Scope) {
    guard let labels = labels(term) else {
      scope.others.remove(id)
      return
    }
    for label in labels {
      scope.byLabel[label]?.remove(id)
      if scope.byLabel[label]?.isEmpty == true { scope.byLabel[label] = nil }
    }
  }

  /// Hands over the terms that may match a pod, some of them twice.
  func candidates(namespace: String, labels: [String: String], _ body: (ID) -> Void) {
    for scope in [named[namespace], matching] {
      guard let scope else { continue }
      for id in scope.others { body(id) }
      guard !scope.byLabel.isEmpty else { continue }
      for (key, value) in labels {
        for id in scope.byLabel[Label(key: key, value: value)] ?? [] { body(id) }
      }
    }
  }
}
