import Testing

@testable import KubeClient

@Suite struct InformerStateTests {
  @Test func listsPageByPageThenWatches() {
    var state = InformerState()
    #expect(state.start() == .init(action: .list(continueToken: nil)))
    #expect(state.listed(resourceVersion: "5", continueToken: "x") == .init(action: .list(continueToken: "x")))
    #expect(state.listed(resourceVersion: "5", continueToken: nil) == .init(action: .watch(resourceVersion: "5")))
  }

  @Test func goesOnWhereTheWatchStopped() {
    var state = InformerState()
    _ = state.start()
    _ = state.listed(resourceVersion: "5", continueToken: nil)
    state.progressed(resourceVersion: "9")
    #expect(state.watchEnded(early: false, random: 1) == .init(action: .watch(resourceVersion: "9")))
    state.progressed(resourceVersion: "12")
    #expect(state.watchEnded(early: true, random: 1) == .init(action: .watch(resourceVersion: "12")))
  }

  @Test func slowsDownWhereWatchesEndAtOnce() {
    var state = InformerState(backoff: Backoff(base: .milliseconds(100), limit: .seconds(1)))
    _ = state.start()
    _ = state.listed(resourceVersion: "5", continueToken: nil)
    let delays = (0..<6).map { _ in state.watchEnded(early: true, random: 1).delay }
    #expect(delays == [100, 200, 400, 800, 1_000, 1_000].map { .milliseconds($0) })
    state.progressed(resourceVersion: "6")
    #expect(state.watchEnded(early: true, random: 1).delay == .zero)
  }

  @Test func listsAgainWhenTheVersionIsGone() {
    var state = InformerState()
    _ = state.start()
    _ = state.listed(resourceVersion: "5", continueToken: nil)
    #expect(state.failed(.gone, random: 1) == .init(action: .list(continueToken: nil)))
    // A list that is itself gone is asked again after a pause.
    #expect(state.failed(.gone, random: 1).delay > .zero)
  }

  @Test func beginsTheListAnewWhenAContinueTokenIsGone() {
    var state = InformerState()
    _ = state.start()
    _ = state.listed(resourceVersion: "5", continueToken: "x")
    #expect(state.failed(.gone, random: 1) == .init(action: .list(continueToken: nil)))
  }

  @Test func keepsItsPlaceOverFailures() {
    var state = InformerState(backoff: Backoff(base: .milliseconds(100), limit: .seconds(1)))
    _ = state.start()
    _ = state.listed(resourceVersion: "5", continueToken: nil)
    state.progressed(resourceVersion: "7")
    #expect(
      state.failed(.other, random: 0) == .init(action: .watch(resourceVersion: "7"), delay: .milliseconds(50)))
    #expect(state.failed(.retryAfter(seconds: 3), random: 0).delay == .seconds(3))
  }
}

@Suite struct BackoffTests {
  @Test func doublesUpToItsLimitAndSpreads() {
    var backoff = Backoff(base: .seconds(1), limit: .seconds(5))
    #expect(backoff.next(random: 1) == .seconds(1))
    #expect(backoff.next(random: 0) == .seconds(1))
    #expect(backoff.next(random: 1) == .seconds(4))
    #expect(backoff.next(random: 0.5) == .milliseconds(3_750))
    for _ in 0..<100 { #expect(backoff.next(random: 1) == .seconds(5)) }
    backoff.reset()
    #expect(backoff.next(random: 1) == .seconds(1))
  }
}
