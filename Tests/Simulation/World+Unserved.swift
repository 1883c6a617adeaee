import RNodeIO
import RNodeTesting

// C5: what became ready is served, or somewhere in line to be.
extension World {
    /// Complains about connections with bytes that nothing would bring to the app. To be called when the loops have nothing to do.
    func checkUnserved() {
        for loop in host.loops {
            let counted = loop.tally.unservedConnections
            if counted > 0 { log.violation("loop \(loop.index) left \(counted) unserved") }
            for id in loop.unservedConnections() {
                log.violation("loop \(loop.index) has forgotten connection \(id)")
            }
        }
    }
}
