import Testing

@testable import RNodeApp

@Suite("The cgroup's memory")
struct CgroupMemoryTests {
    private func limit(_ cgroup: String, _ files: [String: String]) -> Int? {
        CgroupMemory.limitBytes { path, root in
            root == "/proc/self" && path == "cgroup" ? cgroup : files[root + "/" + path]
        }
    }

    @Test("Version 2: the smallest limit up to the root")
    func version2() {
        let cgroup = "0::/system.slice/rnode.service\n"
        let root = "/sys/fs/cgroup"
        #expect(
            limit(cgroup, ["\(root)/system.slice/rnode.service/memory.max": "1048576\n"])
                == 1_048_576)
        #expect(
            limit(
                cgroup,
                [
                    "\(root)/system.slice/rnode.service/memory.max": "max\n",
                    "\(root)/system.slice/memory.max": "4096\n",
                ]) == 4_096)
        #expect(limit(cgroup, ["\(root)/system.slice/rnode.service/memory.max": "max\n"]) == nil)
        // Inside a container with a namespace of its own.
        #expect(limit("0::/\n", ["\(root)/memory.max": "77\n"]) == 77)
        // Inside one without: the path is the host's.
        #expect(limit("0::/docker/abc\n", ["\(root)/memory.max": "77\n"]) == 77)
    }

    @Test("Version 1: the memory controller's, and its number for none is none")
    func version1() {
        let cgroup = "12:cpu,cpuacct:/x\n7:memory:/docker/abc\n1:name=systemd:/y\n"
        let root = "/sys/fs/cgroup/memory"
        #expect(limit(cgroup, ["\(root)/docker/abc/memory.limit_in_bytes": "500\n"]) == 500)
        #expect(limit(cgroup, ["\(root)/memory.limit_in_bytes": "600\n"]) == 600)
        #expect(
            limit(cgroup, ["\(root)/memory.limit_in_bytes": "9223372036854771712\n"]) == nil)
    }

    @Test(
        "Garbage is no limit",
        arguments: ["", "\n", "0::", "::", "0::/../..", "7:memory", "x", "0:memory:/"])
    func garbage(_ cgroup: String) {
        #expect(limit(cgroup, ["/sys/fs/cgroup/memory.max": "-5\n"]) == nil)
        #expect(limit(cgroup, ["/sys/fs/cgroup/memory.max": "99999999999999999999\n"]) == nil)
    }

    @Test("The files of this machine can be read")
    func here() {
        #expect((CgroupMemory.limitBytes() ?? 1) > 0)
    }

    @Test("Budgets are the smaller of their number and the cgroup's part")
    func parts() {
        var limits = MemoryLimits()
        #expect(limits.within(cgroupBytes: nil) == limits)
        #expect(limits.within(cgroupBytes: 1 << 40) == limits)
        let small = limits.within(cgroupBytes: 100_000_000)
        #expect(small.outboundBytesMax == 25_000_000 && small.unfinishedBytesMax == 25_000_000)
        limits.cgroupPercentMax = 50
        #expect(limits.within(cgroupBytes: 400_000_000).outboundBytesMax == 200_000_000)
        #expect(limits.within(cgroupBytes: 1).outboundBytesMax == 1)
        #expect(limits.within(cgroupBytes: .max) == limits)
    }
}
