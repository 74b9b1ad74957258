package note

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"detente/internal/jcs"
)

// Version is the only version of the header that there is.
const Version = 1

// TimeLayout is how every time in a header is written: UTC, milliseconds.
// The time is the author's claim.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Precedences, the most urgent first.
var Precedences = []string{"flash", "immediate", "priority", "routine"}

// Names of sealed parts. Attachments are PartAttachment followed by their
// number from 1.
const (
	PartMove       = "move"
	PartContent    = "content"
	PartAttachment = "attachment/"
)

// A Header is one entry of a feed.
type Header struct {
	Audience   []string `json:"audience"`           // party codes, sorted, the author among them
	Charter    Digest   `json:"charter"`            // the charter or amendment that it was written under
	Exercise   bool     `json:"exercise,omitempty"` // as the charter says
	Index      uint64   `json:"index"`
	Origin     string   `json:"origin"`
	Parts      []Part   `json:"parts"` // move, then content if any, then attachments
	Precedence string   `json:"precedence"`
	Seen       []Head   `json:"seen"` // the last head held of every other feed of the channel, sorted by origin
	Time       string   `json:"time"` // TimeLayout
	Version    int      `json:"version"`
}

// A Part commits to one sealed payload.
type Part struct {
	Name   string `json:"name"`
	Plain  Digest `json:"plain"`  // of the padded, salted plaintext
	Sealed Digest `json:"sealed"` // of the age file
	Size   uint64 `json:"size"`   // of the age file, bytes
}

// ID returns the note's name.
func (h *Header) ID() ID { return ID{h.Origin, h.Index} }

// Party returns the author's code.
func (h *Header) Party() string { return h.ID().Party() }

// Part returns the named part.
func (h *Header) Part(name string) (Part, bool) {
	for _, p := range h.Parts {
		if p.Name == name {
			return p, true
		}
	}
	return Part{}, false
}

// For reports whether party is in the audience.
func (h *Header) For(party string) bool {
	_, ok := slices.BinarySearch(h.Audience, party)
	return ok
}

// SeenSize returns how much of the feed called origin the author held.
func (h *Header) SeenSize(origin string) uint64 {
	i, ok := slices.BinarySearchFunc(h.Seen, origin, func(s Head, o string) int { return strings.Compare(s.Origin, o) })
	if !ok {
		return 0
	}
	return h.Seen[i].Size
}

// When returns the claimed time.
func (h *Header) When() time.Time {
	t, _ := parseTime(h.Time)
	return t
}

// Parse reads a log entry. The error says which rule it breaks.
func Parse(entry []byte) (Header, error) {
	if len(entry) > MaxHeader {
		return Header{}, fmt.Errorf("a header has %d bytes; the limit is %d", len(entry), MaxHeader)
	}
	h, err := readHeader(entry)
	if err != nil {
		return Header{}, fmt.Errorf("header: %w", err)
	}
	if err := h.check(); err != nil {
		return Header{}, fmt.Errorf("header: %w", err)
	}
	return h, nil
}

// Encode returns the exact bytes of the log entry.
func (h *Header) Encode() ([]byte, error) {
	if err := h.check(); err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	out := *h
	if out.Seen == nil {
		out.Seen = []Head{}
	}
	b, err := jcs.Marshal(&out)
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	if len(b) > MaxHeader {
		return nil, fmt.Errorf("the header would have %d bytes; the limit is %d", len(b), MaxHeader)
	}
	return b, nil
}

func (h *Header) check() error {
	party, channel, _, err := ParseOrigin(h.Origin)
	if err != nil {
		return err
	}
	switch {
	case h.Version != Version:
		return fmt.Errorf("version %d is not one this program knows; it knows version %d", h.Version, Version)
	case h.Charter.IsZero():
		return errors.New("charter: no digest")
	case h.Index > jcs.MaxInteger:
		return fmt.Errorf("index %d is beyond 2^53-1", h.Index)
	case !slices.Contains(Precedences, h.Precedence):
		return fmt.Errorf("precedence %.20q is none of %s", h.Precedence, strings.Join(Precedences, ", "))
	}
	if t, ok := parseTime(h.Time); !ok || t.Year() < 1970 || t.Year() > 9998 {
		return fmt.Errorf("time %.40q is not of the form %s", h.Time, TimeLayout)
	}
	if err := checkAudience(h.Audience, party); err != nil {
		return err
	}
	if err := checkParts(h.Parts); err != nil {
		return err
	}
	return checkSeen(h.Seen, h.Origin, channel)
}

func checkAudience(audience []string, author string) error {
	if len(audience) == 0 || len(audience) > MaxAudience {
		return fmt.Errorf("audience has %d parties; want 1 to %d", len(audience), MaxAudience)
	}
	for i, p := range audience {
		if err := CheckParty(p); err != nil {
			return fmt.Errorf("audience: %w", err)
		}
		if i > 0 && audience[i-1] >= p {
			return fmt.Errorf("audience is not sorted, or names a party twice, at %s", p)
		}
	}
	if !slices.Contains(audience, author) {
		return fmt.Errorf("audience does not hold the author, %s: the author must be able to open the note", author)
	}
	return nil
}

// checkParts wants the move first, so that a reader knows where to look, then
// the content, then the attachments in the order of their numbers.
func checkParts(parts []Part) error {
	if len(parts) == 0 || len(parts) > 2+MaxAttachments {
		return fmt.Errorf("there are %d parts; want 1 to %d", len(parts), 2+MaxAttachments)
	}
	attachments := 0
	for i, p := range parts {
		limit := uint64(MaxAttachment)
		switch {
		case i == 0 && p.Name == PartMove:
			limit = MaxMove
		case i == 1 && p.Name == PartContent:
			limit = MaxContent
		case i > 1 && p.Name == PartAttachment+strconv.Itoa(attachments+1):
			attachments++
		default:
			return fmt.Errorf("part %d is %.40q; want move, content, attachment/1 and on, in this order", i, p.Name)
		}
		if p.Plain.IsZero() || p.Sealed.IsZero() {
			return fmt.Errorf("part %s: no digest", p.Name)
		}
		if p.Size == 0 || p.Size > SealedLimit(limit) {
			return fmt.Errorf("part %s: %d bytes; the limit is %d", p.Name, p.Size, SealedLimit(limit))
		}
	}
	return nil
}

// SealedLimit returns the greatest size of the age file of a plaintext of at
// most plain bytes: padding at most doubles it, the header of a full audience
// has MaxAudience stanzas of about 1.7 kB, and STREAM adds 16 bytes per 64 KiB.
func SealedLimit(plain uint64) uint64 {
	padded := PaddedSize(plain + SaltSize)
	return padded + MaxAudience*1700 + 1024 + 16*(padded/(64<<10)+1)
}

func checkSeen(seen []Head, own string, channel Digest) error {
	if len(seen) > MaxSeen {
		return fmt.Errorf("seen names %d feeds; the limit is %d", len(seen), MaxSeen)
	}
	for i, s := range seen {
		_, c, _, err := ParseOrigin(s.Origin)
		switch {
		case err != nil:
			return fmt.Errorf("seen: %w", err)
		case c != channel:
			return fmt.Errorf("seen: %s is a feed of another channel", s.Origin)
		case s.Origin == own:
			return errors.New("seen: a feed does not see itself")
		case i > 0 && seen[i-1].Origin >= s.Origin:
			return fmt.Errorf("seen is not sorted, or names a feed twice, at %s", s.Origin)
		case s.Size == 0 || s.Size > jcs.MaxInteger:
			return fmt.Errorf("seen: %s has size %d; an empty feed is left out", s.Origin, s.Size)
		}
	}
	return nil
}
