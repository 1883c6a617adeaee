// swift-tools-version: 6.2
import PackageDescription

/// What every target is compiled with: Swift 6, strict memory safety, no warning let through.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// What the libraries are compiled with. `scripts/sanitize` has them optimised, as they are in production, with their
/// assertions: its runs take half the time. Nobody who depends on a product sees these flags.
let library: [SwiftSetting] =
    Context.environment["RNODE_OPTIMISED"] == nil
    ? strict : strict + [.unsafeFlags(["-O", "-assert-config", "Debug"])]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let arguments = Target.Dependency.product(
    name: "ArgumentParser", package: "swift-argument-parser")

/// The fuzz targets: linked with libFuzzer when `scripts/fuzz` asks for it, else with the tests that replay what it kept.
let fuzzTargetDependencies: [Target.Dependency] = [
    "RNodeBytes", "RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeApp", "RNodeTesting", httpTypes, logging,
]
let fuzz =
    Context.environment["RNODE_FUZZ"] != nil
    ? Target.executableTarget(
        name: "Fuzz", dependencies: fuzzTargetDependencies, path: "Fuzz",
        exclude: ["Corpora", "Dictionaries", "Replay"], sources: ["Targets", "Driver"],
        swiftSettings: strict)
    : Target.testTarget(
        name: "FuzzTests", dependencies: fuzzTargetDependencies, path: "Fuzz",
        exclude: ["Corpora", "Dictionaries", "Driver"], sources: ["Targets", "Replay"],
        swiftSettings: strict)

let package = Package(
    name: "rnode",
    products: [
        .library(name: "RNodeIO", targets: ["RNodeIO"]),
        .library(name: "RNodeHTTP", targets: ["RNodeHTTP"]),
        .library(name: "RNodeWS", targets: ["RNodeWS"]),
        .library(name: "RNodeRooms", targets: ["RNodeRooms"]),
        .library(name: "RNodeApp", targets: ["RNodeApp"]),
        .library(name: "RNodeTesting", targets: ["RNodeTesting"]),
        .executable(name: "Chat", targets: ["Chat"]),
    ],
    traits: [
        // Off, but for the scripts of this repository where liburing is there.
        .default(
            enabledTraits: Context.environment["RNODE_IOURING"] == nil ? [] : ["IOURing"]),
        .trait(
            name: "IOURing",
            description: "The io_uring backend for Linux 6.0 and newer; needs liburing."),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    ],
    targets: [
        .target(name: "CLinux"),
        .target(name: "CZlib", linkerSettings: [.linkedLibrary("z")]),
        .target(
            name: "CUring",
            cSettings: [.define("RNODE_IOURING", .when(traits: ["IOURing"]))],
            linkerSettings: [.linkedLibrary("uring", .when(traits: ["IOURing"]))]),
        .target(name: "RNodeBytes", swiftSettings: library),
        .target(
            name: "RNodeIO", dependencies: ["RNodeBytes", "CLinux", "CUring"],
            swiftSettings: library),
        .target(
            name: "RNodeHTTP", dependencies: ["RNodeBytes", httpTypes], swiftSettings: library),
        .target(name: "RNodeWS", dependencies: ["RNodeBytes", "CZlib"], swiftSettings: library),
        .target(name: "RNodeRooms", swiftSettings: library),
        .target(
            name: "RNodeApp",
            dependencies: [
                "RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeRooms", httpTypes, logging, metrics,
            ],
            swiftSettings: library),
        .target(
            name: "RNodeTesting", dependencies: ["RNodeIO", "RNodeHTTP", "RNodeWS", httpTypes],
            swiftSettings: library),

        .target(
            name: "ServerFlags", dependencies: ["RNodeApp", arguments, logging],
            path: "Examples/ServerFlags", swiftSettings: strict),
        .executableTarget(
            name: "Chat", dependencies: ["RNodeApp", "ServerFlags", arguments, logging],
            path: "Examples/Chat", resources: [.embedInCode("page.html")], swiftSettings: strict),
        .executableTarget(
            name: "BenchmarkServer", dependencies: ["RNodeApp", "ServerFlags", arguments],
            path: "Benchmarks/BenchmarkServer", swiftSettings: strict),
        .executableTarget(
            name: "RNodeBenchmarks",
            dependencies: [
                "RNodeApp", "RNodeIO", "RNodeHTTP", "RNodeWS", "BenchmarkReport", "CMeasuring",
                arguments, logging,
            ],
            path: "Benchmarks/RNodeBenchmarks", swiftSettings: strict),
        .target(
            name: "BenchmarkReport", path: "Benchmarks/BenchmarkReport", swiftSettings: strict),
        .target(name: "CMeasuring", path: "Benchmarks/CMeasuring"),
        .executableTarget(
            name: "InteropServer",
            dependencies: ["RNodeApp", "RNodeIO", "ServerFlags", arguments, logging],
            path: "Tests/InteropServer", swiftSettings: strict),
        .executableTarget(
            name: "Simulation",
            dependencies: [
                "RNodeApp", "RNodeBytes", "RNodeIO", "RNodeRooms", "RNodeTesting", "RNodeWS",
                arguments, logging,
            ],
            path: "Tests/Simulation", swiftSettings: strict),
        .executableTarget(
            name: "HTTPFraming", dependencies: ["RNodeHTTP", httpTypes], path: "Tests/HTTPFraming",
            swiftSettings: strict),
        .target(
            name: "RoomHistories",
            dependencies: ["RNodeApp", "RNodeBytes", "RNodeTesting", logging],
            path: "Tests/RoomHistories/Histories", swiftSettings: strict),
        .executableTarget(
            name: "RunHistories", dependencies: ["RoomHistories", arguments],
            path: "Tests/RoomHistories/Run", swiftSettings: strict),
        .executableTarget(
            name: "SoakServer", dependencies: ["RNodeApp", "ServerFlags", "CHeap", arguments],
            path: "Tests/SoakServer", swiftSettings: strict),
        .target(name: "CHeap", path: "Tests/CHeap"),
        .executableTarget(
            name: "Differential", dependencies: ["RNodeWS"], path: "Tests/DifferentialProgram",
            swiftSettings: strict),
        .executableTarget(
            name: "Exhaustive",
            dependencies: ["RNodeIO", "RNodeTesting", "RNodeWS", "RNodeHTTP", httpTypes],
            path: "Tests/Exhaustive", swiftSettings: strict),

        .testTarget(name: "ArchitectureTests", swiftSettings: strict),
        .testTarget(
            name: "SnippetTests",
            dependencies: [
                "RNodeIO", "RNodeHTTP", "RNodeWS", "RNodeRooms", "RNodeApp", "RNodeTesting",
            ],
            swiftSettings: strict),
        .testTarget(name: "RNodeBytesTests", dependencies: ["RNodeBytes"], swiftSettings: strict),
        .testTarget(
            name: "RNodeIOTests", dependencies: ["RNodeIO", "RNodeTesting"], swiftSettings: strict),
        .testTarget(name: "RNodeHTTPTests", dependencies: ["RNodeHTTP"], swiftSettings: strict),
        .testTarget(name: "RNodeWSTests", dependencies: ["RNodeWS"], swiftSettings: strict),
        .testTarget(
            name: "RNodeRoomsTests", dependencies: ["RNodeRooms", "RNodeBytes"],
            swiftSettings: strict),
        .testTarget(
            name: "RNodeAppTests",
            dependencies: ["RNodeApp", "RNodeTesting", "RoomHistories", logging],
            swiftSettings: strict
        ),
        .testTarget(
            name: "BenchmarkReportTests", dependencies: ["BenchmarkReport"],
            swiftSettings: strict),
        fuzz,
    ]
)
