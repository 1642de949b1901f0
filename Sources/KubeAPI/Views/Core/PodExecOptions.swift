/// `PodExecOptions` of `core.v1`.
public struct PodExecOptions: JSONView {
  public var json: JSONValue

  public init(json: JSONValue) { self.json = json }

  public var stdin: Bool? {
    get { json.field("stdin") }
    set { json.setField("stdin", newValue) }
  }

  public var stdout: Bool? {
    get { json.field("stdout") }
    set { json.setField("stdout", newValue) }
  }

  public var stderr: Bool? {
    get { json.field("stderr") }
    set { json.setField("stderr", newValue) }
  }

  public var tty: Bool? {
    get { json.field("tty") }
    set { json.setField("tty", newValue) }
  }

  public var container: String? {
    get { json.field("container") }
    set { json.setField("container", newValue) }
  }

  public var command: [String] {
    get { json.field("command") }
    set { json.setField("command", newValue) }
  }
}
