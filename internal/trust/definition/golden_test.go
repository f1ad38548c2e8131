package definition

import (
	"encoding/hex"
	"testing"
)

// Pins outlive a version of this program: these digests never change. Who must change
// what is the same, or how it is written, must say how old pins are read.
func TestDigestsAreKept(t *testing.T) {
	for i, want := range []string{
		"72e6f73abc626ffc41486319dac28238ba29ae4cabd718ff036818fa4b7ea359",
		"be53644106d97e0bf7ada5ea137c33f506e41292e7a0b1c519eaae4fcb23fcd2",
		"3af898fb3fababbbaeb79aa36f6cf0cb10b758f79d94d5c48a4a17171123a1eb",
		"b8111dd3af96e202078894b2355e2a3d05da178cffd2251ed05e25204ccee701",
	} {
		d := tool(t, benignSeeds[i]).Digest()
		if got := hex.EncodeToString(d[:]); got != want {
			t.Errorf("seed %d: %s, want %s", i, got, want)
		}
	}
}
