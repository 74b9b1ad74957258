package page

import (
	"strings"
	"testing"
	"time"

	"detente/internal/view"
	"detente/matter"
	"detente/note"
	"detente/register"
)

var (
	frame = view.Frame{Zones: []view.Zone{{Party: "PAK", Zone: "Asia/Karachi"}, {Party: "IRN", Zone: "Asia/Tehran"}}}
	first = note.ID{Origin: note.Origin("PAK", note.Sum(nil), 1)}
)

func hour(h int) *time.Time {
	t := time.Date(2024, 1, 22, h, 0, 0, 0, time.UTC)
	return &t
}

// has wants each of some texts on the page, and that none of others is there.
func has(t *testing.T, got string, want, not []string) {
	t.Helper()
	for _, s := range want {
		if !strings.Contains(got, s) {
			t.Errorf("there is no %q in\n%s", s, got)
		}
	}
	for _, s := range not {
		if strings.Contains(got, s) {
			t.Errorf("there is %q in\n%s", s, got)
		}
	}
}

// TestUndertaking wants whatever binds to be told: until when an offer stands,
// from when until when and on what condition a part holds, and a clock that
// nothing else tells of.
func TestUndertaking(t *testing.T) {
	part := matter.UndertakingPart{By: "IRN", Condition: "that the other is back", Due: "2024-01-26T12:00:00+05:00[Asia/Karachi]", Stage: "due",
		Start: "2024-01-23", Evidence: "a photograph", End: "2024-02-26T12:00:00+05:00[Asia/Karachi]"}
	v := &view.Matter{Frame: frame, MatterLine: &view.MatterLine{Short: "PAK#0", Kind: "undertaking", State: "crossed", Provisional: true, Settled: "offered"},
		Clocks: []*view.Clock{
			{For: view.Says("to accept or decline"), Owes: "IRN", State: string(register.Running), Due: hour(6)},
			{For: view.Says("part 1, to report it done"), Owes: "IRN", State: string(register.Late)},
			{For: view.Says("part 2, to report it done"), Owes: "IRN", State: string(register.Undecided), DoneAt: hour(7)},
			{For: view.Says("nothing more"), Owes: "PAK", State: string(register.Void)}},
		Undertaking: &view.Undertaking{UndertakingState: &matter.UndertakingState{State: "offered", Until: "2024-01-25T12:00:00+05:00[Asia/Karachi]"},
			Parts: []view.Part{{UndertakingPart: part, Number: 1}}, Text: &view.Words{State: "erased"}}}
	print := func() string { return printed(132, false, func(p *Page) { p.Matter(v, false) }) }
	lapses := "lapses if not accepted by 2024-01-25 12:00 PAK, 10:30 IRN"
	has(t, print(), []string{
		"PAK#0 undertaking: crossed, provisional; by what is settled: offered\n", "terms: erased", lapses,
		"due 2024-01-26 12:00 PAK, 10:30 IRN, from 2024-01-23, until 2024-02-26 12:00 PAK, 10:30 IRN: offered\n",
		"on condition: that the other is back\n", "to be shown by: a photograph\n",
		"clock: IRN owes: to accept or decline, by 2024-01-22 11:00 PAK, 09:30 IRN: running\n",
		"clock: IRN owes: part 2, to report it done: undecided: done 2024-01-22 12:00 PAK, 10:30 IRN; no ack yet says that it is held",
	}, []string{"part 1, to report", "nothing more"})
	v.Undertaking.InForce = &first
	has(t, print(), []string{": due\n"}, []string{lapses})
}

// TestNoteInFull wants every text in every language, those of an act that is
// not known too, and what is not there to say why.
func TestNoteInFull(t *testing.T) {
	v := &view.Note{Frame: frame, Authentic: []string{"en"}, Basis: &note.Basis{Mark: "reported", Line: "article 3"}, Content: "held", CheckWords: []string{"Algol", "opulent"},
		Fields: map[string]any{"matter": first.String(), "killed": float64(1234567), "list": []any{map[string]any{"by": "PAK", "due": "none"}}},
		NoteLine: &view.NoteLine{Act: "no-such/act", Office: "mfa", Party: "PAK", ID: first, Short: first.Short(), Precedence: "flash", Result: "not folded", Reason: view.Says("act is not known"),
			Audience: []string{"IRN", "PAK"}, Delivery: map[string]string{"IRN": view.Receipted}, Time: *hour(7)},
		Quotes:      []note.Quote{{Speaker: "A speaker\x1b[2J", Source: "a paper", Words: "Words."}},
		Texts:       map[string]note.Wording{"body": {"en": "In English.", "fr": "En français."}, "point/1": {"en": "First."}},
		Attachments: []note.Attachment{{Name: "map.png", Type: "image/png", Size: 12}}}
	print := func() string { return printed(0, false, func(p *Page) { p.NoteInFull(v) }) }
	has(t, print(), []string{
		"  PAK#0 FLASH no-such/act, by mfa of PAK\n", "time, as claimed: 2024-01-22 12:00 PAK, 10:30 IRN\n", "to: IRN, PAK\n",
		"standing: not folded: act is not known, IRN: delivered\n", "basis: reported: article 3\n",
		"matter: PAK#0\n", "killed: 1234567\n", "list: by=PAK due=none\n",
		"body, en: In English.\n", "body, fr, a translation: En français.\n", "point/1: First.\n", "“Words.” (a paper)\n",
		"attachment 1: map.png, image/png, 12 bytes\n", "check words: Algol opulent\n"}, []string{"\x1b", "content:"})
	v.Content, v.Texts = "erased", nil
	has(t, print(), []string{"content: erased\n"}, []string{"body"})
}
