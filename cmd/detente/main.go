// Détente is a crisis hotline, a ledger and a joint desk for sides that do not
// trust each other. See detente help.
package main

import (
	"os"

	"detente/internal/cli"
)

func main() { os.Exit(cli.Main()) }
