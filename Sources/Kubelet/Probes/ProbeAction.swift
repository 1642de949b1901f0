import AsyncHTTPClient
import GRPCCore
import KubeAPI
import NIOCore
import NIOHTTP1
import NIOPosix

/// What a probe or a lifecycle hook does: asks over HTTP, connects over TCP, or runs a command in the container.
struct ProbeAction: Sendable {
  var http: HTTPClient
  var runtime: RuntimeClient

  enum Target: Sendable, Equatable {
    case http(url: String, headers: [[String]])
    case tcp(host: String, port: Int)
    case exec([String])
    case unsupported(String)
  }

  /// - Parameter podIP: where the pod answers, when the probe names no host.
  static func target(_ handler: JSONValue, container: Container, podIP: String) -> Target {
    let probe = Probe(json: handler)
    if let get = probe.httpGet {
      guard let port = port(get.port, in: container) else { return .unsupported("couldn't find port") }
      let scheme = (get.scheme ?? "HTTP").lowercased()
      let host = get.host.flatMap { $0.isEmpty ? nil : $0 } ?? podIP
      var path = get.path ?? "/"
      if !path.hasPrefix("/") { path = "/" + path }
      return .http(
        url: "\(scheme)://\(bracketed(host)):\(port)\(path)",
        headers: get.httpHeaders.map { [$0.name ?? "", $0.value ?? ""] })
    }
    if let tcp = probe.tcpSocket {
      guard let port = port(tcp.port, in: container) else { return .unsupported("couldn't find port") }
      return .tcp(host: tcp.host.flatMap { $0.isEmpty ? nil : $0 } ?? podIP, port: port)
    }
    if let exec = probe.exec { return .exec(exec.command) }
    return .unsupported(probe.grpc == nil ? "missing probe handler" : "grpc probes are not supported by this kubelet")
  }

  static func bracketed(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  static func port(_ port: IntOrString?, in container: Container) -> Int? {
    switch port {
    case .int(let number): return Int(number)
    case .string(let name):
      if let number = Int(name) { return number }
      return container.ports.first { $0.name == name }?.containerPort.map { Int($0) }
    case nil: return nil
    }
  }

  struct Result: Sendable, Equatable {
    var isSuccess: Bool
    /// What a failure's event says.
    var output: String
  }

  func run(_ target: Target, container id: String, timeout: Int32) async -> Result {
    let seconds = Int64(max(1, timeout))
    switch target {
    case .http(let url, let headers): return await get(url, headers, seconds)
    case .tcp(let host, let port):
      do {
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
          .connectTimeout(.seconds(seconds)).connect(host: host, port: port).get()
        try? await channel.close()
        return Result(isSuccess: true, output: "")
      } catch {
        return Result(isSuccess: false, output: "dial tcp \(Self.bracketed(host)):\(port): \(Self.text(of: error))")
      }
    case .exec(let command):
      do {
        let response = try await runtime.execSync(id, command, timeout: seconds)
        let output = String(decoding: (response.stdout + response.stderr).prefix(10 << 10), as: UTF8.self)
        return Result(isSuccess: response.exitCode == 0, output: output)
      } catch let error as RPCError where error.code == .deadlineExceeded {
        return Result(isSuccess: false, output: "command timed out: \(command) timed out after \(seconds)s")
      } catch {
        return Result(isSuccess: false, output: ImagePuller.text(of: error))
      }
    case .unsupported(let why): return Result(isSuccess: false, output: why)
    }
  }

  private func get(_ url: String, _ headers: [[String]], _ seconds: Int64) async -> Result {
    var request = HTTPClientRequest(url: url)
    request.headers.add(name: "User-Agent", value: "kube-probe/1.36")
    request.headers.add(name: "Accept", value: "*/*")
    request.headers.add(name: "Connection", value: "close")
    for header in headers where header.count == 2 { request.headers.replaceOrAdd(name: header[0], value: header[1]) }
    do {
      let response = try await http.execute(request, timeout: .seconds(seconds))
      let body = try? await response.body.collect(upTo: 10 << 10)
      let code = response.status.code
      if (200..<400).contains(code) { return Result(isSuccess: true, output: body.map { String(buffer: $0) } ?? "") }
      return Result(isSuccess: false, output: "HTTP probe failed with statuscode: \(code)")
    } catch {
      return Result(isSuccess: false, output: "Get \"\(url)\": \(Self.text(of: error))")
    }
  }

  private static func text(of error: any Error) -> String {
    if let error = error as? HTTPClientError, error == .deadlineExceeded || error == .connectTimeout {
      return "context deadline exceeded"
    }
    return "\(error)"
  }
}
