package audittest

import (
	"context"
	"os"
	"path/filepath"

	"detente/internal/store"
	"detente/note"
)

func mkdir(path string) error { return os.MkdirAll(path, 0o700) }

func writeFile(path string, b []byte) error {
	if err := mkdir(filepath.Dir(path)); err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o600)
}

func readFile(path string) ([]byte, error) { return os.ReadFile(path) }

// Story plays a few dozen notes of several kinds between the first two
// parties, with receipts, acks, an attachment, a witness and an erased
// content, and returns the notes.
func (w *World) Story() (ids []note.ID) {
	w.TB.Helper()
	a, b := w.Codes[0], w.Codes[1]
	en := func(name, text string) map[string]note.Wording { return map[string]note.Wording{name: {"en": text}} }
	message := func(text string) Draft {
		return Draft{Act: "message/send", Fields: map[string]any{"form": "note-verbale"}, Texts: map[string]note.Wording{"subject": {"en": text}, "body": {"en": text + " at length"}}}
	}
	send := func(from string, drafts ...Draft) []note.ID {
		out := w.Send(from, drafts...)
		ids = append(ids, out...)
		return out
	}
	first := send(a, message("one"), message("two"), Draft{Act: "line/test", Fields: map[string]any{"use": "exercise"}})
	send(b, Draft{Act: "message/answer", Matter: &first[0], Fields: map[string]any{"grade": "acknowledged"}, Texts: en("body", "seen")})
	ids = append(ids, w.Ack(a), w.Ack(b))
	contact := Draft{Act: "line/contact", Fields: map[string]any{"post": "Taftan", "hours": "00-24 UTC", "telephone": "+1 555 0100"}}
	annex := message("with an annex")
	annex.Attachment = make([]byte, 100_000)
	second := send(b, annex, contact, message("three"))
	for range 4 {
		send(a, message("more"), message("and more"))
		send(b, message("yes"), Draft{Act: "message/answer", Matter: &ids[len(ids)-2], Fields: map[string]any{"grade": "interim"}, Texts: en("body", "we look into it")})
		ids = append(ids, w.Ack(a), w.Ack(b))
	}
	for _, code := range w.Codes {
		w.erase(w.Parties[code], second[2])
	}
	w.witness(w.Parties[b], w.Parties[a])
	return ids
}

// erase takes the content of a note out of a ledger.
func (w *World) erase(p *Party, id note.ID) {
	parts, err := p.Store.PartsOf(id)
	w.must(err)
	for _, part := range parts {
		if part.Name == note.PartContent {
			part.State, part.Sealed, part.Plain = store.Erased, nil, nil
			w.must(p.Store.SetPart(context.Background(), part))
		}
	}
}

// witness lets by cosign the head of a feed as a witness, and keeps that.
func (w *World) witness(by, of *Party) {
	h := of.held(of.Origin())
	head := note.Head{Origin: of.Origin(), Root: h.tree.Root(), Size: h.tree.Size()}
	lines, err := by.Witness.Cosign(by.Code+"/witness", head, w.Now)
	w.must(err)
	c := store.Cosig{Origin: head.Origin, Size: head.Size, Name: by.Code + "/witness", Time: w.Now, Lines: lines}
	for _, p := range w.Parties {
		w.must(p.Store.Commit(context.Background(), store.Batch{Cosigs: []store.Cosig{c}}))
	}
}
