/// Everything that happens by chance in one simulated run, from one seed: SplitMix64, the same on every machine.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed &* 0xD1B5_4A32_D192_ED03 &+ 0x2545_F491_4F6C_DD1D
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number below `bound`.
    mutating func below(_ bound: Int) -> Int {
        Int(truncatingIfNeeded: next() % UInt64(max(bound, 1)))
    }

    /// True once in `times`.
    mutating func isLucky(oneIn times: Int) -> Bool { below(times) == 0 }

    /// One of these.
    mutating func pick<Element>(_ choices: [Element]) -> Element { choices[below(choices.count)] }

    /// A size, mostly small: 0 up to `limit`.
    mutating func size(atMost limit: Int) -> Int {
        let scale = below(4)
        return min(limit, below(scale == 0 ? 4 : scale == 1 ? 130 : scale == 2 ? 600 : limit + 1))
    }

    /// A source of its own for one part of the run.
    mutating func split() -> Dice { Dice(seed: next()) }
}
