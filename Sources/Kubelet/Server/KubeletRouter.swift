import Glibc
import KubeAPI
import Logging
import NIOCore
import NIOHTTP1
import Telemetry

/// Answers the requests to the kubelet's server.
struct KubeletRouter: Sendable {
  var pods: PodTable
  var runtime: RuntimeClient
  var metrics: MetricsRegistry
  var logger: Logger

  private struct Refusal: Error {
    var status: HTTPResponseStatus
    var message: String
  }

  func answer(_ request: KubeletRequest, on channel: any Channel) async {
    do {
      try await route(request, channel)
    } catch let refusal as Refusal {
      await send(refusal.status, refusal.message + "\n", on: channel, keepAlive: true)
    } catch {
      logger.debug("request failed", metadata: ["uri": "\(request.path)", "error": "\(error)"])
      await send(.internalServerError, ImagePuller.text(of: error) + "\n", on: channel, keepAlive: false)
    }
  }

  private func route(_ request: KubeletRequest, _ channel: any Channel) async throws {
    let parts = request.path.split(separator: "/").map { KubeletRequest.decoded($0) }
    if parts == ["healthz"] { return await send(.ok, "ok", on: channel, keepAlive: true) }
    guard request.isAuthenticated else {
      throw Refusal(status: .unauthorized, message: "Unauthorized: show a client certificate")
    }
    switch parts.first {
    case "metrics":
      await send(.ok, metrics.text(), type: "text/plain; version=0.0.4", on: channel, keepAlive: true)
    case "pods":
      let items = await pods.pods().map(\.json)
      let list: JSONValue = ["kind": "PodList", "apiVersion": "v1", "metadata": [:], "items": .array(items)]
      await send(.ok, list.text, type: "application/json", on: channel, keepAlive: true)
    case "containerLogs" where parts.count == 4:
      try await logs(request, ObjectKey(namespace: parts[1], name: parts[2]), parts[3], channel)
    case "exec" where parts.count == 4 || parts.count == 5:
      let container = try await container(parts)
      var exec = CRIExecRequest()
      exec.containerID = container.id
      exec.cmd = request.query.filter { $0.name == "command" }.map(\.value)
      exec.stdin = flag(request, "input", "stdin")
      exec.stdout = flag(request, "output", "stdout")
      exec.stderr = flag(request, "error", "stderr")
      exec.tty = flag(request, "tty", "tty")
      if exec.tty { exec.stderr = false }
      try refuseWebSocket(request)
      try await tunnel(request, to: try await runtime.exec(exec), channel)
    case "attach" where parts.count == 4 || parts.count == 5:
      let container = try await container(parts)
      var attach = CRIAttachRequest()
      attach.containerID = container.id
      attach.stdin = flag(request, "input", "stdin")
      attach.stdout = flag(request, "output", "stdout")
      attach.stderr = flag(request, "error", "stderr")
      attach.tty = flag(request, "tty", "tty")
      if attach.tty { attach.stderr = false }
      try refuseWebSocket(request)
      try await tunnel(request, to: try await runtime.attach(attach), channel)
    case "portForward" where parts.count == 3 || parts.count == 4:
      let worker = try await worker(ObjectKey(namespace: parts[1], name: parts[2]))
      guard let sandbox = await worker.runtime.sandbox, sandbox.isReady else {
        throw Refusal(status: .badRequest, message: "pod \(parts[2]) has no running sandbox")
      }
      try refuseWebSocket(request)
      try await tunnel(request, to: try await runtime.portForward(sandbox.id), channel)
    default:
      throw Refusal(status: .notFound, message: "404 page not found")
    }
  }

  private func flag(_ request: KubeletRequest, _ names: String...) -> Bool {
    request.query.contains { names.contains($0.name) && ["1", "true"].contains($0.value) }
  }

  private func worker(_ key: ObjectKey) async throws -> PodWorker {
    guard let worker = await pods.worker(key) else {
      throw Refusal(status: .notFound, message: "pod \"\(key.name)\" not found in namespace \"\(key.namespace)\"")
    }
    return worker
  }

  /// `/exec/NAMESPACE/POD/CONTAINER` or `/exec/NAMESPACE/POD/UID/CONTAINER`.
  private func container(_ parts: [String]) async throws -> RuntimePod.Container {
    let worker = try await worker(ObjectKey(namespace: parts[1], name: parts[2]))
    let name = parts[parts.count - 1]
    guard let container = await worker.runtime.latest(name), container.state == .running else {
      throw Refusal(status: .notFound, message: "container not found (\"\(name)\")")
    }
    return container
  }

  /// The runtime's streaming server speaks SPDY/3.1 only; whoever tries WebSocket first goes on with that when refused.
  private func refuseWebSocket(_ request: KubeletRequest) throws {
    let upgrade = request.headers["upgrade"].joined(separator: ",").lowercased()
    if upgrade.contains("websocket") {
      throw Refusal(
        status: .badRequest, message: "unable to upgrade: the container runtime speaks SPDY/3.1, not WebSocket")
    }
    if !upgrade.contains("spdy/3.1") {
      throw Refusal(
        status: .badRequest, message: "you must specify at least 1 of stdin, stdout, stderr by an upgrade to SPDY/3.1")
    }
  }

  private func tunnel(_ request: KubeletRequest, to url: String, _ channel: any Channel) async throws {
    try await StreamTunnel.open(request, to: url, on: channel)
  }

  // MARK: logs

  private func logs(
    _ request: KubeletRequest, _ key: ObjectKey, _ name: String, _ channel: any Channel
  ) async throws {
    let options: LogOptions
    do {
      options = try LogOptions(query: Dictionary(request.query.map { ($0.name, $0.value) }) { first, _ in first })
    } catch {
      throw Refusal(status: .badRequest, message: "\(error)")
    }
    let worker = try await worker(key)
    guard await worker.spec(of: name) != nil else {
      throw Refusal(status: .badRequest, message: "container \"\(name)\" in pod \"\(key.name)\" is not available")
    }
    let held = await worker.runtime
    let found = options.previous ? held.previous(name) : held.latest(name)
    guard let container = found, container.state != .created else {
      if options.previous {
        throw Refusal(
          status: .badRequest,
          message: "previous terminated container \"\(name)\" in pod \"\(key.name)\" not found")
      }
      let reason = await worker.waitingReason(name) ?? "ContainerCreating"
      throw Refusal(
        status: .badRequest,
        message: "container \"\(name)\" in pod \"\(key.name)\" is waiting to start: \(reason)")
    }
    let file = open(container.logPath, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else {
      throw Refusal(status: .internalServerError, message: "cannot open the log of container \"\(name)\"")
    }
    defer { close(file) }
    try await channel.writeAndFlush(
      HTTPServerResponsePart.head(
        HTTPResponseHead(
          version: .http1_1, status: .ok, headers: ["content-type": "text/plain", "connection": "close"])))
    try await stream(file, container.id, options, worker, channel)
    try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    try await channel.close()
  }

  private func stream(
    _ file: Int32, _ id: String, _ options: LogOptions, _ worker: PodWorker, _ channel: any Channel
  ) async throws {
    var filter = LogFilter(options)
    var offset = 0
    if let tail = options.tailLines {
      offset = LogFilter.tailOffset(try Self.readAll(file), lines: tail)
    }
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    var wasRunning = true
    while !Task.isCancelled && channel.isActive {
      let count = pread(file, &chunk, chunk.count, off_t(offset))
      if count > 0 {
        offset += count
        let output = filter.feed(chunk[..<count])
        if !output.isEmpty {
          try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(bytes: output))))
        }
        if filter.isFull { return }
        continue
      }
      // What the container wrote just before its end is read before the answer ends.
      guard options.follow, wasRunning else { return }
      wasRunning = await worker.runtime.container(id)?.state == .running
      try await Task.sleep(for: .milliseconds(wasRunning ? 50 : 10))
    }
  }

  private static func readAll(_ file: Int32) throws -> [UInt8] {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = pread(file, &chunk, chunk.count, off_t(bytes.count))
      if count <= 0 { return bytes }
      bytes += chunk[..<count]
    }
  }

  // MARK: answers

  private func send(
    _ status: HTTPResponseStatus, _ text: String, type: String = "text/plain", on channel: any Channel,
    keepAlive: Bool
  ) async {
    var head = HTTPResponseHead(version: .http1_1, status: status)
    head.headers.add(name: "content-type", value: type)
    head.headers.add(name: "content-length", value: String(text.utf8.count))
    if !keepAlive { head.headers.add(name: "connection", value: "close") }
    channel.write(HTTPServerResponsePart.head(head), promise: nil)
    channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
    // Who has gone away needs no answer.
    try? await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    if !keepAlive { try? await channel.close() }
  }
}
