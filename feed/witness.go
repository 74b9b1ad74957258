package feed

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"filippo.io/mldsa"

	"detente/note"
)

// Witnesses, c2sp.org/tlog-witness. The body of add-checkpoint is
//
//	old 20852014
//	<base64 of a hash of the consistency proof>…
//	<empty line>
//	<signed checkpoint>
//
// ParseSubmission reads it, Open checks whose it is, Follow whether it may be
// cosigned. None of them knows a network; a *Refusal carries the status that
// the answer has.

// Limits on a submission. "The client MUST NOT send more than 63 consistency
// proof lines."
const (
	MaxSubmission = MaxCheckpoint + 4<<10 // bytes
	maxSubmitted  = 63
)

// The statuses of add-checkpoint that are no success.
const (
	StatusBadRequest    = 400 // the body does not read, or its old size is beyond its checkpoint
	StatusForbidden     = 403 // no valid signature by a trusted key
	StatusNotFound      = 404 // an unknown origin
	StatusConflict      = 409 // the old size is not the last that was cosigned; the body says which is
	StatusUnprocessable = 422 // the proof does not verify, or the trees contradict each other
)

// A Refusal says why a witness does not cosign.
type Refusal struct {
	Status int
	Size   uint64 // with StatusConflict: of the latest checkpoint that was cosigned
	Why    error
}

func (e *Refusal) Error() string {
	return fmt.Sprintf("%v; nothing was cosigned", e.Why)
}

func (e *Refusal) Unwrap() error { return e.Why }

func refuse(status int, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Why: fmt.Errorf(format, args...)}
}

// A Submission is a checkpoint that is to be cosigned. Its Head may be one that
// checks refuse: size 0 with a root that is not that of the empty tree.
type Submission struct {
	Old   uint64
	Proof []note.Digest // from Old to Head
	Head  note.Head

	text  []byte
	lines []sigLine
}

// ParseSubmission reads the body of add-checkpoint. It checks the form only;
// its errors are a *Refusal with StatusBadRequest.
func ParseSubmission(body []byte) (*Submission, error) {
	if len(body) > MaxSubmission {
		return nil, refuse(StatusBadRequest, "a submission has %d bytes; the limit is %d", len(body), MaxSubmission)
	}
	line, rest, ended := bytes.Cut(body, []byte{'\n'})
	number, named := bytes.CutPrefix(line, []byte("old "))
	s := &Submission{}
	var err error
	s.Old, err = strconv.ParseUint(string(number), 10, 64)
	// "an ASCII decimal with no leading zeroes"
	if !ended || !named || err != nil || strconv.FormatUint(s.Old, 10) != string(number) {
		return nil, refuse(StatusBadRequest, "its first line is not \"old SIZE\", the size in decimal without leading zeros")
	}
	for n := 1; ; n++ {
		line, rest, ended = bytes.Cut(rest, []byte{'\n'})
		if !ended {
			return nil, refuse(StatusBadRequest, "it ends before its checkpoint")
		}
		if len(line) == 0 {
			break
		}
		if n > maxSubmitted {
			return nil, refuse(StatusBadRequest, "its proof has more than %d hashes", maxSubmitted)
		}
		raw, err := strict.DecodeString(string(line))
		if err != nil || len(raw) != len(note.Digest{}) || bytes.IndexByte(line, '\r') >= 0 {
			return nil, refuse(StatusBadRequest, "hash %d of its proof is not base64 of 32 bytes", n)
		}
		s.Proof = append(s.Proof, note.Digest(raw))
	}
	if s.text, s.lines, err = openSigned(rest, MaxCheckpoint, MaxCheckpointLines); err == nil {
		s.Head, err = readHeadText(s.text)
	}
	if err != nil {
		return nil, refuse(StatusBadRequest, "checkpoint: %w", err)
	}
	return s, nil
}

// Open checks the author's signatures, both of which must be there, and
// returns the checkpoint with these two lines alone: "it MUST ignore
// signatures from unknown keys". Its error is a *Refusal with StatusForbidden.
func (s *Submission) Open(pub Public) (signed []byte, err error) {
	if err := verifyHead(s.Head, s.text, s.lines, pub); err != nil {
		return nil, refuse(StatusForbidden, "checkpoint of %s at %d: %w", s.Head.Origin, s.Head.Size, err)
	}
	signed = append(bytes.Clone(s.text), '\n')
	for _, id := range []uint32{pub.ed25519ID(s.Head.Origin, typeEd25519), pub.mldsaID(s.Head.Origin)} {
		for _, l := range s.lines {
			if l.name == s.Head.Origin && l.id == id {
				signed = appendLine(signed, l.name, l.id, l.sig)
			}
		}
	}
	return signed, nil
}

// Follow checks that the checkpoint continues the last one that was cosigned,
// which is the zero Head if there was none. Its errors are a *Refusal with
// StatusBadRequest, StatusConflict or StatusUnprocessable, looked for in this
// order.
func (s *Submission) Follow(last note.Head) error {
	h := s.Head
	switch {
	case s.Old > h.Size:
		return refuse(StatusBadRequest, "the old size %d is beyond the checkpoint, at %d", s.Old, h.Size)
	case s.Old != last.Size:
		// "the size of the latest checkpoint it cosigned for the checkpoint's
		// origin (or zero if it never cosigned a checkpoint for that origin)"
		r := refuse(StatusConflict, "the latest checkpoint of %s that was cosigned is at %d, not at %d", h.Origin, last.Size, s.Old)
		r.Size = last.Size
		return r
	case h.Size == 0 && h.Root != note.Sum(nil):
		return refuse(StatusUnprocessable, "size 0 with a root that is not that of the empty tree")
	case s.Old == h.Size && s.Old > 0 && h.Root != last.Root:
		return refuse(StatusUnprocessable, "%s at %d was cosigned with the root %s; this checkpoint has another", h.Origin, h.Size, last.Root)
	case s.Old == 0:
		last = note.Head{Origin: h.Origin, Root: note.Sum(nil)} // "The proof MUST be empty if the old size is zero"
	}
	if err := CheckConsistency(last, h, s.Proof); err != nil {
		return refuse(StatusUnprocessable, "%w", err)
	}
	return nil
}

// FormatSubmission writes the body of add-checkpoint.
func FormatSubmission(old uint64, proof []note.Digest, signed []byte) []byte {
	b := fmt.Appendf(nil, "old %d\n", old)
	for _, d := range proof {
		b = base64.StdEncoding.AppendEncode(b, d[:])
		b = append(b, '\n')
	}
	b = append(b, '\n')
	return append(b, signed...)
}

// An Outside is a witness that is no party of a channel: its key name, and its
// key, of which it may have one algorithm only.
type Outside struct {
	Name   string
	Public Public
}

// ParseOutside reads the verifier keys of a witness: types 0x04 and 0x06, at
// least one and each at most once, all of one name.
func ParseOutside(vkeys ...string) (Outside, error) {
	var w Outside
	for _, s := range vkeys {
		name, typ, key, err := parseVKey(s)
		at, size := &w.Public.Ed25519, ed25519.PublicKeySize
		if typ == typeMLDSA44 {
			at, size = &w.Public.MLDSA44, mldsa.MLDSA44PublicKeySize
		}
		switch {
		case err != nil:
			return Outside{}, err
		case typ != typeEd25519C && typ != typeMLDSA44 || len(key) != size:
			return Outside{}, fmt.Errorf("the verifier key of %s is not of a cosigner: want type 0x04 or 0x06", name)
		case *at != nil || w.Name != "" && w.Name != name:
			return Outside{}, fmt.Errorf("the verifier keys are not of one witness: want at most one of type 0x04 and one of 0x06, of one name, which is %s", w.Name)
		}
		w.Name, *at = name, key
	}
	if w.Name == "" {
		return Outside{}, errors.New("want the verifier keys of the witness")
	}
	return w, nil
}

// Open checks what the witness answered over h and returns the lines by its
// keys, and the time of the earliest. Each of its keys must have signed; lines
// by others are ignored.
func (w Outside) Open(answer []byte, h note.Head) (lines []byte, at time.Time, err error) {
	if len(answer) > MaxCheckpoint {
		return nil, at, fmt.Errorf("the answer of %s has %d bytes; the limit is %d", w.Name, len(answer), MaxCheckpoint)
	}
	parsed, err := parseLines(answer, MaxCheckpointLines)
	if err == nil {
		err = checkCosigned(w.Name, h)
	}
	if err == nil && w.Public.Ed25519 != nil {
		lines, at, err = w.line(lines, at, parsed, w.Public.ed25519ID(w.Name, typeEd25519C), algEd25519, h)
	}
	if err == nil && w.Public.MLDSA44 != nil {
		lines, at, err = w.line(lines, at, parsed, w.Public.mldsaID(w.Name), algMLDSA44, h)
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("the answer of %s on %s at %d: %w", w.Name, h.Origin, h.Size, err)
	}
	return lines, at, nil
}

func (w Outside) line(lines []byte, at time.Time, parsed []sigLine, id uint32, algorithm string, h note.Head) ([]byte, time.Time, error) {
	sig, err := pick(parsed, w.Name, id, algorithm)
	if err != nil {
		return nil, at, err
	}
	seconds, raw, err := cutTime(w.Name, sig)
	switch {
	case err != nil:
	case algorithm == algEd25519:
		err = w.Public.verifyEd25519(w.Name, cosigned(h, seconds), raw)
	default:
		_, err = w.Public.verifySubtree(w.Name, h, sig)
	}
	if t := time.Unix(int64(seconds), 0).UTC(); at.IsZero() || t.Before(at) {
		at = t
	}
	return appendLine(lines, w.Name, id, sig), at, err
}
