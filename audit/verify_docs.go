package audit

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"detente/charter"
	"detente/feed"
	"detente/internal/store"
	"detente/note"
)

func compareStrings(a, b string) int { return strings.Compare(a, b) }

func sortedIDs(m map[note.Digest]*charter.Channel) []note.Digest {
	return slices.SortedFunc(maps.Keys(m), func(a, b note.Digest) int { return bytes.Compare(a[:], b[:]) })
}

// AcceptedKey is the key under which a ledger says when a closing was accepted,
// by the node at once or by a person. Until then the closing waits, and the
// feed stands as if there were none.
func AcceptedKey(closing note.Digest) string { return "accept/" + closing.String() }

const fetchAgain = "ask any party of the channel for it and add it again"

// documents verifies every signed text and builds the channels that have
// feeds or charters in the ledger.
func (v *verifier) documents(rows []store.FeedRow) map[note.Digest]*charter.Channel {
	channels := map[note.Digest]*charter.Channel{}
	var rest []store.Doc
	for _, kind := range []string{charter.KindCharter, charter.KindCredence, charter.KindClosing} {
		docs, err := v.Store.Docs(kind)
		if err != nil {
			v.failed("the documents", err)
			continue
		}
		for _, d := range docs {
			v.count(func(r *Report) { r.Documents++ })
			s, err := checkDoc(d)
			if err != nil {
				v.find(docName(d), err.Error(), fetchAgain)
				continue
			}
			if accepted, err := v.Store.Meta(AcceptedKey(d.Digest)); d.Kind == charter.KindClosing && (err != nil || accepted == "") {
				if err != nil {
					v.failed(docName(d), err)
				}
				v.count(func(r *Report) { r.Pending++ })
				continue
			}
			switch {
			case s == nil || s.Charter.Amends != nil:
				rest = append(rest, d)
			case s.InForce():
				ch, err := charter.NewChannel(s)
				if err != nil {
					v.find(docName(d), err.Error(), fetchAgain)
					continue
				}
				channels[ch.ID()] = ch
			default:
				v.unsigned(d, s, rows)
			}
		}
	}
	v.addDocuments(channels, rest)
	return channels
}

// unsigned tells a charter that is still being signed from one that has lost
// a signature: the feeds of a channel begin when it is in force.
func (v *verifier) unsigned(d store.Doc, s *charter.Signed, rows []store.FeedRow) {
	for _, row := range rows {
		if _, id, _, err := note.ParseOrigin(row.Origin); err == nil && id == s.Digest {
			v.find(docName(d), "the channel has feeds, but its charter lacks the signature of "+strings.Join(s.Missing(), ", "), fetchAgain)
			return
		}
	}
	v.count(func(r *Report) { r.Pending++ })
}

func docName(d store.Doc) string {
	kind := strings.TrimSuffix(strings.TrimPrefix(d.Kind, "detente/"), "/v1")
	return kind + " " + d.Digest.String()
}

// checkDoc verifies a text by itself. It returns the charter, if it is one.
// Every byte counts: a text that was written by this program has no more
// signature lines than it needs, in one order.
func checkDoc(d store.Doc) (*charter.Signed, error) {
	if kind, err := charter.Kind(d.Bytes); err != nil {
		return nil, err
	} else if kind != d.Kind {
		return nil, fmt.Errorf("it is filed as %s, and calls itself %s", d.Kind, kind)
	}
	switch d.Kind {
	case charter.KindCharter:
		s, err := charter.ParseCharter(d.Bytes)
		switch {
		case err != nil:
			return nil, err
		case s.Digest != d.Digest:
			return nil, fmt.Errorf("its text has the digest %s", s.Digest)
		case !bytes.Equal(s.Bytes(), d.Bytes):
			return nil, errors.New("a signature line in it is by nobody whom it names, or out of place")
		}
		return s, nil
	case charter.KindCredence:
		c, err := charter.ParseCredence(d.Bytes)
		if err != nil {
			return nil, err
		}
		if c.Digest() != d.Digest {
			return nil, fmt.Errorf("its text has the digest %s", c.Digest())
		}
		return nil, nil
	}
	// A closing states no key; the charter does. It is verified where it is
	// added to its channel.
	text, _, err := feed.SplitText(d.Bytes)
	if err != nil {
		return nil, err
	}
	if sum := feed.TextDigest(text); sum != d.Digest {
		return nil, fmt.Errorf("its text has the digest %s", sum)
	}
	return nil, nil
}

// addDocuments adds amendments, credences and closings to the channels that
// they are of. A credence may be of many, or of none yet.
func (v *verifier) addDocuments(channels map[note.Digest]*charter.Channel, docs []store.Doc) {
	slices.SortStableFunc(docs, func(a, b store.Doc) int { return cmp.Compare(docRank[a.Kind], docRank[b.Kind]) })
	signed := make([][]byte, len(docs))
	for i, d := range docs {
		signed[i] = d.Bytes
	}
	taken := make([]bool, len(docs))
	why := make([]error, len(docs))
	for _, id := range sortedIDs(channels) {
		for i, err := range channels[id].AddAll(signed...) {
			taken[i] = taken[i] || err == nil
			why[i] = worse(why[i], err)
			if conflict := new(charter.Conflict); errors.As(err, &conflict) {
				taken[i] = true
				v.count(func(r *Report) {
					r.Proofs = append(r.Proofs, strings.Join(conflict.Parties, ", ")+" signed "+conflict.What)
				})
			}
		}
	}
	for i, d := range docs {
		switch {
		case taken[i]:
		case d.Kind == charter.KindClosing && why[i] != nil && isBad(why[i]):
			v.find(docName(d), why[i].Error(), fetchAgain)
		default:
			v.count(func(r *Report) { r.Pending++ })
		}
	}
}

var docRank = map[string]int{charter.KindCharter: 0, charter.KindCredence: 1, charter.KindClosing: 2}

// isBad reports whether a text can never be taken by its own channel.
func isBad(err error) bool {
	var bad *feed.BadSignature
	var missing *feed.MissingSignature
	return errors.As(err, &bad) || errors.As(err, &missing)
}

func worse(a, b error) error {
	if a != nil && isBad(a) {
		return a
	}
	return b
}
