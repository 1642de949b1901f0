/// `GitRepoVolumeSource` of `core.v1`.
public struct GitRepoVolumeSource: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var repository: String? {
    get { json.field("repository") }
    set { json.setField("repository", newValue) }
  }

  public var revision: String? {
    get { json.field("revision") }
    set { json.setField("revision", newValue) }
  }

  public var directory: String? {
    get { json.field("directory") }
    set { json.setField("directory", newValue) }
  }
}
