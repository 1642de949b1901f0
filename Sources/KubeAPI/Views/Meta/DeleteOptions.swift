/// `DeleteOptions` of `meta.v1`.
public struct DeleteOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var gracePeriodSeconds: Int64? {
    get { json.field("gracePeriodSeconds") }
    set { json.setField("gracePeriodSeconds", newValue) }
  }

  public var preconditions: Preconditions? {
    get { json.field("preconditions") }
    set { json.setField("preconditions", newValue) }
  }

  public var orphanDependents: Bool? {
    get { json.field("orphanDependents") }
    set { json.setField("orphanDependents", newValue) }
  }

  public var propagationPolicy: String? {
    get { json.field("propagationPolicy") }
    set { json.setField("propagationPolicy", newValue) }
  }

  public var dryRun: [String] {
    get { json.field("dryRun") }
    set { json.setField("dryRun", newValue) }
  }

  public var ignoreStoreReadErrorWithClusterBreakingPotential: Bool? {
    get { json.field("ignoreStoreReadErrorWithClusterBreakingPotential") }
    set { json.setField("ignoreStoreReadErrorWithClusterBreakingPotential", newValue) }
  }
}
