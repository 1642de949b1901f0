import Logging
import NIOCore
import Synchronization

/// Answers the queries that serving threads hand on: names outside the cluster that are not in the cache, names that
/// stand for others, and walks through a pod's search domains. It lives on one event loop.
final class Resolver: @unchecked Sendable {  // everything mutable is touched on `loop` only
  /// What of the configuration it works by.
  struct Settings: Sendable {
    var rewrites: RewriteRules
    /// The domains that the node's own resolv.conf searches.
    var searchDomains: [WireName]
    var answer: AnswerSettings
  }

  let cache: AnswerCache
  let forwarder: Forwarder
  private let settings: Settings
  private let store: SnapshotStore
  private let reader: SnapshotStore.Reader
  private let loop: any EventLoop
  /// Requests on their way to the loop, and how many may be.
  private let handedOn = Atomic(0)
  private let limit: Int
  private var answerer: Answerer
  private let buffer: UnsafeMutableRawPointer

  init(
    _ settings: Settings, cache: AnswerCache, forwarder: Forwarder, store: SnapshotStore, limit: Int,
    loop: any EventLoop
  ) {
    self.settings = settings
    self.cache = cache
    self.forwarder = forwarder
    self.store = store
    self.limit = limit
    self.loop = loop
    reader = store.makeReader()
    answerer = Answerer(settings.answer)
    buffer = .allocate(byteCount: MessageSize.maximumTCP, alignment: 8)
  }

  deinit {
    store.remove(reader)
    buffer.deallocate()
  }

  /// Takes a query from any thread. Its answer is sent later.
  func submit(_ request: ForwardRequest) {
    guard handedOn.wrappingAdd(1, ordering: .relaxed).newValue <= limit else {
      handedOn.wrappingSubtract(1, ordering: .relaxed)
      request.reply(request.failure(ResponseCode.serverFailure))
      return
    }
    loop.execute { [self] in
      handedOn.wrappingSubtract(1, ordering: .relaxed)
      resolve(request)
    }
  }

  /// Has an answer fetched anew, from any thread.
  func refresh(_ question: ForwardQuestion) { loop.execute { [self] in forwarder.refresh(question) } }

  // MARK: On the loop

  private func resolve(_ request: ForwardRequest) {
    if let walk = request.search {
      self.walk(request, walk)
      return
    }
    var request = request
    if !request.followsAlias, let target = settings.rewrites.target(of: request.question.name) {
      request.question.name = target
      request.isRewritten = true
    }
    if request.isRewritten || request.followsAlias {
      switch local(request.question) {
      case .answer(let response):
        request.reply(response.reply(to: request, age: .seconds(0)))
        return
      case .failure(let code):
        request.reply(request.failure(code))
        return
      case .alias(let records, let answers, let target):
        request.prefix += records
        request.answers += answers
        request.question.name = target
        request.isRewritten = false
      case .elsewhere: break
      }
    }
    // Since the thread looked, the answer may have come; a name that stands for another was not looked for yet.
    let isNew = request.isRewritten || request.followsAlias
    if let found = cache.find(request.question, now: MonotonicClock.nanoseconds(), isCounted: isNew) {
      if !found.isStale {
        request.reply(found.response.reply(to: request, age: .seconds(found.age)))
        if found.isDue { forwarder.refresh(request.question) }
        return
      }
      request.stale = found.response
    }
    forwarder.ask(request)
  }

  // MARK: What this server holds itself

  /// What this server would answer of itself.
  enum OwnAnswer: Sendable {
    case answer(UpstreamResponse)
    case failure(UInt16)
    case alias([UInt8])
    case elsewhere
  }

  /// As the threads would answer, for an explanation, from any thread but the loop's.
  func answerHere(_ question: ForwardQuestion) async throws -> OwnAnswer {
    try await loop.submit { [self] in
      switch local(question) {
      case .answer(let response): .answer(response)
      case .failure(let code): .failure(code)
      case .alias(_, _, let target): .alias(target)
      case .elsewhere: .elsewhere
      }
    }.get()
  }

  private enum Local {
    case answer(UpstreamResponse)
    case failure(UInt16)
    /// An alias of a name that must be asked elsewhere: its records, written out.
    case alias(records: [UInt8], answers: UInt16, target: [UInt8])
    case elsewhere
  }

  private func local(_ question: ForwardQuestion) -> Local {
    let packet = question.message(id: 0, spelling: question.name, hasEDNS: false)
    let snapshot = reader.enter()
    defer { reader.leave() }
    let outcome = packet.withUnsafeBytes { answerer.answer($0, snapshot, into: buffer, isTCP: true) }
    switch outcome {
    case .reply(let size):
      guard answerer.code == ResponseCode.noError || answerer.code == ResponseCode.nameError,
        let response = UpstreamResponse(bytes(size), to: question)
      else { return .failure(answerer.code) }
      return .answer(response)
    case .forward:
      guard let alias = answerer.alias else { return .elsewhere }
      for (index, word) in [0, HeaderFlag.response, 1, alias.answers, 0, 0].enumerated() {
        buffer.put(word, at: 2 * index)
      }
      guard let partial = UpstreamResponse(bytes(alias.written), to: question),
        let records = partial.expanded(age: .seconds(0), own: question.name)
      else { return .failure(ResponseCode.serverFailure) }
      return .alias(records: records.bytes, answers: records.answers, target: alias.target.bytes)
    case .drop: return .failure(ResponseCode.serverFailure)
    }
  }

  private func bytes(_ size: Int) -> [UInt8] { Array(UnsafeRawBufferPointer(start: buffer, count: size)) }

  // MARK: Search domains

  /// Tries what the pod would try next: the name in the other domains of the cluster, in those of the node, and as it
  /// stands. The first that exists is the answer, as the target of an alias.
  private func walk(_ request: ForwardRequest, _ walk: ForwardRequest.SearchWalk) {
    let zone = settings.answer.zone
    let services = zone.prepending("svc")?.bytes ?? []
    for domain in [services, zone.bytes] where walk.name.count - 1 + domain.count <= MessageSize.nameLimit {
      var candidate = aliased(request, walk.name.dropLast() + domain)
      switch local(candidate.question) {
      case .answer(let response) where response.code == ResponseCode.noError:
        request.reply(response.reply(to: candidate, age: .seconds(0)))
        return
      case .alias(let records, let answers, let target):
        candidate.prefix += records
        candidate.answers += answers
        candidate.question.name = target
        resolve(candidate)
        return
      default: break
      }
    }
    let domains = settings.searchDomains.map(\.bytes).filter { $0 != zone.bytes && $0 != services }
    let names = domains.map { Array(walk.name.dropLast() + $0) }.filter { $0.count <= MessageSize.nameLimit }
    tryNext(request, walk, names + [walk.name])
  }

  private func tryNext(_ request: ForwardRequest, _ walk: ForwardRequest.SearchWalk, _ names: [[UInt8]]) {
    guard let name = names.first else {
      request.reply(walk.denial)
      return
    }
    var candidate = aliased(request, name)
    candidate.reply = { [self, request] message in
      if message.bigEndian16(2) & HeaderFlag.code == ResponseCode.nameError {
        loop.execute { [self] in tryNext(request, walk, Array(names.dropFirst())) }
      } else {
        request.reply(message)
      }
    }
    resolve(candidate)
  }

  /// The request for another name, its answer an alias of that name.
  private func aliased(_ request: ForwardRequest, _ name: [UInt8]) -> ForwardRequest {
    var request = request
    request.search = nil
    request.question.name = name
    request.prefix.append(bigEndian: ReplyWriter.question)
    request.prefix.append(bigEndian: RecordType.cname)
    request.prefix.append(bigEndian: RecordClass.internet)
    request.prefix.append(bigEndian: settings.answer.ttl)
    request.prefix.append(bigEndian: UInt16(name.count))
    request.prefix += name
    request.answers += 1
    return request
  }
}
