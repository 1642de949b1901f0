/// The name of an image in its full form, as container runtimes store it: `web` is `docker.io/library/web:latest`.
enum ImageReference {
  static func canonical(_ name: String) -> String {
    var rest = name[...]
    var digest = ""
    if let at = rest.firstIndex(of: "@") {
      digest = String(rest[at...])
      rest = rest[..<at]
    }
    var domain = "docker.io"
    var path = String(rest)
    if let slash = rest.firstIndex(of: "/") {
      let first = rest[..<slash]
      if first.contains(".") || first.contains(":") || first == "localhost" {
        domain = first == "index.docker.io" ? "docker.io" : String(first)
        path = String(rest[rest.index(after: slash)...])
      }
    }
    if domain == "docker.io" && !path.contains("/") { path = "library/" + path }
    let last = path.split(separator: "/").last ?? ""
    if digest.isEmpty && !last.contains(":") { path += ":latest" }
    return domain + "/" + path + digest
  }

  /// `latest` or none: such an image is pulled always, where the pod does not say otherwise.
  static func isLatest(_ name: String) -> Bool {
    !name.contains("@") && canonical(name).hasSuffix(":latest")
  }

  /// Why `name` cannot be one; `nil` where it can.
  static func problem(_ name: String) -> String? {
    if name.isEmpty { return "the name is empty" }
    let allowed = name.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "+"):
        true
      default: false
      }
    }
    let path = canonical(name).split(separator: "/", maxSplits: 1).last ?? ""
    let repository = path.split(separator: "@").first?.split(separator: ":").first ?? ""
    if !allowed || repository != repository.lowercased() || name.hasSuffix(":") || name.hasSuffix("/") {
      return "invalid reference format"
    }
    return nil
  }
}
