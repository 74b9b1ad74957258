package node

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

// An OutsideWitness is a C2SP witness that is no party of the channel.
type OutsideWitness struct {
	URL    string       // its submission prefix
	VKeys  []string     // its verifier keys, of types 0x04 and 0x06; each must sign
	Client *http.Client // nil: one that waits 30 seconds
}

// maxOutside is the greatest body that is sent: litewitness takes 10 KiB. Two
// log signatures and 63 hashes fit; cosignatures would not.
const maxOutside = 10 << 10

// AskWitness has an outside witness cosign the newest head of this node's own
// feed on a channel. It keeps the cosignature with those that other witnesses
// gave on the same head, and returns the checkpoint with the new lines.
func (n *Node) AskWitness(ctx context.Context, channel note.Digest, w OutsideWitness) ([]byte, error) {
	keys, err := feed.ParseOutside(w.VKeys...)
	if err != nil {
		return nil, err
	}
	c, err := n.channel(channel)
	if err != nil {
		return nil, err
	}
	c.mu.RLock()
	_, h := c.own()
	head, signed := h.head, h.signed
	c.mu.RUnlock()
	if head.Size == 0 {
		return nil, errors.New("this node's feed is empty; there is nothing to cosign")
	}
	if w.Client == nil {
		w.Client = &http.Client{Timeout: 30 * time.Second}
	}
	// "If a client doesn't have information on the latest cosigned checkpoint,
	// it MAY initially make a request with a old size of zero to obtain it."
	answer, old, err := n.submitTo(ctx, w, 0, head, signed)
	if err == nil && answer == nil {
		answer, old, err = n.submitTo(ctx, w, old, head, signed)
	}
	if err == nil && answer == nil {
		err = fmt.Errorf("it says now that it has cosigned %d: another is submitting the same feed; try again", old)
	}
	if err != nil {
		return nil, fmt.Errorf("witness %s: %w", keys.Name, err)
	}
	lines, _, err := keys.Open(answer, head)
	if err != nil {
		return nil, err
	}
	return bytes.Join([][]byte{signed, lines}, nil), c.keepOutside(ctx, keys.Name, head, signed, lines)
}

// submitTo submits a head. The answer is nil where the witness says that it
// has cosigned another size than old, which is then returned.
func (n *Node) submitTo(ctx context.Context, w OutsideWitness, old uint64, h note.Head, signed []byte) (answer []byte, last uint64, err error) {
	if old > h.Size {
		return nil, 0, fmt.Errorf("it has cosigned %d already, and the ledger holds %d: an old copy of the ledger was restored", old, h.Size)
	}
	proof, err := feed.Consistency(n.store.HashReader(h.Origin), old, h.Size)
	if err != nil {
		return nil, 0, err
	}
	body := feed.FormatSubmission(old, proof, signed)
	if len(body) > maxOutside {
		return nil, 0, fmt.Errorf("the submission has %d bytes; witnesses take %d", len(body), maxOutside)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(w.URL, "/")+"/add-checkpoint", bytes.NewReader(body))
	if err != nil {
		return nil, 0, err
	}
	resp, err := w.Client.Do(req)
	if err != nil {
		return nil, 0, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(io.LimitReader(resp.Body, feed.MaxCheckpoint+1))
	if err != nil {
		return nil, 0, err
	}
	switch resp.StatusCode {
	case http.StatusOK:
		return b, old, nil
	case http.StatusConflict:
		last, err := strconv.ParseUint(strings.TrimSuffix(string(b), "\n"), 10, 64)
		if err != nil || last == old {
			return nil, 0, fmt.Errorf("it answered %s: %.200q", resp.Status, b)
		}
		return nil, last, nil
	}
	return nil, 0, fmt.Errorf("it answered %s: %.200q", resp.Status, b)
}

func outsideKey(origin string) string { return "outside/" + origin }

// keepOutside keeps lines by an outside witness: those on the newest head that
// was submitted, one witness's after the other's.
func (c *channel) keepOutside(ctx context.Context, name string, h note.Head, signed, lines []byte) error {
	c.receiving.Lock()
	defer c.receiving.Unlock()
	kept, err := c.n.store.Meta(outsideKey(h.Origin))
	if err != nil {
		return err
	}
	all := bytes.Clone(signed)
	if before, err := feed.ParseHead([]byte(kept)); err == nil && before.Size > h.Size {
		return nil
	} else if err == nil && before == h {
		all = []byte(kept)
	}
	// A witness that was asked again has new lines in the place of the old.
	all = append(dropLines(all, name), lines...)
	if _, err := feed.ParseHead(all); err != nil {
		return fmt.Errorf("the cosignatures of outside witnesses on one head are too many: %w", err)
	}
	return c.n.store.Commit(ctx, store.Batch{Meta: map[string]string{outsideKey(h.Origin): string(all)}})
}

// outside returns the lines of outside witnesses on a head.
func (n *Node) outside(h note.Head) ([]byte, error) {
	kept, err := n.store.Meta(outsideKey(h.Origin))
	if err != nil {
		return nil, err
	}
	if on, err := feed.ParseHead([]byte(kept)); err != nil || on != h {
		return nil, nil
	}
	return dropLines([]byte(kept), h.Origin)[len(feed.HeadText(h))+1:], nil
}

// dropLines takes the signature lines under a name out of a checkpoint.
func dropLines(signed []byte, name string) []byte {
	var out []byte
	for line := range bytes.Lines(signed) {
		if !bytes.HasPrefix(line, []byte("— "+name+" ")) {
			out = append(out, line...)
		}
	}
	return out
}
