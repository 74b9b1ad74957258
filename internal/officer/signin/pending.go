package signin

import (
	"sync"
	"time"

	"detente/internal/officer"
	"detente/note"
)

// A ceremony is what its second half must know of its first.
type ceremony struct {
	kind    string // register, sign-in, release, provider
	ends    time.Time
	officer officer.ID  // register, release
	link    note.Digest // register: its hash
	draft   string      // release
	digest  note.Digest // release
	nonce   []byte      // release
	secret  [2]string   // provider: nonce, verifier
}

// maxPending bounds the ceremonies under way. The oldest goes for the newest.
const maxPending = 2048

// pending are ceremonies under way, by their challenge.
type pending struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]ceremony
}

func (p *pending) begin(challenge string, c ceremony) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.ends = p.now().Add(ceremonyLife)
	if p.by == nil {
		p.by = map[string]ceremony{}
	}
	oldest := ""
	for k, c := range p.by {
		if !p.now().Before(c.ends) {
			delete(p.by, k)
		} else if oldest == "" || c.ends.Before(p.by[oldest].ends) {
			oldest = k
		}
	}
	if len(p.by) >= maxPending {
		delete(p.by, oldest)
	}
	p.by[challenge] = c
}

// take returns a ceremony of a kind, which is then over: nothing answers one
// challenge twice.
func (p *pending) take(kind, challenge string) (ceremony, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.by[challenge]
	if !ok || c.kind != kind {
		return c, false
	}
	delete(p.by, challenge)
	return c, p.now().Before(c.ends)
}
