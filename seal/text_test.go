package seal

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

func identity(t testing.TB) *Identity {
	t.Helper()
	id, err := GenerateIdentity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// A text that is sealed to two is opened by both, by nobody else, and by the
// stock library.
func TestText(t *testing.T) {
	a, b, other := identity(t), identity(t), identity(t)
	const words = "a name"
	text, err := SealText([]string{a.Recipient(), b.Recipient()}, []byte(words))
	if err != nil {
		t.Fatal(err)
	}
	if !IsText(text) || strings.Contains(text, words) {
		t.Fatalf("it is not sealed: %s", text)
	}
	for _, id := range []*Identity{a, b} {
		plain, err := id.OpenText(text)
		if err != nil || string(plain) != words {
			t.Errorf("opened: %q, %v", plain, err)
		}
	}
	var none *NotForUs
	if _, err := other.OpenText(text); !errors.As(err, &none) || none.Stanzas != 2 {
		t.Errorf("a stranger: %v; want a *NotForUs of two stanzas", err)
	}
	r, err := age.Decrypt(armor.NewReader(strings.NewReader(text)), b.age)
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := out.ReadFrom(r); err != nil || out.String() != words {
		t.Errorf("age opens %q, %v", out.String(), err)
	}
}

func TestTextRefuses(t *testing.T) {
	id := identity(t)
	if _, err := SealText(nil, []byte("a name")); err == nil {
		t.Error("sealed to nobody")
	}
	if _, err := SealText([]string{id.Recipient()}, make([]byte, MaxText+1)); err == nil {
		t.Error("sealed more than the limit")
	}
	classic, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := SealText([]string{classic.Recipient().String()}, []byte("a name")); err == nil {
		t.Error("sealed to a key that a quantum computer opens")
	}
	weak := func() string {
		var out bytes.Buffer
		a := armor.NewWriter(&out)
		w, err := age.Encrypt(a, classic.Recipient())
		if err == nil {
			_, err = w.Write([]byte("a name"))
		}
		if err = errors.Join(err, w.Close(), a.Close()); err != nil {
			t.Fatal(err)
		}
		return out.String()
	}()
	locked, err := lock([]byte("a name"), "passphrase", 2)
	if err != nil {
		t.Fatal(err)
	}
	whole, err := SealText([]string{id.Recipient()}, []byte("a name"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"plain words": "a name", "nothing": "", "a key without quantum resistance": weak, "a passphrase": string(locked),
		"cut": whole[:len(whole)/2], "an armor around words": armor.Header + "\nYSBuYW1l\n" + armor.Footer + "\n", "words after it": whole + "a name",
		"words before it": "a name\n" + whole,
	} {
		if IsText(text) {
			t.Errorf("%s passes for a sealed text", name)
		}
		if _, err := id.OpenText(text); err == nil {
			t.Errorf("%s opens", name)
		}
	}
}

// The file of an office's key is one that age reads.
func TestMarshalIdentity(t *testing.T) {
	id := identity(t)
	b := MarshalIdentity(id, "office consular")
	list, err := age.ParseIdentities(bytes.NewReader(b))
	if err != nil || len(list) != 1 {
		t.Fatalf("age reads %d identities, %v", len(list), err)
	}
	back, err := UnmarshalIdentity(b)
	if err != nil || back.String() != id.String() {
		t.Errorf("read back: %v", err)
	}
	for _, bad := range []string{"", "# only a comment\n", string(b) + id.String(), id.Recipient(), strings.Repeat("#", 3*maxKeyLength)} {
		if _, err := UnmarshalIdentity([]byte(bad)); err == nil || strings.Contains(err.Error(), "AGE-SECRET-KEY-PQ-1Q") {
			t.Errorf("%.40q: %v", bad, err)
		}
	}
}

// FuzzText wants no text to be opened that does not pass for sealed, and none
// to panic.
func FuzzText(f *testing.F) {
	key, err := os.ReadFile(filepath.Join("testdata", "text.key"))
	if err != nil {
		f.Fatal(err)
	}
	id, err := UnmarshalIdentity(key)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, err := id.OpenText(text)
		if err == nil && !IsText(text) {
			t.Errorf("%d bytes were opened of what is no sealed text", len(plain))
		}
	})
}
