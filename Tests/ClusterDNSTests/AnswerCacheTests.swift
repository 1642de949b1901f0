import Netlink
import Testing

@testable import ClusterDNS

/// What is kept of upstreams' answers, and for how long.
@Suite struct AnswerCacheTests {
  private static let second: UInt64 = 1_000_000_000
  private static let start: UInt64 = 1000 * second

  private static func question(_ name: String, type: UInt16 = 1) -> ForwardQuestion {
    ForwardQuestion(name: WireName(name)?.bytes ?? [0], type: type)
  }

  private static func response(
    _ question: ForwardQuestion, _ make: ([UInt8]) -> [UInt8]
  ) throws -> UpstreamResponse {
    let query = question.message(id: 1, spelling: question.name, hasEDNS: true)
    return try #require(UpstreamResponse(make(query), to: question))
  }

  private static func cache(_ change: (inout CacheSettings) -> Void = { _ in }) -> AnswerCache {
    var settings = CacheSettings()
    settings.prefetchHits = 0
    change(&settings)
    return AnswerCache(settings)
  }

  @Test func anAnswerIsKeptForItsTime() throws {
    let cache = Self.cache { $0.staleFor = 0 }
    let question = Self.question("www.example.com")
    let response = try Self.response(question) { TestUpstream.address($0, 1, ttl: 60) }
    #expect(cache.find(question, now: Self.start) == nil)
    cache.insert(question, response, now: Self.start)
    let found = try #require(cache.find(question, now: Self.start + 59 * Self.second))
    #expect(found.age == 59 && !found.isStale && found.response == response)
    #expect(cache.find(question, now: Self.start + 60 * Self.second) == nil)
    #expect(cache.tally.successes == 1 && cache.tally.misses == 2)
  }

  @Test func questionsAreToldApart() throws {
    let cache = Self.cache()
    let question = Self.question("www.example.com")
    cache.insert(question, try Self.response(question) { TestUpstream.address($0, 1) }, now: Self.start)
    var secured = question
    secured.dnssecOK = true
    var unchecked = question
    unchecked.checkingDisabled = true
    for other in [Self.question("ww.example.com"), Self.question("www.example.com", type: 28), secured, unchecked] {
      #expect(cache.find(other, now: Self.start) == nil)
    }
    #expect(cache.find(question, now: Self.start) != nil)
  }

  @Test func denialsAreKeptAsTheySay() throws {
    let cache = Self.cache { $0.staleFor = 0 }
    let missing = Self.question("none.example.com")
    cache.insert(missing, try Self.response(missing) { TestUpstream.denial($0, ttl: 20) }, now: Self.start)
    #expect(cache.find(missing, now: Self.start + 19 * Self.second) != nil)
    #expect(cache.find(missing, now: Self.start + 20 * Self.second) == nil)
    let empty = Self.question("empty.example.com")
    cache.insert(empty, try Self.response(empty) { TestUpstream.denial($0, 0, ttl: 20) }, now: Self.start)
    #expect(cache.find(empty, now: Self.start + 19 * Self.second)?.response.isDenial == true)
    // Without SOA it says nothing about its time (RFC 2308 §5).
    let bare = Self.question("bare.example.com")
    cache.insert(bare, try Self.response(bare) { TestUpstream.code($0, 3) }, now: Self.start)
    #expect(cache.find(bare, now: Self.start) == nil)
    #expect(cache.tally.denials == 2)
  }

  @Test(arguments: [0, 2, 5] as [UInt8])
  func failuresAreNotKept(code: UInt8) throws {
    let cache = Self.cache { $0.minimumTTL = 10 }
    let question = Self.question("www.example.com")
    cache.insert(question, try Self.response(question) { TestUpstream.code($0, code) }, now: Self.start)
    #expect(cache.find(question, now: Self.start) == nil)
  }

  @Test func timesAreKeptWithinBounds() throws {
    let cache = Self.cache {
      ($0.minimumTTL, $0.maximumTTL, $0.minimumNegativeTTL, $0.maximumNegativeTTL) = (10, 100, 5, 30)
      $0.staleFor = 0
    }
    func lifetime(_ name: String, _ make: ([UInt8]) -> [UInt8]) throws -> UInt64 {
      let question = Self.question(name)
      cache.insert(question, try Self.response(question, make), now: Self.start)
      return (1...300).last { cache.find(question, now: Self.start + $0 * Self.second - 1) != nil } ?? 0
    }
    #expect(try lifetime("short.example") { TestUpstream.address($0, 1, ttl: 0) } == 10)
    #expect(try lifetime("middle.example") { TestUpstream.address($0, 1, ttl: 60) } == 60)
    #expect(try lifetime("long.example") { TestUpstream.address($0, 1, ttl: 200) } == 100)
    #expect(try lifetime("no.example") { TestUpstream.denial($0, ttl: 1) } == 5)
    #expect(try lifetime("never.example") { TestUpstream.denial($0, ttl: 200) } == 30)
    // Clients are told the same.
    let found = try #require(cache.find(Self.question("long.example"), now: Self.start))
    #expect(found.response.bytes.bigEndian32(found.response.ttlOffsets[0]) == 100)
  }

  @Test func whatIsOverIsStaleForAWhile() throws {
    let cache = Self.cache { $0.staleFor = 100 }
    let question = Self.question("www.example.com")
    cache.insert(question, try Self.response(question) { TestUpstream.address($0, 1, ttl: 10) }, now: Self.start)
    #expect(cache.find(question, now: Self.start + 10 * Self.second)?.isStale == true)
    #expect(cache.find(question, now: Self.start + 109 * Self.second)?.isStale == true)
    #expect(cache.find(question, now: Self.start + 110 * Self.second) == nil)
    #expect(cache.tally.successes == 0 && cache.tally.misses == 3)
  }

  @Test func hotAnswersAreDueBeforeTheirEnd() throws {
    let cache = Self.cache { ($0.prefetchHits, $0.prefetchPercent) = (3, 10) }
    let (hot, cold) = (Self.question("hot.example"), Self.question("cold.example"))
    for question in [hot, cold] {
      cache.insert(question, try Self.response(question) { TestUpstream.address($0, 1, ttl: 100) }, now: Self.start)
    }
    for _ in 0..<5 { #expect(cache.find(hot, now: Self.start + 80 * Self.second)?.isDue == false) }
    #expect(cache.find(hot, now: Self.start + 91 * Self.second)?.isDue == true)
    #expect(cache.find(hot, now: Self.start + 92 * Self.second)?.isDue == false, "one alone fetches it")
    #expect(cache.find(cold, now: Self.start + 91 * Self.second)?.isDue == false)
    #expect(cache.tally.prefetches == 1)
  }

  @Test func memoryIsBounded() throws {
    let cache = Self.cache { $0.size = 256 << 10 }
    let hot = Self.question("hot.example")
    cache.insert(hot, try Self.response(hot) { TestUpstream.address($0, 7) }, now: Self.start)
    for index in 0..<20_000 {
      let question = Self.question("name-\(index).example")
      cache.insert(question, try Self.response(question) { TestUpstream.address($0, 1) }, now: Self.start)
      if index % 10 == 0 { _ = cache.find(hot, now: Self.start) }
    }
    #expect(cache.tally.size <= 256 << 10 && cache.tally.size > 100 << 10)
    #expect(cache.tally.entries < 1000 && cache.tally.evictions > 10_000)
    #expect(cache.find(hot, now: Self.start) != nil, "what is asked for stays")
    // Replacing an answer does not count it twice.
    let before = cache.tally
    for _ in 0..<1000 {
      cache.insert(hot, try Self.response(hot) { TestUpstream.address($0, 8) }, now: Self.start)
    }
    #expect(cache.tally.size == before.size && cache.tally.entries == before.entries)
  }

  @Test func withoutRoomNothingIsKept() throws {
    let cache = Self.cache { $0.size = 0 }
    let question = Self.question("www.example.com")
    cache.insert(question, try Self.response(question) { TestUpstream.address($0, 1) }, now: Self.start)
    #expect(cache.find(question, now: Self.start) == nil && cache.tally.size == 0)
  }

  private static func rule(_ from: String, _ to: String, isSuffix: Bool = true) -> NameRewrite {
    NameRewrite(from: WireName(from) ?? WireName(), to: WireName(to) ?? WireName(), isSuffix: isSuffix)
  }

  @Test func namesAreRewritten() {
    let rules = RewriteRules([
      Self.rule("old.example", "new.example"), Self.rule("a.old.example", "b.org", isSuffix: false),
      Self.rule("eu.old.example", "eu"),
    ])
    func target(_ name: String) -> String? {
      WireName(name).flatMap { rules.target(of: $0.bytes) }.map { WireName(unchecked: $0).description }
    }
    #expect(target("x.old.example") == "x.new.example." && target("old.example") == "new.example.")
    #expect(target("a.old.example") == "b.org." && target("x.a.old.example") == "x.a.new.example.")
    #expect(target("x.eu.old.example") == "x.eu." && target("cold.example") == nil && target("example") == nil)
  }
}
