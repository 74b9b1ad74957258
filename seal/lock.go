package seal

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"filippo.io/age"
	"filippo.io/age/armor"
)

// The work that guessing one passphrase costs, as a power of two. 18 is age's
// own choice: about a second. More than 20 in a file is refused, or a planted
// file could stop a node for an hour.
const (
	lockWork    = 18
	maxLockWork = 20
	maxLocked   = 1 << 20
)

// ErrPassphrase is the error for a wrong passphrase.
var ErrPassphrase = errors.New("the passphrase does not open the key; nothing was changed, try again")

// Lock returns plain, such as an identity key, under a passphrase: an armored
// age file with one scrypt stanza, which "age -d" opens too.
func Lock(plain []byte, pass string) ([]byte, error) { return lock(plain, pass, lockWork) }

func lock(plain []byte, pass string, work int) ([]byte, error) {
	r, err := age.NewScryptRecipient(pass)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	r.SetWorkFactor(work)
	var out bytes.Buffer
	text := armor.NewWriter(&out)
	w, err := age.Encrypt(text, r)
	if err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if _, err := w.Write(plain); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	if err := errors.Join(w.Close(), text.Close()); err != nil {
		return nil, fmt.Errorf("lock: %w", err)
	}
	return out.Bytes(), nil
}

// IsLocked reports whether b is what Lock writes rather than a bare key.
func IsLocked(b []byte) bool { return bytes.HasPrefix(b, []byte(armor.Header)) }

// Unlock returns what Lock was given. The error for a wrong passphrase is
// ErrPassphrase.
func Unlock(locked []byte, pass string) ([]byte, error) {
	if len(locked) > maxLocked {
		return nil, fmt.Errorf("unlock: %d bytes; the limit is %d", len(locked), maxLocked)
	}
	if !IsLocked(locked) {
		return nil, errors.New("unlock: not a locked key: it does not begin with " + armor.Header)
	}
	id, err := age.NewScryptIdentity(pass)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	id.SetMaxWorkFactor(maxLockWork)
	r, err := age.Decrypt(armor.NewReader(bytes.NewReader(locked)), id)
	if errors.Is(err, age.ErrIncorrectIdentity) {
		return nil, ErrPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	plain, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("unlock: %w", err)
	}
	return plain, nil
}
