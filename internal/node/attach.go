package node

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"detente/audit"
	"detente/internal/store"
	"detente/note"
)

// An attachment is sealed as a stream: its bytes, zeros up to the size bucket,
// and 16 random bytes at the end that keep the digest of the plaintext from
// being guessed. "head -c SIZE" gives the file back to who opens it with the
// stock tool.

type attached struct {
	part note.Part
	row  store.Part
}

func (n *Node) partPath(d note.Digest) string {
	return filepath.Join(n.cfg.Dir, "parts", d.String())
}

// attach seals files for an audience and lists them in the content.
func (c *channel) attach(ctx context.Context, audience, paths []string, content *note.Content) ([]attached, error) {
	if len(paths) > note.MaxAttachments {
		return nil, &Refused{fmt.Sprintf("%d attachments; at most %d go with one note", len(paths), note.MaxAttachments), "send the rest with another note"}
	}
	recipients, err := c.recipients(audience)
	if err != nil {
		return nil, err
	}
	committed := content.Attachments // those of content that was kept: the files must be the same
	if committed != nil && len(committed) != len(paths) {
		return nil, &Refused{fmt.Sprintf("%d files are given; %d were committed to", len(paths), len(committed)), "give the same files in the same order"}
	}
	content.Attachments = nil
	var out []attached
	for i, path := range paths {
		a, info, err := c.n.sealFile(ctx, recipients, path, note.PartAttachment+strconv.Itoa(i+1))
		if err != nil {
			return nil, err
		}
		if committed != nil {
			if was := committed[i]; was.SHA256 != info.SHA256 {
				return nil, &Refused{fmt.Sprintf("%s is not the file that was committed to as attachment %d, %s of %d bytes", path, i+1, was.Name, was.Size), "put that file back, or name where it is with --attach"}
			}
			info = committed[i]
		}
		out = append(out, a)
		content.Attachments = append(content.Attachments, info)
	}
	return out, nil
}

func (n *Node) sealFile(ctx context.Context, recipients []string, path, name string) (a attached, info note.Attachment, err error) {
	f, err := os.Open(path)
	if err != nil {
		return a, info, &Refused{err.Error(), "name a file that can be read"}
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil || !st.Mode().IsRegular() || st.Size() > note.MaxAttachment {
		return a, info, &Refused{fmt.Sprintf("%s is not a file of at most %d bytes", path, note.MaxAttachment), ""}
	}
	tmp, err := os.CreateTemp(filepath.Join(n.cfg.Dir, "parts"), ".sealing-*")
	if err != nil {
		return a, info, err
	}
	defer os.Remove(tmp.Name())
	defer tmp.Close()
	sealed, plain, own := sha256.New(), sha256.New(), sha256.New()
	count := &counter{w: io.MultiWriter(tmp, sealed)}
	w, err := n.sealer.SealStream(recipients, count)
	if err != nil {
		return a, info, err
	}
	size, err := io.Copy(io.MultiWriter(w, plain, own), f)
	if err != nil {
		return a, info, err
	}
	tail := make([]byte, note.PaddedSize(uint64(size)+note.SaltSize)-uint64(size))
	rand.Read(tail[len(tail)-note.SaltSize:])
	if _, err := io.MultiWriter(w, plain).Write(tail); err != nil {
		return a, info, err
	}
	if err := errors.Join(w.Close(), tmp.Sync()); err != nil {
		return a, info, err
	}
	a.part = note.Part{Name: name, Plain: note.Digest(plain.Sum(nil)), Sealed: note.Digest(sealed.Sum(nil)), Size: count.n}
	a.row = store.Part{Name: name, Digest: a.part.Sealed, Size: count.n, State: store.InFile}
	if err := errors.Join(os.Rename(tmp.Name(), n.partPath(a.part.Sealed)), syncDir(filepath.Join(n.cfg.Dir, "parts"))); err != nil {
		return a, info, err
	}
	return a, note.Attachment{Name: filepath.Base(path), SHA256: note.Digest(own.Sum(nil)), Size: uint64(size), Type: mediaType(path)}, nil
}

func mediaType(path string) string {
	if kind := mime.TypeByExtension(filepath.Ext(path)); kind != "" {
		return kind
	}
	return "application/octet-stream"
}

type counter struct {
	w io.Writer
	n uint64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n += uint64(n)
	return n, err
}

// keepFile stores a whole sealed attachment that came in a pouch.
func (n *Node) keepFile(d note.Digest, sealed []byte) error {
	path := n.partPath(d)
	if err := os.WriteFile(path+".part", sealed, 0o600); err != nil {
		return err
	}
	return n.finishFile(d, path+".part")
}

// hasFile reports whether a sealed attachment is here in a file.
func (n *Node) hasFile(p note.Part) bool {
	st, err := os.Stat(n.partPath(p.Sealed))
	return err == nil && st.Mode().IsRegular() && uint64(st.Size()) == p.Size
}

// finishFile puts a fetched file, whose digest was checked, in its place.
func (n *Node) finishFile(d note.Digest, from string) error {
	path := n.partPath(d)
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	err = errors.Join(f.Sync(), f.Close(), os.Rename(from, path), syncDir(filepath.Dir(path)))
	if rest, _ := filepath.Glob(path + ".*.part"); err == nil {
		for _, r := range rest { // what other peers had begun to send
			err = errors.Join(err, os.Remove(r))
		}
	}
	return err
}

// fetchTimeout bounds what one peer may take for attachments at a time. What
// has come stays, and is resumed.
const fetchTimeout = 10 * time.Minute

// fetch fetches the attachments that are missing, from the peer that wrote
// them or any other addressee, each from where it was left off.
func (p *peer) fetch(ctx context.Context, to Address) {
	c := p.c
	c.mu.RLock()
	var list []missing
	for _, m := range c.missing {
		if isAttachment(m.part.Name) {
			list = append(list, m)
		}
	}
	c.mu.RUnlock()
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	for _, m := range list {
		if err := p.fetchOne(ctx, to, m); err != nil {
			c.n.log.Warn("an attachment has not come yet", "note", m.id.Short(), "part", m.part.Name, "from", p.party, "err", err)
			var answered *Answered
			if !errors.As(err, &answered) {
				return
			}
		}
	}
}

func (p *peer) fetchOne(ctx context.Context, to Address, m missing) error {
	n := p.c.n
	from := n.partPath(m.part.Sealed) + "." + p.party + ".part" // what another sends wrong spoils nothing here
	f, err := os.OpenFile(from, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha256.New()
	at, err := io.Copy(h, f)
	if err != nil {
		return err
	}
	if uint64(at) < m.part.Size {
		body, err := n.cfg.Link.Part(ctx, to, m.part.Sealed, at)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.MultiWriter(f, h), io.LimitReader(body, int64(m.part.Size)-at))
		if err = errors.Join(err, body.Close()); err != nil {
			return err // what has come stays, and is resumed
		}
	}
	if note.Digest(h.Sum(nil)) != m.part.Sealed {
		return errors.Join(&audit.Refused{What: "attachment " + m.part.Sealed.String(), Err: errors.New("the bytes are not those that the header names")}, f.Truncate(0))
	}
	p.c.mu.RLock()
	_, missing := p.c.missing[m.part.Sealed]
	p.c.mu.RUnlock()
	if !missing {
		return nil // another peer was quicker
	}
	if err := n.finishFile(m.part.Sealed, from); err != nil {
		return err
	}
	if err := n.store.Commit(ctx, store.Batch{Parts: []store.Part{{Digest: m.part.Sealed, Size: m.part.Size, Name: m.part.Name, State: store.InFile}}}); err != nil {
		return err
	}
	p.c.mu.Lock()
	delete(p.c.missing, m.part.Sealed)
	p.c.mu.Unlock()
	n.announceChange()
	p.c.wakeAck()
	return nil
}

// Attachment opens an attachment: number counts from 1. The reader checks
// nothing at its end but what sealing itself checks; the digest of the file
// stands in the content.
func (n *Node) Attachment(id note.ID, number int) (io.ReadCloser, note.Attachment, error) {
	content, _, err := n.Content(id)
	if err != nil {
		return nil, note.Attachment{}, err
	}
	if content == nil || number < 1 || number > len(content.Attachments) {
		return nil, note.Attachment{}, fmt.Errorf("%s has no attachment %d that can be read here", id.Short(), number)
	}
	_, h, err := n.Entry(id)
	if err != nil {
		return nil, note.Attachment{}, err
	}
	p, ok := h.Part(note.PartAttachment + strconv.Itoa(number))
	if !ok {
		return nil, note.Attachment{}, fmt.Errorf("%s has no attachment %d", id.Short(), number)
	}
	for _, o := range n.sealOpeners() {
		f, err := os.Open(n.partPath(p.Sealed))
		if err != nil {
			return nil, note.Attachment{}, fmt.Errorf("attachment %d of %s has not come, or was erased: %w", number, id.Short(), err)
		}
		r, err := o.OpenStream(f)
		if err != nil {
			f.Close()
			continue
		}
		return struct {
			io.Reader
			io.Closer
		}{io.LimitReader(r, int64(content.Attachments[number-1].Size)), f}, content.Attachments[number-1], nil
	}
	return nil, note.Attachment{}, fmt.Errorf("attachment %d of %s does not open with the keys of this node", number, id.Short())
}

// Erase destroys content and attachments of a note at this node: their bytes
// are overwritten, and so is what is kept for it until it is revealed. Header,
// move, register, picture and proofs stay whole. It says whether there was
// anything.
func (n *Node) Erase(ctx context.Context, id note.ID) (bool, error) {
	parts, err := n.store.PartsOf(id)
	if err != nil {
		return false, err
	}
	erased := false
	for _, p := range parts {
		if p.Name == note.PartMove || p.State == store.Erased {
			continue
		}
		if err := n.store.SetPart(ctx, store.Part{ID: p.ID, Name: p.Name, Digest: p.Digest, Size: p.Size, State: store.Erased}); err != nil {
			return erased, err
		}
		n.fresh.drop(p.Digest)
		if isAttachment(p.Name) {
			if err := os.Remove(n.partPath(p.Digest)); err != nil && !errors.Is(err, os.ErrNotExist) {
				return erased, err
			}
		}
		for _, c := range n.all() {
			c.mu.Lock()
			delete(c.missing, p.Digest)
			c.mu.Unlock()
		}
		erased = true
	}
	kept, err := n.dropKept(ctx, id)
	if erased = erased || kept; erased {
		n.announceChange()
	}
	return erased, err
}

func cleanParts(dir string) error {
	entries, err := os.ReadDir(filepath.Join(dir, "parts"))
	if err != nil {
		return err
	}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".sealing-") {
			if err := os.Remove(filepath.Join(dir, "parts", e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}
