package node

import (
	"fmt"
	"testing"
)

// stuck is a reader of a pouch that does not read until it is let.
type stuck struct{ begun, let chan struct{} }

func (s stuck) Write(b []byte) (int, error) {
	select {
	case s.begun <- struct{}{}:
	default:
	}
	<-s.let
	return len(b), nil
}

// Who reads a pouch slowly holds up no note.
func TestASlowReaderOfAPouchHoldsUpNobody(t *testing.T) {
	p := newPair(t, "IRN", "PAK")
	for i := range 5 {
		p.say("PAK", "routine", fmt.Sprint(i))
	}
	s := stuck{make(chan struct{}, 1), make(chan struct{})}
	done := make(chan error)
	go func() {
		_, err := p.nodes["PAK"].PackPouch(p.ctx, p.channel, "IRN", s)
		done <- err
	}()
	<-s.begun
	p.say("PAK", "flash", "help") // never returns where the pouch holds the lock
	close(s.let)
	p.must(<-done)
}
