package cli

import (
	"runtime"
	"runtime/debug"
)

// A node collects garbage seldom while it is small, and as it must once it
// nears what it is meant to take: 200 MB with 100,000 notes.
const (
	gcPercent   = 300
	memoryLimit = 192 << 20
)

// spareCollector sets the collector before a node is opened.
func spareCollector() {
	debug.SetGCPercent(gcPercent)
	debug.SetMemoryLimit(memoryLimit)
}

// fitMemory raises the limit for a node that holds more, so that the collector
// never runs all the time.
func fitMemory() {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	debug.SetMemoryLimit(max(memoryLimit, 2*int64(m.HeapAlloc)))
}
