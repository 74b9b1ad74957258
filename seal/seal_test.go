package seal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"detente/note"
)

func newIdentity(t testing.TB) *Identity {
	t.Helper()
	id, err := GenerateIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func recipients(ids ...*Identity) (r []string) {
	for _, id := range ids {
		r = append(r, id.Recipient())
	}
	return r
}

// clock is a time that the test moves.
type clock struct{ t time.Time }

func (c *clock) now() time.Time { return c.t }

func newClock() *clock { return &clock{time.Date(2024, 1, 19, 10, 31, 0, 0, time.UTC)} }

// stock opens sealed as the age tool does.
func stock(sealed []byte, id *Identity) ([]byte, error) {
	r, err := age.Decrypt(bytes.NewReader(sealed), id.age)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// wantDamaged wants err to be a *Damaged whose reason contains says.
func wantDamaged(t *testing.T, name string, err error, says string) {
	t.Helper()
	var d *Damaged
	if !errors.As(err, &d) || !strings.Contains(d.Reason, says) {
		t.Errorf("%s: error %v; want damage that says %q", name, err, says)
	}
}

func TestIdentity(t *testing.T) {
	id := newIdentity(t)
	again, err := ParseIdentity(id.String())
	if err != nil || again.String() != id.String() || again.Recipient() != id.Recipient() {
		t.Fatalf("ParseIdentity: %v", err)
	}
	if !strings.HasPrefix(id.String(), "AGE-SECRET-KEY-PQ-1") || !strings.HasPrefix(id.Recipient(), "age1pq1") || len(id.Recipient()) != 1959 {
		t.Errorf("%.20s…, %.20s… of %d characters", id, id.Recipient(), len(id.Recipient()))
	}
	if err := ValidRecipient(id.Recipient()); err != nil {
		t.Error(err)
	}
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	r, s := id.Recipient(), id.String()
	for name, bad := range map[string]string{
		"empty":      "",
		"classic":    classic.Recipient().String(),
		"private":    s,
		"upper case": strings.ToUpper(r),
		"cut":        r[:len(r)-1],
		"mistyped":   r[:100] + swap(r[100]) + r[101:],
		"newline":    r + "\n",
		"long":       r + strings.Repeat("q", 1<<20),
		"no letters": "age1pq1",
	} {
		if err := ValidRecipient(bad); err == nil || len(err.Error()) > 300 {
			t.Errorf("recipient, %s: %v", name, err)
		}
	}
	for name, bad := range map[string]string{
		"empty":      "",
		"classic":    classic.String(),
		"public":     r,
		"lower case": strings.ToLower(s),
		"cut":        s[:len(s)-1],
		"mistyped":   s[:40] + strings.ToUpper(swap(s[40])) + s[41:],
		"long":       s + strings.Repeat("Q", 1<<20),
	} {
		_, err := ParseIdentity(bad)
		if err == nil || len(bad) > 25 && strings.Contains(err.Error(), bad[20:25]) {
			t.Errorf("identity, %s: %v", name, err)
		}
	}
}

// swap returns another letter of Bech32.
func swap(c byte) string {
	if c == 'q' || c == 'Q' {
		return "p"
	}
	return "q"
}

// The limits that other packages and the documents count on.
func TestLimits(t *testing.T) {
	if MaxRecipients != note.MaxAudience {
		t.Errorf("MaxRecipients is %d; a note has an audience of at most %d", MaxRecipients, note.MaxAudience)
	}
	if KeepPayloads > 64 || KeepFor > time.Minute {
		t.Errorf("a file key is kept for %d payloads and %s", KeepPayloads, KeepFor)
	}
	everyone := make([]string, MaxRecipients)
	for i := range everyone {
		everyone[i] = newIdentity(t).Recipient()
	}
	for _, n := range []uint64{512, note.MaxMove, note.MaxContent} {
		sealed, err := NewSealer(newClock().now).Seal(everyone, make([]byte, note.PaddedSize(n)))
		if err != nil || uint64(len(sealed)) > note.SealedLimit(n) {
			t.Errorf("%d bytes to %d recipients are %d sealed, %v; note.SealedLimit is %d", n, MaxRecipients, len(sealed), err, note.SealedLimit(n))
		}
	}
}
