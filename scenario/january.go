package scenario

import _ "embed"

//go:embed january-2024.scenario
var january []byte

// January2024 returns the reconstruction of January 2024 between Pakistan and
// Iran, and between Pakistan and Türkiye, from press claims. No government
// wrote its notes.
func January2024() (*Scenario, error) { return Parse(january) }

// January2024Text returns the file that January2024 reads, to begin one's own
// from.
func January2024Text() []byte { return append([]byte(nil), january...) }
