/// `ListMeta` of `meta.v1`.
public struct ListMeta: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var selfLink: String? {
    get { json.field("selfLink") }
    set { json.setField("selfLink", newValue) }
  }

  public var resourceVersion: String? {
    get { json.field("resourceVersion") }
    set { json.setField("resourceVersion", newValue) }
  }

  public var `continue`: String? {
    get { json.field("continue") }
    set { json.setField("continue", newValue) }
  }

  public var remainingItemCount: Int64? {
    get { json.field("remainingItemCount") }
    set { json.setField("remainingItemCount", newValue) }
  }

  public var shardInfo: ShardInfo? {
    get { json.field("shardInfo") }
    set { json.setField("shardInfo", newValue) }
  }
}
