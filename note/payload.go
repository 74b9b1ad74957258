package note

import (
	"bytes"
	"errors"
	"fmt"
	"mime"
	"strings"
	"unicode"

	"detente/internal/jcs"
)

// A Move is what the register folds. Which fields an act has, and of which
// kind, is the business of package matter.
type Move struct {
	Act     string         `json:"act"`              // "incident/report"
	Fields  map[string]any `json:"fields,omitempty"` // strings, whole numbers (int64), booleans, lists and objects of these
	Matter  *ID            `json:"matter,omitempty"` // absent: the note opens a matter, and the matter is named by the note
	Office  string         `json:"office"`           // code of the office that speaks
	Salt    string         `json:"salt"`             // 32 hexadecimal digits
	Version int            `json:"version"`
}

// ParseMove reads the plaintext of a move, padding included.
func ParseMove(plain []byte) (*Move, error) {
	b, err := Unpad(plain, MaxMove)
	if err != nil {
		return nil, fmt.Errorf("move: %w", err)
	}
	m, err := readMove(b)
	if err != nil {
		return nil, fmt.Errorf("move: %w", err)
	}
	if err := m.check(); err != nil {
		return nil, err
	}
	return m, nil
}

// Encode returns the padded plaintext, ready to be sealed. It reads back what
// it has written: Fields can hold values that JSON has no one spelling for (a
// fraction, null, bytes that are not UTF-8), and no reader would take them.
func (m *Move) Encode() ([]byte, error) {
	plain, err := encode(m, MaxMove, "move")
	if err != nil {
		return nil, err
	}
	if _, err := ParseMove(plain); err != nil {
		return nil, fmt.Errorf("not written, since no reader would accept it: %w", err)
	}
	return plain, nil
}

func (m *Move) check() error {
	switch {
	case m.Version != Version:
		return fmt.Errorf("move: version %d is not one this program knows; it knows version %d", m.Version, Version)
	case !isAct(m.Act):
		return fmt.Errorf("move: %.60q is not the name of an act: want KIND/ACT", m.Act)
	}
	if err := CheckOffice(m.Office); err != nil {
		return fmt.Errorf("move: %w", err)
	}
	return checkSalt("move", m.Salt)
}

// Content is the erasable part: the words.
type Content struct {
	Attachments []Attachment       `json:"attachments,omitempty"`
	Authentic   []string           `json:"authentic"`       // languages whose text is authentic; the others are translations
	Basis       *Basis             `json:"basis,omitempty"` // exercises only: what a reconstruction rests on
	Quotes      []Quote            `json:"quotes,omitempty"`
	Salt        string             `json:"salt"`
	Texts       map[string]Wording `json:"texts"` // by slot: "account", "subject", "point/1"
	Version     int                `json:"version"`
}

// A Wording is one text per language, by BCP 47 tag.
type Wording map[string]string

// An Attachment describes the sealed part "attachment/N", N its place here
// from 1.
type Attachment struct {
	Name   string `json:"name"`
	SHA256 Digest `json:"sha256"` // of the bytes themselves
	Size   uint64 `json:"size"`
	Type   string `json:"type"` // media type
}

// A Quote is somebody's words, as a source gives them.
type Quote struct {
	Source  string `json:"source"`
	Speaker string `json:"speaker"`
	Words   string `json:"words"`
}

// Basis says of a note in an exercise whether its substance was reported by a
// press source, and where, or invented because the machinery needs the step.
type Basis struct {
	Line string `json:"line"`
	Mark string `json:"mark"` // reported or invented
}

// ParseContent reads the plaintext of a content, padding included.
func ParseContent(plain []byte) (*Content, error) {
	b, err := Unpad(plain, MaxContent)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	c, err := readContent(b)
	if err != nil {
		return nil, fmt.Errorf("content: %w", err)
	}
	if err := c.check(); err != nil {
		return nil, err
	}
	return c, nil
}

// Encode returns the padded plaintext, ready to be sealed. Like Move.Encode it
// reads back what it has written.
func (c *Content) Encode() ([]byte, error) {
	out := *c
	if out.Texts == nil {
		out.Texts = map[string]Wording{}
	}
	plain, err := encode(&out, MaxContent, "content")
	if err != nil {
		return nil, err
	}
	if _, err := ParseContent(plain); err != nil {
		return nil, fmt.Errorf("not written, since no reader would accept it: %w", err)
	}
	return plain, nil
}

func (c *Content) check() error {
	if c.Version != Version {
		return fmt.Errorf("content: version %d is not one this program knows; it knows version %d", c.Version, Version)
	}
	if len(c.Authentic) == 0 {
		return errors.New("content: authentic must name at least one language")
	}
	for i, lang := range c.Authentic {
		if !isLanguage(lang) {
			return fmt.Errorf("content: authentic: %.20q is not a language tag", lang)
		}
		if i > 0 && c.Authentic[i-1] >= lang {
			return fmt.Errorf("content: authentic is not sorted, or names a language twice, at %s", lang)
		}
	}
	for slot, w := range c.Texts {
		if !isSlot(slot) || len(w) == 0 {
			return fmt.Errorf("content: %.40q is not a text's name, or has no text", slot)
		}
		for lang := range w {
			if !isLanguage(lang) {
				return fmt.Errorf("content: text %s: %.20q is not a language tag", slot, lang)
			}
		}
	}
	if len(c.Attachments) > MaxAttachments {
		return fmt.Errorf("content: %d attachments; the limit is %d", len(c.Attachments), MaxAttachments)
	}
	for i, a := range c.Attachments {
		if err := a.check(); err != nil {
			return fmt.Errorf("content: attachment %d: %w", i+1, err)
		}
	}
	if c.Basis != nil && c.Basis.Mark != "reported" && c.Basis.Mark != "invented" {
		return fmt.Errorf("content: basis %.20q is neither reported nor invented", c.Basis.Mark)
	}
	return checkSalt("content", c.Salt)
}

func (a Attachment) check() error {
	if a.Name == "" || len(a.Name) > 255 || strings.ContainsAny(a.Name, `/\`) || strings.ContainsFunc(a.Name, unicode.IsControl) || a.Name == "." || a.Name == ".." {
		return fmt.Errorf("%.40q is not a file's name", a.Name)
	}
	if kind, _, err := mime.ParseMediaType(a.Type); err != nil || !strings.Contains(kind, "/") {
		return fmt.Errorf("%.40q is not a media type", a.Type)
	}
	if a.Size > MaxAttachment {
		return fmt.Errorf("%d bytes; the limit is %d", a.Size, MaxAttachment)
	}
	return nil
}

func encode(v any, limit int, what string) ([]byte, error) {
	b, err := jcs.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", what, err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("%s: %d bytes; the limit is %d", what, len(b), limit)
	}
	return Pad(b), nil
}

// Pad appends spaces up to the size bucket, so that the size of a sealed
// payload tells little about it, and the opened plaintext is still JSON.
func Pad(json []byte) []byte {
	out := make([]byte, PaddedSize(uint64(len(json))))
	n := copy(out, json)
	for i := n; i < len(out); i++ {
		out[i] = ' '
	}
	return out
}

// PaddedSize returns the bucket for n bytes: the powers of two from 512, and
// the three equal steps between each two of them from 4,096 on, so that at
// most a fifth is padding there. Sizes beyond 2^62 are not padded.
func PaddedSize(n uint64) uint64 {
	if n > 1<<62 {
		return n
	}
	for size := uint64(512); ; size *= 2 {
		if size >= 4096 {
			for step := size; step < 2*size; step += size / 4 {
				if n <= step {
					return step
				}
			}
		} else if n <= size {
			return size
		}
	}
}

// Unpad takes the padding off again. It refuses a plaintext that Pad would
// not have written.
func Unpad(plain []byte, limit int) ([]byte, error) {
	b := bytes.TrimRight(plain, " ")
	if len(b) > limit {
		return nil, fmt.Errorf("%d bytes; the limit is %d", len(b), limit)
	}
	if uint64(len(plain)) != PaddedSize(uint64(len(b))) {
		return nil, fmt.Errorf("%d bytes are padded to %d; want %d", len(b), len(plain), PaddedSize(uint64(len(b))))
	}
	return b, nil
}
