package seal

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"

	"filippo.io/age"
	"filippo.io/age/armor"
)

const passphrase = "correct horse battery staple"

// cheap is a work that a test can afford.
const cheap = 5

func TestLockTakesWork(t *testing.T) {
	locked, err := Lock([]byte("secret"), passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if raw := dearmor(t, locked); !bytes.Contains(raw, []byte(" 18\n")) {
		t.Errorf("the work of guessing is not 2^18: %.100q", raw)
	}
}

func TestLock(t *testing.T) {
	plain := []byte(newIdentity(t).String() + "\n")
	locked, err := lock(plain, passphrase, cheap)
	if err != nil || !IsLocked(locked) || IsLocked(plain) {
		t.Fatalf("lock = %.40q, %v", locked, err)
	}
	got, err := Unlock(locked, passphrase)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Unlock = %q, %v", got, err)
	}
	id, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		t.Fatal(err)
	}
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(locked)), id)
	if err != nil {
		t.Fatalf("stock age: %v", err)
	}
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("stock age: %q, %v", got, err)
	}
}

func dearmor(t *testing.T, locked []byte) []byte {
	t.Helper()
	raw, err := io.ReadAll(armor.NewReader(bytes.NewReader(locked)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func enarmor(t *testing.T, raw []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := armor.NewWriter(&out)
	if _, err := w.Write(raw); err != nil || w.Close() != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestUnlockRefusals(t *testing.T) {
	locked, err := lock([]byte("secret"), passphrase, cheap)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Unlock(locked, passphrase); err != nil || string(got) != "secret" {
		t.Fatalf("Unlock = %q, %v", got, err)
	}
	if _, err := Unlock(locked, passphrase+" "); !errors.Is(err, ErrPassphrase) {
		t.Errorf("wrong passphrase: %v", err)
	}
	raw := dearmor(t, locked)
	flipped := bytes.Clone(raw)
	flipped[len(flipped)-1] ^= 1
	for name, c := range map[string]struct {
		locked []byte
		pass   string
		says   string
	}{
		"no passphrase":   {locked, "", "empty"},
		"not locked":      {[]byte(newIdentity(t).String()), passphrase, "not a locked key"},
		"not armored":     {raw, passphrase, "not a locked key"},
		"empty":           {nil, passphrase, "not a locked key"},
		"cut":             {locked[:len(locked)-50], passphrase, "unlock"},
		"changed":         {enarmor(t, flipped), passphrase, "unlock"},
		"work of 2^21":    {enarmor(t, bytes.Replace(raw, []byte(" 5\n"), []byte(" 21\n"), 1)), passphrase, "too large"},
		"1 MiB and more":  {append(locked, make([]byte, maxLocked)...), passphrase, "limit"},
		"something after": {append(bytes.Clone(locked), 'x'), passphrase, "unlock"},
	} {
		got, err := Unlock(c.locked, c.pass)
		if err == nil || got != nil || errors.Is(err, ErrPassphrase) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: Unlock = %q, %v", name, got, err)
		}
	}
	if _, err := Lock([]byte("x"), ""); err == nil {
		t.Error("locked with no passphrase")
	}
}
