import KubeAPI

/// How many pods a rollout may have too many and too few. The rounding is upstream's: surge up, unavailable down, and
/// never both zero.
struct RolloutBounds: Sendable, Hashable {
  var replicas: Int
  var maxSurge: Int
  var maxUnavailable: Int

  init(replicas: Int, maxSurge: Int, maxUnavailable: Int) {
    self.replicas = replicas
    self.maxSurge = maxSurge
    self.maxUnavailable = maxUnavailable
  }

  init(_ spec: DeploymentSpec) {
    replicas = Int(spec.replicas ?? 1)
    guard spec.strategy?.type != "Recreate" else {
      (maxSurge, maxUnavailable) = (0, 0)
      return
    }
    let rolling = spec.strategy?.rollingUpdate
    let (count, quarter) = (replicas, IntOrString.string("25%"))
    maxSurge = Self.resolve(rolling?.maxSurge ?? quarter, of: count, roundUp: true)
    maxUnavailable = Self.resolve(rolling?.maxUnavailable ?? quarter, of: count, roundUp: false)
    if maxSurge == 0, maxUnavailable == 0 { maxUnavailable = 1 }
    maxUnavailable = min(maxUnavailable, replicas)
  }

  var minAvailable: Int { replicas - maxUnavailable }
  var maxTotal: Int { replicas + maxSurge }

  static func resolve(_ value: IntOrString, of total: Int, roundUp: Bool) -> Int {
    switch value {
    case .int(let number): return max(0, Int(number))
    case .string(let text):
      guard text.hasSuffix("%"), let percent = Int(text.dropLast()), percent >= 0 else { return 0 }
      let product = total * percent
      return roundUp ? (product + 99) / 100 : product / 100
    }
  }
}
