// Package note defines what the parties say to each other: one typed message,
// a note, in its three layers.
//
//   - The header is the entry of the author's log. It is what the author's
//     checkpoints commit to, and everyone who may see the log sees it.
//   - The move is small, sealed and kept: the act, the matter it is about, and
//     the fields that the register folds.
//   - The content is sealed and can be erased: the words, per language, and
//     the list of attachments. The header keeps the digest of what was there.
//
// Every layer is JSON in the one canonical form of RFC 8785. The header is
// signed as exact bytes: Parse refuses any entry that does not re-encode to
// itself, so two readers cannot read one entry in two ways.
//
// A move or content is padded with spaces to a size bucket before it is
// sealed (see Pad) and carries a random 128-bit salt, so that the digest of
// its plaintext, which stands in the header for all to see, tells nothing
// about short texts. Sealing itself is package seal's.
//
// The package is pure: no clock, no disk, no network, no randomness.
package note

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"detente/internal/jcs"
)

// Limits, in bytes unless said otherwise. C2SP tlog-tiles: an entry's length
// is a uint16, so "entries MUST be at most 65535 bytes".
const (
	MaxHeader      = 65_535
	MaxMove        = 32 << 10 // before padding
	MaxContent     = 1 << 20  // before padding
	MaxAttachment  = 64 << 20
	MaxAttachments = 16  // on one note
	MaxAudience    = 64  // parties
	MaxSeen        = 512 // heads
	MaxEpoch       = 9999
	MaxDepth       = 8 // levels of values in a move's fields
	SaltSize       = 16
)

// A Digest is a SHA-256. As text it is 64 lower-case hexadecimal digits.
type Digest [32]byte

// Sum returns the SHA-256 of b.
func Sum(b []byte) Digest { return sha256.Sum256(b) }

func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// IsZero reports whether d is all zeros, which stands for "none" in memory
// and is never written.
func (d Digest) IsZero() bool { return d == Digest{} }

func (d Digest) MarshalText() ([]byte, error) { return hex.AppendEncode(nil, d[:]), nil }

func (d *Digest) UnmarshalText(b []byte) (err error) {
	*d, err = parseDigest(b)
	return err
}

// ParseDigest reads 64 lower-case hexadecimal digits.
func ParseDigest(s string) (Digest, error) { return parseDigest(s) }

// parseDigest is on the path of every header, eight times over: it copies
// nothing, and looks at each digit once.
func parseDigest[T string | []byte](s T) (d Digest, err error) {
	bad := len(s) != 2*len(d)
	for i := 0; i < len(d) && !bad; i++ {
		high, low := nibble[s[2*i]], nibble[s[2*i+1]]
		d[i] = high<<4 | low
		bad = high > 15 || low > 15
	}
	if bad {
		return Digest{}, fmt.Errorf("%.70q is not a digest: want 64 lower-case hexadecimal digits", s)
	}
	return d, nil
}

// nibble is the value of a lower-case hexadecimal digit, 255 for other bytes.
var nibble = func() (t [256]byte) {
	for i := range t {
		t[i] = 255
	}
	for i, c := range []byte("0123456789abcdef") {
		t[c] = byte(i)
	}
	return t
}()

// A Head is the state of one feed: how many leaves, and the RFC 6962 root
// over them.
type Head struct {
	Origin string `json:"origin"`
	Root   Digest `json:"root"`
	Size   uint64 `json:"size"`
}

// An ID names one note: the feed it is in and its place there. As text it is
// "PAK/<channel>/1#41".
type ID struct {
	Origin string
	Index  uint64
}

func (id ID) String() string { return id.Origin + "#" + strconv.FormatUint(id.Index, 10) }

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id.Origin == "" }

// Party returns the code of the author.
func (id ID) Party() string {
	party, _, _ := strings.Cut(id.Origin, "/")
	return party
}

// Short returns the name that people use: "PAK#41", with the epoch where it
// is not the first, "PAK.2#41".
func (id ID) Short() string {
	party, _, epoch, err := ParseOrigin(id.Origin)
	if err != nil {
		return id.String()
	}
	if epoch != 1 {
		party += "." + strconv.Itoa(epoch)
	}
	return party + "#" + strconv.FormatUint(id.Index, 10)
}

func (id ID) MarshalText() ([]byte, error) {
	b := append(make([]byte, 0, len(id.Origin)+len("#9007199254740991")), id.Origin...)
	return strconv.AppendUint(append(b, '#'), id.Index, 10), nil
}

func (id *ID) UnmarshalText(b []byte) (err error) {
	*id, err = ParseID(string(b))
	return err
}

// ParseID reads "PAK/<channel>/1#41".
func ParseID(s string) (ID, error) {
	origin, index, ok := strings.Cut(s, "#")
	if !ok {
		return ID{}, fmt.Errorf("%.140q is not the name of a note: want ORIGIN#INDEX", s)
	}
	return newID(origin, index)
}

func newID(origin, index string) (ID, error) {
	if _, _, _, err := ParseOrigin(origin); err != nil {
		return ID{}, err
	}
	n, err := parseUint(index)
	if err == nil && n > jcs.MaxInteger {
		err = errors.New("the index is beyond 2^53-1")
	}
	if err != nil {
		return ID{}, fmt.Errorf("%.140q is not the name of a note: %w", origin+"#"+index, err)
	}
	return ID{origin, n}, nil
}

// Origin returns the origin line of a party's feed on a channel: "PAK/<64
// hexadecimal digits>/1". Epochs count from 1.
func Origin(party string, channel Digest, epoch int) string {
	return party + "/" + channel.String() + "/" + strconv.Itoa(epoch)
}

// ParseOrigin takes an origin apart. It refuses any spelling that Origin
// would not write.
func ParseOrigin(s string) (party string, channel Digest, epoch int, err error) {
	bad := func(why string) (string, Digest, int, error) {
		return "", Digest{}, 0, fmt.Errorf("%.140q is not the origin of a feed: %s", s, why)
	}
	party, rest, _ := strings.Cut(s, "/")
	digest, number, ok := strings.Cut(rest, "/")
	if !ok || strings.Contains(number, "/") {
		return bad("want PARTY/CHANNEL/EPOCH")
	}
	if err := CheckParty(party); err != nil {
		return bad(err.Error())
	}
	channel, err = ParseDigest(digest)
	if err != nil {
		return bad("the channel is not a digest")
	}
	n, err := parseUint(number)
	if err != nil || n < 1 || n > MaxEpoch {
		return bad("the epoch is not a number from 1 to 9999")
	}
	return party, channel, int(n), nil
}

// CheckParty reports whether code can name a party: two to twelve of A–Z and
// 0–9, a letter first.
func CheckParty(code string) error {
	if len(code) < 2 || len(code) > 12 || code[0] < 'A' || code[0] > 'Z' {
		return fmt.Errorf("%.20q is not a party's code: want 2 to 12 of A-Z and 0-9, a letter first", code)
	}
	for _, c := range []byte(code) {
		if (c < 'A' || c > 'Z') && (c < '0' || c > '9') {
			return fmt.Errorf("%q is not a party's code: want only A-Z and 0-9", code)
		}
	}
	return nil
}

// CheckOffice reports whether code can name an office: 1 to 40 of a–z, 0–9 and
// hyphens, none of them first.
func CheckOffice(code string) error {
	if !isOffice(code) {
		return fmt.Errorf("%.60q is not the code of an office: want a-z, 0-9 and hyphens, such as consular", code)
	}
	return nil
}

func parseUint(s string) (uint64, error) {
	if s == "" || len(s) > 16 || (len(s) > 1 && s[0] == '0') {
		return 0, errors.New("want a decimal number without leading zeros")
	}
	for _, c := range []byte(s) {
		if c < '0' || c > '9' {
			return 0, errors.New("want a decimal number")
		}
	}
	return strconv.ParseUint(s, 10, 64)
}
