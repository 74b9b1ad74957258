package desk

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"detente/internal/house"
	"detente/internal/store"
	"detente/internal/view"
	"detente/matter"
	"detente/note"
)

// carry brings what one side has written to the other, as a courier does.
func carry(t *testing.T, from, to *Desk) {
	t.Helper()
	var pouch bytes.Buffer
	if _, err := from.n.PackPouch(t.Context(), from.n.Channels()[0], to.n.Party(), &pouch); err != nil {
		t.Fatal(err)
	}
	if _, err := to.n.ApplyPouch(t.Context(), &pouch); err != nil {
		t.Fatal(err)
	}
}

// log files a paper of a subject, with check words.
func log(t *testing.T, d *Desk, check []string) house.ID {
	t.Helper()
	e, err := d.Enter(t.Context(), Entry{Act: matter.FilePaper, Fields: map[string]any{"date": "2024-01-19", "from": "PAK", "subject": "S", "check": strings.Join(check, " ")}})
	if err != nil {
		t.Fatal(err)
	}
	return e.ID
}

// matches returns which note each paper is matched to.
func matches(t *testing.T, d *Desk) map[house.ID]note.ID {
	t.Helper()
	items, err := d.n.House().Items(&matter.File)
	if err != nil {
		t.Fatal(err)
	}
	out := map[house.ID]note.ID{}
	for _, i := range items {
		if m := i.State.(*matter.FileState).Match; m != nil {
			out[i.ID] = *m
		}
	}
	return out
}

// TestMatchDraft prints a draft, logs the paper on the other side, and sends the
// draft: the node there finds it once the words of the note have come, and says
// so once.
func TestMatchDraft(t *testing.T) {
	desks := pair(t)
	pak, irn := desks["PAK"], desks["IRN"]
	draft, err := pak.Keep(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	paper, err := pak.PrintDraft(draft, "")
	if err != nil {
		t.Fatal(err)
	}
	id := log(t, irn, paper.CheckWords)
	other := letter
	other.Texts = map[string]note.Wording{"subject": {"en": "S"}, "body": {"en": "Other"}}
	first, err := pak.Send(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	sent, err := pak.Release(t.Context(), draft, false)
	if err != nil {
		t.Fatal(err)
	}
	carry(t, pak, irn)

	// Its words are not here yet.
	var content store.Part
	for _, p := range sent.Parts {
		if p.Name == note.PartContent {
			if content, err = irn.n.Store().Part(p.Sealed); err != nil {
				t.Fatal(err)
			}
		}
	}
	missing := content
	missing.State, missing.Plain, missing.Sealed = store.Missing, nil, nil
	set := func(p store.Part) {
		t.Helper()
		if err := irn.n.Store().SetPart(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		if err := irn.Match(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	set(missing)
	if got := matches(t, irn); len(got) != 0 {
		t.Fatalf("matched without its words: %v", got)
	}
	set(content)
	set(content)
	if got := matches(t, irn); got[id] != sent.ID || len(got) != 1 {
		t.Errorf("got %v; want %s", got, sent.ID)
	}

	// A paper that is logged later is held against what came before.
	late, err := pak.Print(pak.n.Channels()[0], first.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if id := log(t, irn, late.CheckWords); matches(t, irn)[id] != first.ID {
		t.Errorf("a later paper: got %v; want %s", matches(t, irn), first.ID)
	}
	if list, err := irn.n.House().List(house.Match); err != nil || len(list) != 2 {
		t.Errorf("%d matches are entered, %v; want one for each paper", len(list), err)
	}
}

// TestWatch matches by the words of the leaf while notes come, and never a
// paper whose words are another's.
func TestWatch(t *testing.T) {
	desks := pair(t)
	pak, irn := desks["PAK"], desks["IRN"]
	sent, err := pak.Send(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	paper, err := pak.Print(pak.n.Channels()[0], sent.ID, "")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := pak.Send(t.Context(), letter); err != nil { // the same words in another note
		t.Fatal(err)
	}
	draft, err := pak.Keep(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	before, err := pak.PrintDraft(draft, "")
	if err != nil {
		t.Fatal(err)
	}
	id, text, wrong := log(t, irn, paper.CheckWords), log(t, irn, before.CheckWords), log(t, irn, view.CheckWords(note.Sum([]byte("another"))))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		irn.Watch(ctx, slog.New(slog.DiscardHandler))
	}()
	carry(t, pak, irn)
	var got map[house.ID]note.ID
	for start := time.Now(); len(got) < 2 && time.Since(start) < 20*time.Second; {
		got = matches(t, irn)
	}
	stop()
	<-done
	if _, ok := got[wrong]; got[id] != sent.ID || got[text] != sent.ID || ok {
		t.Errorf("got %v; want %s", got, sent.ID)
	}
	if list, err := irn.n.House().List(house.Match); err != nil || len(list) != 2 {
		t.Errorf("%d matches are entered, %v; want one for each paper", len(list), err)
	}
}

// TestPrintStays wants paper to pass the one gate: a dossier's label, another's
// words, and what was erased.
func TestPrintStays(t *testing.T) {
	desks := pair(t)
	pak, irn := desks["PAK"], desks["IRN"]
	sent, err := pak.Send(t.Context(), letter)
	if err != nil {
		t.Fatal(err)
	}
	carry(t, pak, irn)
	channel := pak.n.Channels()[0]
	if _, err := irn.Print(channel, sent.ID, ""); err == nil || !strings.Contains(err.Error(), "the other side's") {
		t.Errorf("another's words: %v", err)
	}
	if err := pak.Erase(t.Context(), sent.ID); err != nil {
		t.Fatal(err)
	}
	if _, err := pak.Print(channel, sent.ID, ""); err == nil || !strings.Contains(err.Error(), "was erased") {
		t.Errorf("what was erased: %v", err)
	}
	act := matter.Example(&matter.Dossier, &matter.Dossier.Acts[0])
	secret := Draft{Act: act[1], Given: map[string][]string{}, Texts: map[string]note.Wording{}}
	for i := 2; i+1 < len(act); i += 2 {
		if slot, words, ok := strings.Cut(act[i+1], "="); act[i] == "--text" && ok {
			secret.Texts[slot] = note.Wording{"en": words}
		} else {
			secret.Given[strings.TrimPrefix(act[i], "--")] = []string{act[i+1]}
		}
	}
	secret.Given["expires"] = []string{"none"}
	for label, stays := range map[string]bool{"amber": false, "red": true} {
		secret.Given["tlp"] = []string{label}
		id, err := pak.Keep(t.Context(), secret)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := pak.PrintDraft(id, ""); (err != nil) != stays || err != nil && !strings.Contains(err.Error(), `print: the draft stands under "TLP:RED`) {
			t.Errorf("a dossier under %s: %v", label, err)
		}
	}
}
