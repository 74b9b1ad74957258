package matter

import (
	"fmt"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // a node reads every zone by its name, whatever the machine has
)

var zones sync.Map // name to *time.Location: loading one reads and parses a file

func loadZone(name string) (*time.Location, error) {
	if loc, ok := zones.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if err := checkZoneName(name); err != nil {
		return nil, err
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.40q is not the name of a time zone", name)
	}
	zones.Store(name, loc)
	return loc, nil
}

// checkZoneName says whether a name is written as those of zones are; there need
// be none of that name.
func checkZoneName(name string) error {
	if name == "Local" || name == "" || len(name) > 64 || strings.HasPrefix(name, "/") || strings.Contains(name, "..") ||
		strings.ContainsFunc(name, func(r rune) bool {
			return !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/", r)
		}) {
		return fmt.Errorf("%.40q is not the name of a time zone", name)
	}
	return nil
}
