package node

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"detente/internal/store"
	"detente/matter"
	"detente/note"
)

// Kept is content that stays at the node while a note commits to its digest,
// until a later note reveals it. It is in the ledger, boxed like everything
// else that is kept in the clear nowhere; files stay where they are, and the
// content holds their digests.
type Kept struct {
	Attach  []string      `json:"attach,omitempty"` // paths of the files
	Content *note.Content `json:"content"`
}

// NewKept salts a content, lists the files in it, and returns the digest that
// commits to all of it. Without a salt it takes a new one.
func NewKept(c note.Content, attach []string, with string) (*Kept, note.Digest, error) {
	if with == "" {
		with = salt()
	}
	out, err := Salted(c, attach, with)
	if err != nil {
		return nil, note.Digest{}, err
	}
	k := &Kept{attach, out}
	d, err := ContentDigest(out)
	return k, d, err
}

// Salted returns a content as a note will have it, before it is one: with a salt
// that was chosen, and the files that go with it. A draft with these files then
// becomes exactly this, or is refused.
func Salted(c note.Content, attach []string, salt string) (*note.Content, error) {
	c.Salt, c.Version, c.Attachments = salt, note.Version, nil
	for _, path := range attach {
		a, err := describe(path)
		if err != nil {
			return nil, err
		}
		c.Attachments = append(c.Attachments, a)
	}
	return &c, nil
}

// ContentDigest returns the digest that a header names of a content that has its
// salt.
func ContentDigest(c *note.Content) (note.Digest, error) {
	plain, err := c.Encode()
	return note.Sum(plain), err
}

// describe reads a file to what a content says of it.
func describe(path string) (info note.Attachment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return info, &Refused{err.Error(), "name a file that can be read"}
	}
	defer f.Close()
	h := sha256.New()
	size, err := io.Copy(h, io.LimitReader(f, note.MaxAttachment+1))
	if err != nil || size > note.MaxAttachment {
		return info, &Refused{fmt.Sprintf("%s is not a file of at most %d bytes that can be read", path, note.MaxAttachment), ""}
	}
	return note.Attachment{Name: filepath.Base(path), SHA256: note.Digest(h.Sum(nil)), Size: uint64(size), Type: mediaType(path)}, nil
}

func (n *Node) boxKept(k *Kept) (store.Kept, error) {
	d, err := ContentDigest(k.Content)
	if err != nil {
		return store.Kept{}, err
	}
	body, err := json.Marshal(k)
	if err != nil {
		return store.Kept{}, err
	}
	return store.Kept{Digest: d, Body: n.box.Wrap(body, d[:])}, nil
}

// Kept returns the content that was committed to by its digest; nil where it
// is not here.
func (n *Node) Kept(d note.Digest) (*Kept, error) {
	boxed, err := n.store.Kept(d)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	body, err := n.box.Unwrap(boxed, d[:])
	if err != nil {
		return nil, fmt.Errorf("the content that is kept as %s is damaged at this node: %w", d, err)
	}
	k := new(Kept)
	if err := json.Unmarshal(body, k); err != nil {
		return nil, err
	}
	return k, nil
}

// dropKept destroys what was kept for a note that committed to it, and says
// whether there was any.
func (n *Node) dropKept(ctx context.Context, id note.ID) (bool, error) {
	_, channel, _, err := note.ParseOrigin(id.Origin)
	if err != nil {
		return false, err
	}
	var d note.Digest
	err = n.Read(channel, func(s *Snapshot) {
		if e := s.Register.Entry(id); e != nil && e.Move != nil && id.Party() == n.party {
			d, _ = matter.Committed(e.Move)
		}
	})
	if err != nil || d.IsZero() {
		return false, err
	}
	if k, err := n.Kept(d); k == nil || err != nil {
		return false, err
	}
	if err := n.store.Commit(ctx, store.Batch{Unkept: []note.Digest{d}}); err != nil {
		return false, err
	}
	return true, n.store.Flush(ctx)
}
