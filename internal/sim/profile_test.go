package sim

import (
	"os"
	"path/filepath"
	"strings"
	"sync"

	"detente/charter"
	"detente/feed"
	"detente/internal/node"
)

// profile is a party's keys, made once for all worlds.
type profile struct {
	code, dir string
	credence  charter.Credence
	signed    []byte
	identity  *feed.Key
}

var codes = []string{"ALF", "BRA", "CHA", "DEL", "OBS"}

var profiles = sync.OnceValues(func() (map[string]*profile, error) {
	dir, err := os.MkdirTemp("", "detente-sim-")
	if err != nil {
		return nil, err
	}
	out := map[string]*profile{}
	for _, code := range codes {
		p := &profile{code: code, dir: filepath.Join(dir, code)}
		out[code] = p
		if p.credence, err = node.Init(p.dir, node.InitOptions{Party: code, Name: "Party " + code, Addresses: []string{"127.0.0.1:1"}}); err != nil {
			return nil, err
		}
		if p.identity, err = node.LoadIdentity(p.dir+".identity", ""); err != nil {
			return nil, err
		}
		if p.signed, err = p.credence.Sign(p.identity); err != nil {
			return nil, err
		}
	}
	return out, nil
})

var (
	charters   = map[string][]byte{}
	chartersMu sync.Mutex
)

// signedCharter returns the charter of a channel of these principals and an
// observer of that scope, or none; signed once for all worlds.
func signedCharter(all map[string]*profile, principals []string, scope string) ([]byte, error) {
	chartersMu.Lock()
	defer chartersMu.Unlock()
	key := strings.Join(principals, " ") + "/" + scope
	if b := charters[key]; b != nil {
		return b, nil
	}
	b, err := signCharter(all, principals, scope)
	charters[key] = b
	return b, err
}

func signCharter(all map[string]*profile, principals []string, scope string) ([]byte, error) {
	c := charter.Charter{Exercise: true, Languages: []string{"en"}, Name: "Simulation", Purpose: "a simulated world",
		Quota: charter.Quota{MaxBytes: 1 << 30, MaxPending: 100_000, NotesPerHour: 1_000_000}, Version: charter.Version}
	member := func(code, role, scope string) charter.Member {
		m := charter.Member{Credence: all[code].credence.Digest(), Identity: all[code].credence.Identity, Name: "Party " + code, Party: code, Role: role, Scope: scope, Zone: "UTC"}
		if role == charter.Principal {
			m.Offices = []charter.Office{{Code: "desk", Name: "A desk that binds nobody", Says: []string{"*"}},
				{Code: "mfa", Name: "Ministry", Binds: []string{"*"}, Says: []string{"*"}}, {Code: "node", Name: "The node itself", Says: []string{"line"}}}
		}
		return m
	}
	for _, p := range principals {
		c.Members = append(c.Members, member(p, charter.Principal, ""))
	}
	if scope != "" {
		c.Members = append(c.Members, member("OBS", charter.Observer, scope))
	}
	s, err := charter.NewSigned(c)
	if err != nil {
		return nil, err
	}
	for _, p := range principals {
		if err := s.Add(all[p].identity, p); err != nil {
			return nil, err
		}
	}
	return s.Bytes(), nil
}
