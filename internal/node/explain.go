package node

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"detente/note"
	"detente/register"
)

// Readings is what one node makes of every note of one audience: the text by
// which two nodes find the first note over which their pictures part. It
// holds no words of any note.
type Readings struct {
	Audience []string           `json:"audience"`
	Channel  note.Digest        `json:"channel"`
	Fold     int                `json:"fold"`  // the version of the fold
	Heads    map[string]uint64  `json:"heads"` // by origin, how much of each feed is read
	Notes    []register.Reading `json:"notes"`
	Party    string             `json:"party"` // who reads so
	Version  int                `json:"version"`
}

// Limits of readings from outside.
const (
	MaxReadings  = 256 << 20
	maxReadingsQ = 1 << 20
)

// ReadReadings reads another node's readings. Unknown names and other
// versions are errors.
func ReadReadings(body io.Reader) (Readings, error) {
	var v Readings
	r := &io.LimitedReader{R: body, N: MaxReadings}
	dec := json.NewDecoder(r)
	dec.DisallowUnknownFields()
	switch err := dec.Decode(&v); {
	case r.N <= 0:
		return v, fmt.Errorf("the readings have more than %d bytes", MaxReadings)
	case err != nil:
		return v, fmt.Errorf("these are not the readings of a node: %w", err)
	case v.Version != note.Version:
		return v, fmt.Errorf("the readings are of version %d; this program reads %d", v.Version, note.Version)
	case dec.More():
		return v, errors.New("more follows after the readings")
	}
	if err := note.CheckParty(v.Party); err != nil {
		return v, fmt.Errorf("the readings do not say whose they are: %w", err)
	}
	return v, nil
}

// Readings returns this node's readings of the notes of an audience, as far
// as heads go; nil stands for all that it has folded.
func (n *Node) Readings(channel note.Digest, audience []string, heads map[string]uint64) (Readings, error) {
	v := Readings{Audience: audience, Channel: channel, Fold: register.Version, Party: n.party, Version: note.Version}
	var err error
	readErr := n.Read(channel, func(s *Snapshot) {
		if v.Heads = heads; heads == nil {
			v.Heads = s.Register.Heads()
		}
		v.Notes, err = s.Register.Readings(audience, v.Heads)
	})
	return v, errors.Join(readErr, err)
}

// Common lowers heads to what this node has folded too.
func (n *Node) common(channel note.Digest, heads map[string]uint64) (map[string]uint64, error) {
	out := map[string]uint64{}
	err := n.Read(channel, func(s *Snapshot) {
		for origin, size := range s.Register.Heads() {
			if size = min(size, heads[origin]); size > 0 {
				out[origin] = size
			}
		}
	})
	return out, err
}

// AskReadings asks a peer over the line for its readings of what both have
// folded.
func (n *Node) AskReadings(ctx context.Context, channel note.Digest, party string, audience []string) (Readings, error) {
	c, err := n.channel(channel)
	if err != nil {
		return Readings{}, err
	}
	to, ok := c.address(party)
	if !ok {
		return Readings{}, &Refused{"no address of " + party + " is known", "ask for a file that detente explain --write makes there"}
	}
	question := Readings{Audience: audience, Channel: channel, Fold: register.Version, Party: n.party, Version: note.Version}
	if err := n.Read(channel, func(s *Snapshot) { question.Heads = s.Register.Heads() }); err != nil {
		return Readings{}, err
	}
	b, err := json.Marshal(question)
	if err != nil {
		return Readings{}, err
	}
	body, err := n.cfg.Link.Readings(ctx, to, b)
	if err != nil {
		return Readings{}, err
	}
	defer body.Close()
	v, err := ReadReadings(body)
	if err == nil && v.Party != party {
		err = fmt.Errorf("%s answered with the readings of %s", party, v.Party)
	}
	return v, err
}

// serveReadings answers a peer that asks how this node reads what both hold.
// Only a party of the audience is answered.
func (n *Node) serveReadings(w http.ResponseWriter, r *http.Request) {
	b, err := n.ServeReadings(r.Context(), caller(r), http.MaxBytesReader(w, r.Body, maxReadingsQ))
	var bad *Bad
	switch {
	case errors.As(err, &bad):
		http.Error(w, err.Error(), http.StatusBadRequest)
	case err != nil:
		http.Error(w, err.Error(), http.StatusServiceUnavailable)
	default:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(b) // who asked has gone, if it fails
	}
}

// ServeReadings answers the question of a peer: readings without notes.
func (n *Node) ServeReadings(ctx context.Context, from string, body io.Reader) ([]byte, error) {
	q, err := ReadReadings(body)
	if err != nil {
		return nil, &Bad{err}
	}
	c, err := n.channel(q.Channel)
	if err != nil {
		return nil, &Bad{err}
	}
	if !c.speaksFor(ctx, from) || !slices.Contains(q.Audience, from) || !slices.Contains(q.Audience, n.party) {
		return nil, &Bad{fmt.Errorf("%s and %s are not both of that audience", from, n.party)}
	}
	heads, err := n.common(q.Channel, q.Heads)
	if err != nil {
		return nil, err
	}
	v, err := n.Readings(q.Channel, q.Audience, heads)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.NewEncoder(&out).Encode(v)
	return out.Bytes(), err
}
