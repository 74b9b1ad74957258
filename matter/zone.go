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
	if name == "Local" || name == "" || strings.HasPrefix(name, "/") || strings.Contains(name, "..") {
		return nil, fmt.Errorf("%.40q is not the name of a time zone", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%.40q is not the name of a time zone", name)
	}
	zones.Store(name, loc)
	return loc, nil
}
