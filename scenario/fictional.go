package scenario

import _ "embed"

//go:embed fictional.scenario
var fictional []byte

// Fictional returns ten days between states that are on no map: every act,
// every state that a matter can come to, and what a record must outlast.
func Fictional() (*Scenario, error) { return Parse(fictional) }

// FictionalText returns the file that Fictional reads.
func FictionalText() []byte { return append([]byte(nil), fictional...) }
