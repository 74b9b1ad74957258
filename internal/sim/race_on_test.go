//go:build race

package sim

const standardSeeds = 20
