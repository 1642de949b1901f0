import Synchronization

/// What a check found.
public enum HealthResult: Sendable, Equatable {
  case healthy
  /// The reason, for the operator.
  case unhealthy(String)
}

/// A question that an operator's probe asks of a process.
public enum HealthProbe: String, Sendable, CaseIterable {
  /// Shall the process be restarted? (`/livez`)
  case live = "livez"
  /// Can it serve now? (`/readyz`)
  case ready = "readyz"
  /// Is all well? (`/healthz`)
  case health = "healthz"
}

/// What a probe is answered with over HTTP.
public struct HealthAnswer: Sendable, Equatable {
  /// 200 or 503.
  public var status: Int
  public var contentType: String
  public var text: String

  public init(status: Int, contentType: String, text: String) {
    self.status = status
    self.contentType = contentType
    self.text = text
  }
}

/// The named checks of one process, and their answers over HTTP.
public final class HealthChecks: Sendable {
  private struct Check: Sendable {
    var name: String
    var probes: Set<HealthProbe>
    var run: @Sendable () async -> HealthResult
  }

  private struct State {
    var checks: [Check] = []
    var documents: [HealthProbe: @Sendable (Bool) -> String] = [:]
  }

  private let state = Mutex(State())

  public init() {}

  /// Adds a check. One of the same name takes the place of the earlier.
  public func register(
    _ name: String, _ probes: Set<HealthProbe> = Set(HealthProbe.allCases),
    _ check: @escaping @Sendable () async -> HealthResult
  ) {
    state.withLock { state in
      state.checks.removeAll { $0.name == name }
      state.checks.append(Check(name: name, probes: probes, run: check))
    }
  }

  /// Answers a probe with a JSON document from now on, for those who know it from another program. The list of checks is
  /// still there with `?verbose`.
  /// - Parameter body: makes the document, told whether all checks of the probe passed; called once an answer.
  public func setDocument(of probe: HealthProbe, _ body: @escaping @Sendable (_ isHealthy: Bool) -> String) {
    state.withLock { $0.documents[probe] = body }
  }

  /// Runs the checks of a probe.
  /// - Parameter only: the name of the one check to run.
  /// - Returns: the results in the order of registration; `nil` where `only` names no check.
  public func run(
    _ probe: HealthProbe, only: String? = nil
  ) async -> [(name: String, result: HealthResult)]? {
    let asked = state.withLock { $0.checks }.filter { $0.probes.contains(probe) && (only == nil || $0.name == only) }
    if only != nil, asked.isEmpty { return nil }
    var results: [(name: String, result: HealthResult)] = []
    for check in asked { results.append((check.name, await check.run())) }
    return results
  }

  /// The answer to `/livez`, `/readyz`, `/healthz` or one check below them (`/readyz/store`), in the form in which
  /// Kubernetes components answer.
  /// - Returns: `nil` where the path is none of these.
  public func answer(path: String, verbose: Bool) async -> HealthAnswer? {
    let parts = path.split(separator: "/", maxSplits: 1).map(String.init)
    guard let first = parts.first, let probe = HealthProbe(rawValue: first) else { return nil }
    guard let results = await run(probe, only: parts.count > 1 ? parts[1] : nil) else { return nil }
    let isHealthy = results.allSatisfy { $0.result == .healthy }
    let status = isHealthy ? 200 : 503
    if parts.count == 1, let document = state.withLock({ $0.documents[probe] }) {
      let text = document(isHealthy)
      if !verbose { return HealthAnswer(status: status, contentType: "application/json", text: text) }
    }
    let plain = "text/plain; charset=utf-8"
    if isHealthy, !verbose { return HealthAnswer(status: status, contentType: plain, text: "ok") }
    var text = ""
    for (name, result) in results {
      switch result {
      case .healthy: text += "[+]\(name) ok\n"
      case .unhealthy(let reason): text += "[-]\(name) failed: \(reason)\n"
      }
    }
    text += "\(probe.rawValue) check \(isHealthy ? "passed" : "failed")\n"
    return HealthAnswer(status: status, contentType: plain, text: text)
  }
}
