import KubeAPI
import Logging

/// Carries out what ``InformerState`` decides.
actor InformerLoop<Output: InformerOutput> {
  typealias Element = Output.Element

  /// How long the server shall keep a watch open, in seconds: spread, so that many watches do not end at once.
  private static var watchSeconds: ClosedRange<Int> { 300...600 }
  /// How long after that time the client itself ends a watch whose server did not.
  private static var grace: Duration { .seconds(30) }

  private let client: KubeClient
  private let selection: ResourceSelection
  private let transform: @Sendable (JSONValue) -> Element?
  private let heard: @Sendable () -> Void
  private let logger: Logger

  private var output: Output
  private var state = InformerState()
  private var lastProblem: String?

  init(
    client: KubeClient, selection: ResourceSelection, transform: @escaping @Sendable (JSONValue) -> Element?,
    heard: @escaping @Sendable () -> Void, output: Output
  ) {
    self.client = client
    self.selection = selection
    self.transform = transform
    self.heard = heard
    self.output = output
    var logger = client.logger
    logger[metadataKey: "resource"] = "\(selection.resource.groupResource)"
    self.logger = logger
  }

  func run() async {
    var step = state.start()
    while !Task.isCancelled {
      if step.delay > .zero {
        do { try await Task.sleep(for: step.delay) } catch { break }
      }
      switch step.action {
      case .list(let token): step = await list(continueToken: token)
      case .watch(let version): step = await watch(from: version)
      }
    }
    output.finish()
  }

  private func list(continueToken: String?) async -> InformerState.Step {
    do {
      let page = try await client.listPage(selection, continueToken: continueToken)
      heard()
      let objects = page.items.compactMap { item -> (key: ObjectKey, element: Element)? in
        guard let key = Self.key(of: item), let element = transform(item) else { return nil }
        return (key, element)
      }
      let isLast = page.continueToken == nil
      output.take(.page(InformerPage(isFirst: continueToken == nil, isLast: isLast, objects)))
      if isLast { recovered() }
      return state.listed(resourceVersion: page.resourceVersion, continueToken: page.continueToken)
    } catch {
      return failed(error, doing: "list")
    }
  }

  private func watch(from version: String) async -> InformerState.Step {
    let seconds = Int.random(in: Self.watchSeconds)
    let begin = ContinuousClock.now
    do {
      let frames = try await client.watch(selection, from: version, timeoutSeconds: seconds)
      recovered()
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.consume(frames) }
        group.addTask {
          // Also the server's own end of the watch may have been lost on the way.
          try await Task.sleep(for: .seconds(seconds) + Self.grace)
        }
        defer { group.cancelAll() }
        try await group.next()
      }
      return state.watchEnded(early: ContinuousClock.now - begin < .seconds(1), random: .random(in: 0...1))
    } catch {
      return failed(error, doing: "watch")
    }
  }

  private func consume(_ frames: WatchFrames) async throws {
    for try await frame in frames { try handle(frame) }
  }

  private func handle(_ frame: WatchFrame) throws(APIError) {
    heard()
    switch frame {
    case .added(let object), .modified(let object):
      guard let key = Self.key(of: object) else { return }
      output.take(transform(object).map { .changed(key, $0) } ?? .deleted(key))
      state.progressed(resourceVersion: Self.version(of: object))
    case .deleted(let object):
      guard let key = Self.key(of: object) else { return }
      output.take(.deleted(key))
      state.progressed(resourceVersion: Self.version(of: object))
    case .bookmark(let version):
      state.progressed(resourceVersion: version)
    case .error(let error):
      throw error
    }
  }

  private func failed(_ error: any Error, doing what: String) -> InformerState.Step {
    let failure: InformerState.Failure =
      switch error.apiError {
      case let error? where error.isGone: .gone
      case let error? where error.details?.retryAfterSeconds != nil:
        .retryAfter(seconds: Int(error.details?.retryAfterSeconds ?? 0))
      default: .other
      }
    let step = state.failed(failure, random: .random(in: 0...1))
    // Each problem is told once, not at every attempt.
    let problem = "\(error)"
    let level: Logger.Level =
      Task.isCancelled || failure == .gone || problem == lastProblem ? .debug : .warning
    if !Task.isCancelled { lastProblem = problem }
    logger.log(
      level: level, "cannot \(what), trying again", metadata: ["error": "\(problem)", "delay": "\(step.delay)"])
    return step
  }

  private func recovered() {
    guard lastProblem != nil else { return }
    lastProblem = nil
    logger.info("the API server answers again")
  }

  private static func key(of object: JSONValue) -> ObjectKey? {
    guard let metadata = object["metadata"], let name = metadata["name"]?.stringValue else { return nil }
    return ObjectKey(namespace: metadata["namespace"]?.stringValue ?? "", name: name)
  }

  private static func version(of object: JSONValue) -> String {
    object[path: "metadata", "resourceVersion"]?.stringValue ?? ""
  }
}
