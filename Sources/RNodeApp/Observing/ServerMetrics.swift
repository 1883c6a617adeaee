final class LoopMetrics { 
    enum Fault { case server, `protocol` }
    func received(bytes: Int) {}
    func sent(bytes: Int) {}
    func failed(_ f: Fault) {}
    func dropped() {}
    func opened(route: String) {}
    func closed(route: String) {}
}
final class ServerMetrics: Sendable {
    init(loops: Int) {}
    func loop(_ i: Int) -> LoopMetrics { LoopMetrics() }
    var connectionsActive: Int { 0 }
    var messagesReceived: Int { 0 }
    func brokerRefused() {}
}
