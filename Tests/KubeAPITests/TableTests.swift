import KubeAPI
import Testing

@Suite struct TableTests {
  let now = Time(seconds: 1_000_000)

  private func cells(_ group: String, _ resource: String, _ object: JSONValue) -> [String: JSONValue] {
    let table = Table(group: group, resource: resource).render([object], now: now)
    let names = table["columnDefinitions"]?.arrayValue?.compactMap { $0["name"]?.stringValue } ?? []
    let cells = table["rows"]?.arrayValue?.first?["cells"]?.arrayValue ?? []
    #expect(names.count == cells.count)
    return Dictionary(uniqueKeysWithValues: zip(names, cells))
  }

  private func parsed(_ text: String) throws -> JSONValue { try JSONValue(parsing: text) }

  @Test(arguments: [
    // A running pod, its containers ready.
    (
      #"{"spec":{"containers":[{},{}]},"status":{"phase":"Running","containerStatuses":[{"ready":true,"restartCount":1,"state":{"running":{}}},{"ready":false,"state":{"running":{}}}]}}"#,
      "1/2", "Running", "1"
    ),
    (#"{"spec":{"containers":[{}]},"status":{"phase":"Pending"}}"#, "0/1", "Pending", "0"),
    (
      #"{"spec":{"containers":[{}],"initContainers":[{"name":"a"},{"name":"b"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0}}},{"name":"b","state":{"running":{}}}]}}"#,
      "0/1", "Init:1/2", "0"
    ),
    (
      #"{"spec":{"containers":[{}],"initContainers":[{"name":"a"}]},"status":{"phase":"Pending","initContainerStatuses":[{"name":"a","restartCount":3,"state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}}"#,
      "0/1", "Init:CrashLoopBackOff", "3"
    ),
    (
      #"{"spec":{"containers":[{}],"initContainers":[{"name":"a"}]},"status":{"phase":"Failed","initContainerStatuses":[{"name":"a","state":{"terminated":{"exitCode":7}}}]}}"#,
      "0/1", "Init:ExitCode:7", "0"
    ),
    (
      #"{"spec":{"containers":[{}]},"status":{"phase":"Running","containerStatuses":[{"restartCount":5,"state":{"waiting":{"reason":"CrashLoopBackOff"}},"lastState":{"terminated":{"finishedAt":"1970-01-12T13:45:40Z"}}}]}}"#,
      "0/1", "CrashLoopBackOff", "5 (60s ago)"
    ),
    (
      #"{"spec":{"containers":[{}]},"status":{"phase":"Succeeded","containerStatuses":[{"state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}}"#,
      "0/1", "Completed", "0"
    ),
    (
      #"{"spec":{"containers":[{},{}]},"status":{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[{"state":{"terminated":{"exitCode":0,"reason":"Completed"}}},{"ready":true,"state":{"running":{}}}]}}"#,
      "1/2", "Running", "0"
    ),
    (
      #"{"metadata":{"deletionTimestamp":"1970-01-12T13:45:40Z"},"spec":{"containers":[{}]},"status":{"phase":"Running"}}"#,
      "0/1", "Terminating", "0"
    ),
    (
      #"{"metadata":{"deletionTimestamp":"1970-01-12T13:45:40Z"},"spec":{"containers":[{}]},"status":{"phase":"Running","reason":"NodeLost"}}"#,
      "0/1", "Unknown", "0"
    ),
    (
      #"{"spec":{"containers":[{}]},"status":{"phase":"Failed","reason":"Evicted","containerStatuses":[]}}"#,
      "0/1", "Evicted", "0"
    ),
    (
      #"{"spec":{"containers":[{}]},"status":{"phase":"Failed","containerStatuses":[{"state":{"terminated":{"exitCode":137,"signal":9}}}]}}"#,
      "0/1", "Signal:9", "0"
    ),
    (
      #"{"spec":{"containers":[{}],"initContainers":[{"name":"s","restartPolicy":"Always"}]},"status":{"phase":"Running","initContainerStatuses":[{"name":"s","started":true,"ready":true,"restartCount":2,"state":{"running":{}}}],"containerStatuses":[{"ready":true,"state":{"running":{}}}]}}"#,
      "2/2", "Running", "2"
    ),
    (
      #"{"spec":{"containers":[{}]},"status":{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}}"#,
      "0/1", "SchedulingGated", "0"
    ),
  ])
  func pods(json: String, ready: String, status: String, restarts: String) throws {
    let cells = cells("", "pods", try parsed(json))
    #expect(cells["Ready"]?.stringValue == ready)
    #expect(cells["Status"]?.stringValue == status)
    #expect(cells["Restarts"]?.stringValue == restarts)
    #expect(cells["Age"] == "<unknown>")
    #expect(cells["IP"] == "<none>")
  }

  @Test func services() throws {
    let service = try parsed(
      #"{"metadata":{"name":"web"},"spec":{"type":"NodePort","clusterIP":"10.96.0.5","selector":{"b":"2","a":"1"},"ports":[{"port":80,"nodePort":30080,"protocol":"TCP"},{"port":53,"protocol":"UDP"}]}}"#
    )
    let cells = cells("", "services", service)
    #expect(cells["Name"] == "web")
    #expect(cells["Cluster-IP"] == "10.96.0.5")
    #expect(cells["External-IP"] == "<none>")
    #expect(cells["Port(s)"] == "80:30080/TCP,53/UDP")
    #expect(cells["Selector"] == "a=1,b=2")
    let balanced = try parsed(#"{"spec":{"type":"LoadBalancer"}}"#)
    #expect(self.cells("", "services", balanced)["External-IP"] == "<pending>")
    let named = try parsed(#"{"spec":{"type":"ExternalName","externalName":"a.example"}}"#)
    #expect(self.cells("", "services", named)["External-IP"] == "a.example")
    #expect(self.cells("", "services", named)["Cluster-IP"] == "<none>")
  }

  @Test func nodes() throws {
    let node = try parsed(
      #"{"metadata":{"name":"n","labels":{"node-role.kubernetes.io/control-plane":""}},"spec":{"unschedulable":true},"status":{"conditions":[{"type":"Ready","status":"Unknown"}],"addresses":[{"type":"InternalIP","address":"10.0.0.1"}],"nodeInfo":{"kubeletVersion":"v1.36.0"}}}"#
    )
    let cells = cells("", "nodes", node)
    #expect(cells["Status"] == "NotReady,SchedulingDisabled")
    #expect(cells["Roles"] == "control-plane")
    #expect(cells["Version"] == "v1.36.0")
    #expect(cells["Internal-IP"] == "10.0.0.1")
    #expect(cells["External-IP"] == "<none>")
    #expect(cells["OS-Image"] == "<unknown>")
    #expect(self.cells("", "nodes", [:])["Status"] == "Unknown")
  }

  @Test func workloads() throws {
    let deployment = try parsed(
      #"{"metadata":{"name":"d","creationTimestamp":"1970-01-11T13:46:40Z"},"spec":{"replicas":3,"selector":{"matchLabels":{"app":"x"}},"template":{"spec":{"containers":[{"name":"a","image":"i1"},{"name":"b","image":"i2"}]}}},"status":{"readyReplicas":2,"updatedReplicas":3,"availableReplicas":2}}"#
    )
    let cells = cells("apps", "deployments", deployment)
    #expect(cells["Ready"] == "2/3")
    #expect(cells["Up-to-date"] == 3)
    #expect(cells["Age"] == "24h")
    #expect(cells["Containers"] == "a,b")
    #expect(cells["Selector"] == "app=x")
    let set = self.cells("apps", "replicasets", deployment)
    #expect(set["Desired"] == 3)
    #expect(set["Current"] == 0)
  }

  @Test func endpoints() throws {
    let slice = try parsed(
      #"{"addressType":"IPv4","ports":[{"port":80}],"endpoints":[{"addresses":["10.0.0.1"]},{"addresses":["10.0.0.2"]},{"addresses":["10.0.0.3"]},{"addresses":["10.0.0.4"]}]}"#
    )
    let cells = cells("discovery.k8s.io", "endpointslices", slice)
    #expect(cells["Ports"] == "80")
    #expect(cells["Endpoints"] == "10.0.0.1,10.0.0.2,10.0.0.3 + 1 more...")
    #expect(self.cells("discovery.k8s.io", "endpointslices", [:])["Endpoints"] == "<unset>")
    let old = try parsed(#"{"subsets":[{"addresses":[{"ip":"10.0.0.1"},{"ip":"fd00::1"}],"ports":[{"port":80}]}]}"#)
    #expect(self.cells("", "endpoints", old)["Endpoints"] == "10.0.0.1:80,[fd00::1]:80")
    #expect(self.cells("", "endpoints", [:])["Endpoints"] == "<none>")
  }

  @Test func events() throws {
    let event = try parsed(
      #"{"metadata":{"name":"e"},"involvedObject":{"kind":"Pod","name":"p"},"message":" hi\n","firstTimestamp":"1970-01-12T13:36:40Z","lastTimestamp":"1970-01-12T13:46:10Z","count":4,"source":{"component":"kubelet","host":"n"}}"#
    )
    let cells = cells("", "events", event)
    #expect(cells["Last Seen"] == "30s")
    #expect(cells["First Seen"] == "10m")
    #expect(cells["Object"] == "pod/p")
    #expect(cells["Source"] == "kubelet, n")
    #expect(cells["Message"] == "hi")
    #expect(cells["Count"] == 4)
  }

  @Test func simpleOnes() throws {
    #expect(cells("", "configmaps", ["data": ["a": "b"], "binaryData": ["c": "d"]])["Data"] == 2)
    #expect(cells("", "secrets", ["type": "Opaque"])["Type"] == "Opaque")
    #expect(cells("", "serviceaccounts", [:])["Secrets"] == 0)
    #expect(cells("", "namespaces", ["status": ["phase": "Active"]])["Status"] == "Active")
    #expect(cells("coordination.k8s.io", "leases", ["spec": ["holderIdentity": "x"]])["Holder"] == "x")
    #expect(cells("batch", "jobs", ["metadata": ["creationTimestamp": "t"]])["Created At"] == "t")
  }

  @Test func includesWhatIsAskedFor() {
    let object: JSONValue = ["metadata": ["name": "a"], "data": ["k": "v"]]
    let table = Table(group: "", resource: "configmaps")
    func row(_ include: Table.IncludeObject) -> JSONValue? {
      table.render([object], include: include, now: now)["rows"]?.arrayValue?.first?["object"]
    }
    #expect(row(.none) == .null)
    #expect(row(.object) == object)
    #expect(row(.metadata)?["kind"] == "PartialObjectMetadata")
    #expect(row(.metadata)?["data"] == nil)
    let later = table.render([object], includesColumns: false, now: now)
    #expect(later["columnDefinitions"] == [])
  }

  @Test(arguments: [
    (5, "5s"), (119, "119s"), (120, "2m"), (135, "2m15s"), (600, "10m"), (10_799, "179m"), (10_800, "3h"),
    (11_000, "3h3m"), (28_800, "8h"), (172_799, "47h"), (172_800, "2d"), (180_000, "2d2h"), (691_200, "8d"),
    (63_072_000, "2y"), (63_158_400, "2y1d"), (315_360_000, "10y"), (-1, "0s"), (-5, "<invalid>"),
  ])
  func durations(seconds: Int64, text: String) {
    let object: JSONValue = ["metadata": ["creationTimestamp": Time(seconds: 1_000_000 - seconds).jsonValue]]
    #expect(cells("", "namespaces", object)["Age"]?.stringValue == text)
  }
}
